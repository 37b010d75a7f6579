"""Another account signed in than before (SEC-13): a person decides which one stays."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ...app import context
from ...sentences import said
from ...tokens.candidate import adopt, decline
from ...tokens.models import Consent
from ...tokens.outcome import Refusal
from ...tokens.overview import TokenView, view_of
from ..access import act, look, person_of
from ..frame import leave_out_notice
from ..see_other import see_other


@look
@require_safe
def other_account(request: HttpRequest, consent_id: str) -> HttpResponse:
    """Both accounts, and two buttons."""
    view = _waiting(consent_id)
    assert view.candidate is not None
    leave_out_notice(request, view.configuration_id)
    return render(request, "other_account.html", {"view": view, "account": view.candidate[1], "consent_id": consent_id})


@act
@require_POST
def replace(request: HttpRequest, consent_id: str) -> HttpResponse:
    """The new account's token replaces the old one."""
    _waiting(consent_id)
    outcome = adopt(context(), consent_id, person_of(request).email)
    if isinstance(outcome, Refusal):
        messages.error(request, f"{said(outcome.sentence)} {said(outcome.action)}".strip())
    else:
        account = outcome.account or _("the new account")
        messages.success(request, _("%(name)s now uses %(account)s.") % {"name": outcome.name, "account": account})
    return see_other("/tokens")


@act
@require_POST
def keep(request: HttpRequest, consent_id: str) -> HttpResponse:
    """The new account's token is forgotten."""
    view = _waiting(consent_id)
    decline(context(), consent_id, person_of(request).email)
    account = view.account or _("its account")
    messages.success(request, _("%(name)s keeps %(account)s.") % {"name": view.reference, "account": account})
    return see_other("/tokens")


def _waiting(consent_id: str) -> TokenView:
    consent = Consent.objects.filter(pk=consent_id).first()
    view = None if consent is None else view_of(context(), consent.token_id)
    if view is None or view.candidate is None or view.candidate[0] != consent_id:
        raise Http404
    return view
