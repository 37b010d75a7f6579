"""Adding and changing a web service in its form."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from ...app import context
from ...errors import InvalidInput, NotFound, Refused, Temporary
from ...webservices.models import WebService
from ...webservices.services import add as add_service
from ...webservices.services import change
from ..access import act, person_of
from ..mail.fields import Wrong
from ..see_other import see_other
from ..webservices.fields import SECRETS, form_of, specs, values_of
from ..webservices.given import service_from, values_from, wrong_of
from .webservices import found

METHODS = ["GET", "HEAD", "POST"]


@act
@sensitive_post_parameters(*SECRETS)
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
        row = add_service(context(), *given, person_of(request).email)
    except (InvalidInput, NotFound, Refused) as error:
        return _page(request, None, values, [wrong_of(error)])
    messages.success(request, _("%(name)s is added. Call it with its sample.") % {"name": row.name})
    return see_other(f"/webservices/{row.id}")


@act
@sensitive_post_parameters(*SECRETS)
@require_http_methods(METHODS)
def edit(request: HttpRequest, service_id: str) -> HttpResponse:
    """Change a service. A stored secret stays unless another is entered, and goes to no other server."""
    row = found(service_id)
    if request.method != "POST":
        return _page(request, row, values_of(row), [])
    values = values_from(request.POST)
    given = service_from(values, request.POST)
    seen = request.POST.get("seen", "")
    if isinstance(given, list):
        return _page(request, row, values, given)
    try:
        number = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 18 else 0
        row = change(context(), row, *given, person_of(request).email, seen=number)
    except (InvalidInput, NotFound, Refused) as error:
        return _page(request, row, values, [wrong_of(error)])
    except Temporary as late:
        if late.code != "changed_meanwhile":
            raise
        return _page(request, found(service_id), values, [Wrong("", str(late))], status=409)
    messages.success(request, _("%(name)s is saved.") % {"name": row.name})
    return see_other(f"/webservices/{row.id}")


def _page(
    request: HttpRequest, row: WebService | None, values: dict[str, str], wrong: list[Wrong], status: int | None = None
) -> HttpResponse:
    form = form_of(specs(row, values), values, wrong)
    lost = any(request.POST.get(name) for name in SECRETS)
    shown = {"row": row, "form": form, "secret_lost": lost}
    return render(request, "webservices/form.html", shown, status=status or (422 if wrong else 200))
