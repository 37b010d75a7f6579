"""Adding a configuration from an issuer: ask the provider, show what it says, and fill the form with it (SEC-53).

Asking is a POST, though it stores nothing: a GET never makes Bursar call anybody.
"""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from ...app import context
from ...errors import BursarError, InvalidInput, Temporary
from ...oauth2.vocabulary import ClientAuthentication, Flow
from ...providers import Template, template
from ...providers.discovery import wants_tenant
from ...tokens.discover import Found, add_found, check_seen, look
from ...tokens.document import Problem, try_template
from ..access import act, person_of
from ..forms.page import Form, form
from ..forms.plain import at_most
from ..forms.specs import SECRET, Spec, specs_of
from ..forms.taken import taken
from ..forms.values import Given, endpoints_shown, for_template, given, lacking, of_template
from ..see_other import see_other

COMPANIONS = ("issuer", "tenant", "flow", "hosts")
LONGEST = 2048  # characters of an issuer
LONGEST_TENANT = 200


@act
@sensitive_post_parameters(SECRET)
@require_http_methods(["GET", "HEAD", "POST"])
def discover(request: HttpRequest) -> HttpResponse:
    """First the issuer; then what was found, with the form filled; then the configuration."""
    sent = request.POST if request.method == "POST" else request.GET
    issuer, tenant = (sent.get(name, "").strip() for name in ("issuer", "tenant"))
    if request.method != "POST":
        return _ask(request, issuer, tenant)
    action = request.POST.get("action", "look")
    if action not in ("look", "finish", "save"):
        raise BadRequest
    try:
        _bounded(issuer, tenant)
        found = look(context(), issuer, tenant=tenant, flow=_flow(request.POST.get("flow", "")))
    except BursarError as problem:
        return _ask(request, issuer, tenant, problem)
    if action == "look":
        chosen = _template(found)
        specs = specs_of(found.proposal.flow, None)
        return _page(request, found, _form(specs, Given(of_template(chosen, specs), {}), []))
    return _add(request, found, action)


def _bounded(issuer: str, tenant: str) -> None:
    for text, most, code in ((issuer, LONGEST, "issuer_too_long"), (tenant, LONGEST_TENANT, "tenant_too_long")):
        if len(text) > most:
            raise InvalidInput(at_most(most), code=code)


def _add(request: HttpRequest, found: Found, action: str) -> HttpResponse:
    chosen, specs = _template(found), specs_of(found.proposal.flow, None)
    read = given(request.POST, specs, companions=COMPANIONS)
    lost = bool(request.POST.get(SECRET))
    problems = [*read.problems, *lacking(specs, read.values), *_of_secret(read)]
    assignments = for_template(chosen, specs, read.values)
    tried = try_template(chosen, read.values["Name"], assignments, {})
    problems += tried if isinstance(tried, tuple) else ()
    problems += taken(read.values["Name"])
    agreed = not found.metadata.elsewhere() or request.POST.get("hosts") == "1"
    try:
        check_seen(found, request.POST.get("seen", ""))
    except Temporary:
        fresh = _form(specs, Given(of_template(chosen, specs) | _kept(read.values), {}), [])
        return _page(request, found, fresh, changed=True, secret_lost=lost, status=409)
    if problems or not agreed:
        return _page(request, found, _form(specs, read, problems), unagreed=not agreed, secret_lost=lost, status=422)
    try:
        row = add_found(context(), found, read.values["Name"], assignments, read.secret, person_of(request).email)
    except BursarError as refused:
        shown = _form(specs, read, [Problem("Name", refused.sentence)])
        return _page(request, found, shown, secret_lost=lost, status=422)
    messages.success(request, _("%(name)s is added.") % {"name": row.name})
    return see_other(f"/configurations/{row.id}/{'next' if action == 'finish' else 'edit'}")


def _ask(request: HttpRequest, issuer: str, tenant: str, problem: BursarError | None = None) -> HttpResponse:
    values = {
        "issuer": issuer,
        "tenant": tenant,
        "asks_tenant": bool(tenant) or wants_tenant(issuer),
        "at_tenant": problem is not None and problem.code in ("tenant_missing", "tenant_too_long"),
        "problem": problem,
        "chosen_flow": request.POST.get("flow", ""),
    }
    return render(request, "configurations/discover.html", values, status=422 if problem else 200)


def _page(
    request: HttpRequest,
    found: Found,
    shown: Form,
    *,
    changed: bool = False,
    unagreed: bool = False,
    secret_lost: bool = False,
    status: int = 200,
) -> HttpResponse:
    elsewhere = found.metadata.elsewhere()
    values: dict[str, Any] = {
        "found": found,
        "endpoints": [
            {"name": name, "url": str(url), "elsewhere": name in elsewhere}
            for name, url in found.metadata.endpoints().items()
        ],
        "host": urlsplit(found.metadata.issuer).hostname,
        "others": sorted({url.host for url in elsewhere.values()}),
        "known": [template(slug) for slug in found.templates],
        "flow": found.proposal.flow.value,
        "flows": [flow.value for flow in found.flows],
        "consented": found.proposal.flow is Flow.AUTHORIZATION_CODE,
        "pkce": found.proposal.tree.get("PKCE", "S256"),
        "form": shown,
        "changed": changed,
        "unagreed": unagreed,
        "hosts": request.POST.get("hosts", ""),
        "secret_lost": secret_lost,
    }
    return render(request, "configurations/discovered.html", values, status=status)


def _form(specs: list[Spec], read: Given, problems: list[Problem]) -> Form:
    return form(specs, read.values, read.was, problems, endpoints=endpoints_shown(specs))


def _template(found: Found) -> Template:
    """What was found, as the form takes it: a template of nobody's catalogue."""
    host = urlsplit(found.metadata.issuer).hostname or ""
    return Template(
        slug="",
        title=host,
        provider=host,
        flow=found.proposal.flow.value,
        placeholders=(),
        steps=(),
        source=found.metadata.issuer,
        checked="",
        mail=(),
        config=found.proposal.tree,
    )


def _kept(values: dict[str, str]) -> dict[str, str]:
    """What a person typed and metadata has no say in."""
    return {path: values[path] for path in ("Name", "Validity", "ClientID", "Scope") if path in values}


def _of_secret(read: Given) -> list[Problem]:
    public = read.values.get("ClientAuthentication") == ClientAuthentication.NONE
    missing = read.secret is None and not public and not read.problems
    return [Problem(SECRET, "is missing")] if missing else []


def _flow(text: str) -> Flow | None:
    if text == "":
        return None
    if text not in list(Flow):
        raise BadRequest
    return Flow(text)
