"""What an administrator does to one token. Each is a POST; with a script the answer comes in place."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from ...app import context
from ...context import Context
from ...errors import BursarError, Temporary
from ...tokens import authorize as authorization
from ...tokens import configure
from ...tokens.document import document_of
from ...tokens.outcome import Refusal
from ...tokens.overview import TokenView, view_of
from ...tokens.refresh import refresh
from ...tokens.request import request as request_by_credentials
from ...tokens.revoke import revoke
from ...tokens.rows import TokenRow
from ..access import act, is_htmx, look, person_of
from ..choice import is_overview, shown_before
from ..frame import leave_out_notice
from ..see_other import see_other
from ..seen import seen_of
from ..session import session_key
from ..step_up import FIELD, stepped_up
from ..whence import whence
from ..wording import clock
from .overview import parts

LABELS = {
    "ClientID": lazy("Client ID"),
    "Issuer": lazy("Issuer"),
    "RevocationURL": lazy("Revocation URL"),
    "UserinfoURL": lazy("Userinfo URL"),
    "Requests.AuthorizationCode.Request.URL": lazy("Authorization URL"),
    "Requests.TokenByAuthorizationCode.Request.URL": lazy("Token URL"),
    "Requests.TokenByRefreshToken.Request.URL": lazy("Refresh URL"),
    "Requests.TokenByClientCredentials.Request.URL": lazy("Token URL"),
}


@act
@require_POST
def authorize(request: HttpRequest, token_id: str) -> HttpResponse:
    """Lead the person to the provider (SEC-5). A script gets the address, since it can't follow to another host."""
    ctx = context()
    view = found(ctx, token_id)
    try:
        url = authorization.start(ctx, view.reference, person_of(request).email, session_key(request))
    except BursarError as problem:
        return finished(request, failed(view, problem.sentence, problem.action))
    return leave(request, url)


@act
@require_POST
def request_token(request: HttpRequest, token_id: str) -> HttpResponse:
    """A new token by client credentials."""
    words = _("%(name)s is requested."), _("%(name)s is requested, valid until %(when)s.")
    return _renew(request, token_id, request_by_credentials, *words)


@act
@require_POST
def refresh_token(request: HttpRequest, token_id: str) -> HttpResponse:
    """A new token by the refresh token."""
    words = _("%(name)s is refreshed."), _("%(name)s is refreshed, valid until %(when)s.")
    return _renew(request, token_id, refresh, *words)


@look
@require_http_methods(["GET", "HEAD", "POST"])
def revoke_token(request: HttpRequest, token_id: str) -> HttpResponse:
    """Asks first, naming who uses the token."""
    ctx = context()
    view = found(ctx, token_id)
    if request.method != "POST":
        leave_out_notice(request, view.configuration_id)
        return render(request, "revoke.html", {"view": view})
    outcome = revoke(ctx, view.reference, person_of(request).email)
    if isinstance(outcome, Refusal):
        return finished(request, failed(view, outcome.sentence, outcome.action))
    return finished(
        request, done(_("%(name)s is revoked. Bursar has forgotten its tokens.") % {"name": view.reference})
    )


@look
@sensitive_post_parameters(FIELD)
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token_id: str) -> HttpResponse:
    """Says what is held and where it would be sent; a person's yes, with the password, releases it (SEC-43, SEC-62)."""
    ctx = context()
    view = found(ctx, token_id)
    seen = seen_of(request.POST.get("seen", ""))
    if request.method == "POST" and seen is None:
        raise BadRequest
    # The password is looked at last: a form that can't be read is no try to sign in.
    if request.method != "POST" or not stepped_up(request):
        return _confirming(request, view, status=422 if request.method == "POST" else 200)
    try:
        change = configure.confirm(ctx, view.name, person_of(request).email, seen=seen)
    except Temporary as late:
        if late.code != "changed_meanwhile":
            raise
        sentence = _("It was changed while you looked at it. Nothing is confirmed yet: compare what stands here now.")
        return _confirming(request, view, problem=sentence, status=409)
    if not change.changed:
        return finished(request, done(_("%(name)s holds nothing back any more.") % {"name": view.name}))
    return finished(request, done(_("%(name)s is confirmed. Bursar uses it again.") % {"name": view.name}))


def _confirming(request: HttpRequest, view: TokenView, *, problem: str = "", status: int) -> HttpResponse:
    """Where what is held would be sent, as it is stored now; a yes counts for exactly that."""
    row = configure.find(view.name)
    leave_out_notice(request, row.id)
    destinations = [(LABELS.get(path, path), where) for path, where in document_of(row).destinations().items()]
    values = {"view": view, "destinations": destinations, "seen": row.generation, "problem": problem}
    return render(request, "confirm.html", values, status=status)


def found(ctx: Context, token_id: str) -> TokenView:
    """The token of that id. Raises Http404."""
    view = view_of(ctx, token_id)
    if view is None:
        raise Http404
    return view


def leave(request: HttpRequest, url: str) -> HttpResponse:
    """To the provider."""
    return HttpResponse(headers={"HX-Redirect": url}) if is_htmx(request) else see_other(url)


def done(sentence: str) -> dict[str, str]:
    """The outcome of something that worked."""
    return {"kind": "success", "sentence": sentence, "action": ""}


def failed(view: TokenView, sentence: str, action: str) -> dict[str, str]:
    """The outcome of something that didn't, with the provider's own words where there are any."""
    return {"kind": "error", "sentence": f"{view.reference}: {sentence}", "action": action}


def finished(request: HttpRequest, outcome: dict[str, str]) -> HttpResponse:
    """Show the outcome: in place for a script, else on the page that it came from or on the overview."""
    request.audit_failed = outcome["kind"] != "success"  # type: ignore[attr-defined]
    if is_htmx(request) and is_overview(request):
        headers = {"HX-Retarget": "#rows", "HX-Reswap": "outerHTML"}
        return HttpResponse(parts(request, shown_before(request), outcome), headers=headers)
    level = messages.SUCCESS if outcome["kind"] == "success" else messages.ERROR
    messages.add_message(request, level, f"{outcome['sentence']} {outcome['action']}".strip())
    return leave(request, whence(request))


def _renew(
    request: HttpRequest,
    token_id: str,
    use_case: Callable[[Context, str, str], TokenRow | Refusal],
    short: str,
    long: str,
) -> HttpResponse:
    ctx = context()
    view = found(ctx, token_id)
    outcome: Any = use_case(ctx, view.reference, person_of(request).email)
    if isinstance(outcome, Refusal):
        return finished(request, failed(view, outcome.sentence, outcome.action))
    if outcome.expires_at is None:
        return finished(request, done(short % {"name": view.reference}))
    values = {"name": view.reference, "when": clock(outcome.expires_at, ctx.clock.now())}
    return finished(request, done(long % values))
