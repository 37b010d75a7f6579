"""Where providers send people back. The code leaves the address at once (SEC-12)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from ...app import context
from ...tokens.consent import finish
from ...tokens.outcome import AccountChanged, Consented, Refusal
from ...tokens.overview import TokenView, view_of
from .. import failures
from ..access import own, person_of, public
from ..rows import row_of
from ..see_other import see_other
from ..session import session_key
from ..site import site_of
from ..steps import SECRET_TROUBLE, Step, obtaining
from ..targets import origins

KEPT = "consent_result"
FOREIGN = frozenset({"session_mismatch"})


@public
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """The redirect URI, under whatever ScriptAlias is set now. The only GET that changes something."""
    site = site_of(request)
    if site is None or request.path != site.callback_path:
        raise Http404
    if not request.user.is_authenticated:
        response: HttpResponse = see_other("/callback/elsewhere")
    else:
        pairs = [(name, value) for name, values in request.GET.lists() for value in values]
        response = _judged(request, finish(context(), pairs, person_of(request).email, session_key(request)))
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _judged(request: HttpRequest, outcome: Consented | AccountChanged | Refusal) -> HttpResponse:
    match outcome:
        case Consented():
            said = (
                _("%(name)s is authorized, signed in as %(account)s.")
                if outcome.account
                else _("%(name)s is authorized.")
            )
            messages.success(request, said % {"name": outcome.name, "account": outcome.account})
            if outcome.warning:
                messages.warning(request, outcome.warning)
            return see_other("/tokens")
        case AccountChanged():
            return see_other(f"/consents/{outcome.consent_id}")
        case Refusal():
            kept = {"code": outcome.code, "sentence": outcome.sentence, "action": outcome.action}
            request.session[KEPT] = kept | {"token_id": outcome.token_id}
            return see_other("/callback/result")


@own
@require_safe
def result(request: HttpRequest) -> HttpResponse:
    """Why the last authorization of this session didn't end in a token."""
    kept: dict[str, Any] | None = request.session.get(KEPT)
    if kept is None:
        return see_other("/tokens")
    foreign = kept["code"] in FOREIGN
    view = view_of(context(), kept["token_id"]) if kept.get("token_id") else None
    values = {"refusal": kept, "foreign": foreign, "host": request.get_host(), "view": view}
    if view is not None and person_of(request).is_admin:
        values["step"] = _step(view, kept["code"])
    response = render(request, "callback_result.html", values, status=403 if foreign else 400)
    response.form_targets = set() if view is None else origins([view.configuration_id])  # type: ignore[attr-defined]
    return response


def _step(view: TokenView, code: str) -> Step | None:
    """What ends the trouble: the secret where that was refused, else once more from the beginning."""
    if code in SECRET_TROUBLE:
        return Step(_("Enter secret"), f"/configurations/{view.configuration_id}/secret", method="get")
    if view.held or view.validity != "valid":
        return row_of(view, context().clock.now()).step
    return obtaining(view)


@public
@require_safe
def elsewhere(request: HttpRequest) -> HttpResponse:
    """The browser that came back isn't signed in: most often the host differs from the one where it began."""
    site = site_of(request)
    expected = site.base_url if site else _("its own address")
    return failures.page(
        request,
        403,
        _("This browser isn't signed in here"),
        _(
            "You came back from the provider to %(host)s. Bursar expects you at %(address)s, in the browser and under "
            "the host name where you pressed Authorize: its cookie is sent there only. Nothing was changed, and the "
            "provider's answer was not used."
        )
        % {"host": request.get_host(), "address": expected},
        _("Sign in at %(address)s and press Authorize again.") % {"address": expected},
    )
