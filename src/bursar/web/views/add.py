"""Adding a token configuration: choose a template, fill its form, and go on to the first token."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import resolve
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from ...app import context
from ...errors import NotFound, Refused
from ...home import Home
from ...oauth2.vocabulary import ClientAuthentication, Flow
from ...providers import Template, template, templates
from ...providers.mistakes import secret_mistake
from ...tokens.create import create, sources_of
from ...tokens.document import Problem, try_template
from ...tokens.edit import by_id
from ...tokens.models import Token
from ...tokens.overview import view_of
from ..access import act, look, person_of
from ..choice import LONGEST_QUERY
from ..forms.guide import guide
from ..forms.page import Form, form
from ..forms.specs import SECRET, Spec, addresses, specs_of
from ..forms.taken import taken
from ..forms.values import Given, endpoints_shown, for_template, given, lacking, of_template
from ..frame import leave_out_notice
from ..see_other import see_other
from ..shelf import FLOWS, narrowed, shelves
from ..targets import origins

DISCOVER = "/configurations/add/discover"


@act
@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """The templates, narrowed by a search and a flow; a script puts the narrowed list in place while one types."""
    query = request.GET.get("q", "").strip()[:LONGEST_QUERY]
    flow = request.GET.get("flow", "")
    flow = flow if flow in [key for key, _title in FLOWS] else ""
    practice = bool(Home.from_environ().serving().get("practice_port"))
    everything = shelves(templates(), practice, DISCOVER if resolve(DISCOVER).func is not add else "")
    found = narrowed(everything, query, flow)
    values = {
        "shelves": found,
        "query": query,
        "flow": flow,
        "flows": FLOWS,
        "count": sum(len(shelf.products) for shelf in found),
        "total": sum(len(shelf.products) for shelf in everything),
    }
    return render(request, "configurations/catalogue.html", values)


@act
@sensitive_post_parameters(SECRET)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """The form of one template. What is wrong is said beside each field; nothing is stored until all is right."""
    try:
        chosen = template(slug)
        sources = sources_of(chosen)
    except NotFound:
        raise Http404 from None
    specs = specs_of(Flow(chosen.flow), chosen)
    if request.method != "POST":
        start = of_template(chosen, specs)
        return _page(request, chosen, _form(chosen, specs, Given(start, {}), []))
    found = given(request.POST, specs)
    action = request.POST.get("action", "finish")
    if action not in ("save", "finish"):
        raise BadRequest
    problems = [*found.problems, *lacking(specs, found.values), *_of_secret(chosen, found)]
    assignments = for_template(chosen, specs, found.values)
    tried = try_template(chosen, found.values["Name"], assignments, sources)
    problems += tried if isinstance(tried, tuple) else ()
    problems += taken(found.values["Name"])
    if not problems:
        try:
            row = create(context(), slug, found.values["Name"], assignments, found.secret, person_of(request).email)
        except Refused as refused:
            problems = [Problem("Name", str(refused))]
        else:
            messages.success(request, _("%(name)s is added.") % {"name": row.name})
            return see_other(f"/configurations/{row.id}/{'next' if action == 'finish' else 'edit'}")
    shown = _form(chosen, specs, found, problems)
    return _page(request, chosen, shown, secret_lost=bool(request.POST.get(SECRET)), status=422)


@look
@require_safe
def next_step(request: HttpRequest, configuration_id: str) -> HttpResponse:
    """What comes after the form: the one step to the first token, of the label where one is given."""
    row = by_id(configuration_id)
    token = Token.objects.filter(configuration=row, label=request.GET.get("label", "")).first()
    view = view_of(context(), token.id) if token else None
    if view is None:
        raise Http404
    leave_out_notice(request, row.id)
    response = render(request, "configurations/next.html", {"row": row, "view": view})
    response.form_targets = origins([row.id])  # type: ignore[attr-defined]
    return response


def _of_secret(chosen: Template, found: Given) -> list[Problem]:
    """What is wrong with the secret: it is missing, or something else was pasted in its place."""
    if found.secret is None:
        public = found.values.get("ClientAuthentication") == ClientAuthentication.NONE
        return [] if public or found.problems else [Problem(SECRET, "is missing")]
    mistake = secret_mistake(chosen.provider, found.values["ClientID"], found.secret.reveal())
    return [Problem(SECRET, mistake)] if mistake else []


def _form(chosen: Template, specs: list[Spec], found: Given, problems: list[Problem]) -> Form:
    asked = addresses(chosen)
    moved_to = {name: path for path, name in reversed(asked.items())}
    # Endpoints that the template knows rarely change; those that it asks for stand open.
    folded = [spec for spec in endpoints_shown(specs) if spec.path not in asked]
    return form(specs, found.values, found.was, problems, moved_to=moved_to, endpoints=folded)


def _page(
    request: HttpRequest, chosen: Template, shown: Form, *, secret_lost: bool = False, status: int = 200
) -> HttpResponse:
    consented = chosen.flow == Flow.AUTHORIZATION_CODE
    values: dict[str, Any] = {
        "template": chosen,
        "form": shown,
        "secret_lost": secret_lost,
        "consented": consented,
        "guide": guide(chosen, consented),
    }
    return render(request, "configurations/add.html", values, status=status)
