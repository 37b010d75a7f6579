"""Adding and changing a web service in its form, its YAML checked while one types; and confirming where it sends."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from ...app import context
from ...errors import InvalidInput, NotFound, Refused, Temporary
from ...webservices.models import WebService
from ...webservices.services import add as add_service
from ...webservices.services import change, moves_of, service_of
from ...webservices.services import confirm as confirm_service
from ..access import act, person_of
from ..forms.elsewhere import open_question
from ..forms.moved import Question, confirmed
from ..forms.plain import Wrong, form_of
from ..see_other import see_other
from ..seen import seen_of
from ..step_up import FIELD
from ..webservices.fields import REST, SECRETS, SECTIONS, specs, values_of
from ..webservices.given import service_from, values_from, wrong_of
from ..webservices.yaml_marks import mark_of
from .confirm_place import Confirming, confirm_place
from .webservices import found

METHODS = ["GET", "HEAD", "POST"]


@act
@sensitive_post_parameters(*SECRETS, FIELD)
@require_http_methods(METHODS)
def add(request: HttpRequest) -> HttpResponse:
    """A new service; calling it is the next step."""
    if request.method != "POST":
        return _page(request, None, values_of(None) | {"Token": request.GET.get("token", "")[:500]}, [])
    values = values_from(request.POST)
    given = service_from(values, request.POST)
    if isinstance(given, list):
        return _page(request, None, values, given)
    try:
        moves = moves_of(context(), None, *given)
        asked = open_question(request, moves, new=True)
        if asked is not None:
            return _page(request, None, values, [], asked)
        release = request.POST.get("moved") != "hold"
        row = add_service(context(), *given, person_of(request).email, release=release)
    except (InvalidInput, NotFound, Refused) as error:
        return _page(request, None, values, [wrong_of(error)])
    messages.success(request, _("%(name)s is added. Call it with its sample.") % {"name": row.name})
    return see_other(f"/webservices/{row.id}")


@act
@sensitive_post_parameters(*SECRETS, FIELD)
@require_http_methods(METHODS)
def edit(request: HttpRequest, service_id: str) -> HttpResponse:
    """Change a service. Where its token or a stored secret would go elsewhere, a person says yes, or it is held."""
    row = found(service_id)
    if request.method != "POST":
        return _page(request, row, values_of(row), [])
    values = values_from(request.POST)
    given = service_from(values, request.POST)
    seen = request.POST.get("seen", "")
    if isinstance(given, list):
        return _page(request, row, values, given)
    try:
        asked = open_question(request, moves_of(context(), row, *given))
        if asked is not None:
            return _page(request, row, values, [], asked)
        number = seen_of(seen) or 0
        row = change(context(), row, *given, person_of(request).email, seen=number, release=_released(request, row))
    except (InvalidInput, NotFound, Refused) as error:
        return _page(request, row, values, [wrong_of(error)])
    except Temporary as late:
        if late.code != "changed_meanwhile":
            raise
        return _page(request, found(service_id), values, [Wrong("", str(late))], status=409)
    messages.success(request, _("%(name)s is saved.") % {"name": row.name})
    if row.held:
        messages.warning(request, _("It is held: nothing is called until somebody confirms where it sends its proof."))
    return see_other(f"/webservices/{row.id}")


@act
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """The YAML of the form as it stands, without secrets: what is wrong with it, line by line. Nothing is stored.

    What the fields above it lack is none of its business: something stands in for them.
    """
    values = values_from(request.POST)
    for name, stands_in in {"Token": "x", "User": "x", "HeaderTemplate": "X: {token}"}.items():
        values[name] = values[name] or stands_in
    given = service_from(values | {"Name": "x", "BaseURL": "https://x.example", "Comment": ""}, {})
    wrong = [each for each in given if each.field == REST] if isinstance(given, list) else []
    marks = [mark_of(values[REST], each.sentence) for each in wrong]
    return render(request, "configurations/yaml_check.html", {"marks": marks, "checked": True, "of_service": True})


@act
@sensitive_post_parameters(FIELD)
@require_http_methods(METHODS)
def confirm(request: HttpRequest, service_id: str) -> HttpResponse:
    """A held service: where it would send its proof, and the yes to that, with the password."""
    row = found(service_id)
    request.own_service = row.id  # type: ignore[attr-defined]
    service = service_of(row)
    facts = [
        (_("Base URL"), service.base_url, ""),
        (_("Token"), service.token, f"/tokens/{row.token_id}"),
        (_("Authentication"), str(service.authentication), ""),
        (_("Own authority"), service.ca, ""),
        (_("Proxy"), service.proxy, ""),
    ]
    done = _("%(name)s is confirmed: its calls go on.") % {"name": row.name}
    return confirm_place(request, row, Confirming("/webservices", _("Web services"), facts), confirm_service, done)


def _released(request: HttpRequest, row: WebService) -> bool:
    """Whether this change says yes; what is held already stays so until it is confirmed for what it is."""
    return confirmed(request) and not row.held


def _page(
    request: HttpRequest,
    row: WebService | None,
    values: dict[str, str],
    wrong: list[Wrong],
    asked: Question | None = None,
    status: int | None = None,
) -> HttpResponse:
    form = form_of(SECTIONS, specs(row, values), values, wrong)
    lost = any(request.POST.get(name) for name in SECRETS)
    lines = range(1, values[REST].count("\n") + 2)
    refused = bool(asked and request.POST.get("moved"))
    shown = {"row": row, "form": form, "secret_lost": lost, "question": asked, "lines": lines}
    return render(request, "webservices/form.html", shown, status=status or (422 if wrong or refused else 200))
