"""What a destination refused, with a way to have it tried again; and the secret that webhooks are signed with."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from ...app import context
from ...errors import BursarError
from ...mail.quarantine import quarantined, retry
from ...mail.signing import renew_signing_secret
from ..access import act, look
from ..see_other import see_other
from ..step_up import fresh_password
from ..wording import clock
from .mail import found

LONGEST_ID = 18  # digits


@look
@require_http_methods(["GET", "HEAD", "POST"])
def quarantine(request: HttpRequest, account_id: str) -> HttpResponse:
    """The messages with their reasons; a POST lets the next run try one of them, or all, again."""
    row = found(account_id)
    if request.method == "POST":
        chosen = request.POST.get("message", "")
        if chosen and (not chosen.isdecimal() or len(chosen) > LONGEST_ID):
            raise BadRequest
        try:
            count = retry(row.name, [int(chosen)] if chosen else None)
        except BursarError as problem:
            messages.error(request, str(problem))
            return see_other(f"/mail/{row.id}/quarantine")
        sentence = ngettext(
            "%(count)d message is tried again by the next run.",
            "%(count)d messages are tried again by the next run.",
            count,
        )
        messages.success(request, sentence % {"count": count})
        return see_other(f"/mail/{row.id}")
    now = context().clock.now()
    held = [{"message": each, "since": clock(each.refused_at, now)} for each in quarantined(row.name)]
    return render(request, "mail/quarantine.html", {"account": row, "held": held})


@act
@fresh_password
@require_http_methods(["GET", "HEAD", "POST"])
def signing_secret(request: HttpRequest, account_id: str) -> HttpResponse:
    """Make the secret anew, after one more look; the answer to that POST is the only page that ever shows it."""
    row = found(account_id)
    values: dict[str, object] = {"account": row, "has_one": row.signing_secret is not None}
    if request.method == "POST":
        try:
            values["secret"] = renew_signing_secret(context(), row).reveal()
        except BursarError as problem:
            messages.error(request, str(problem))
            return see_other(f"/mail/{row.id}")
        values["said"] = _("This secret is shown once. Give it to the receiver now.")
    return render(request, "mail/signing_secret.html", values)
