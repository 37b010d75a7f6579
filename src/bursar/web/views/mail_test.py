"""The test of a mail account's connection, step by step as it is done."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from ...app import context
from ...mail import trials
from ...mail.models import MailAccount
from ..access import look
from ..mail.rows import one
from ..mail.tests import earlier, shown
from ..see_other import see_other
from .mail import facts, found


@look
@require_http_methods(["GET", "HEAD", "POST"])
def test(request: HttpRequest, account_id: str) -> HttpResponse:
    """The newest test and those before; a POST begins another. It reads no message and changes nothing there."""
    row = found(account_id)
    if request.method == "POST":
        trials.begin(context(), row)
        return see_other(f"/mail/{row.id}/test")
    request.own_account = row.id  # type: ignore[attr-defined]
    return render(request, "mail/test.html", _values(row))


@look
@require_safe
def steps(request: HttpRequest, account_id: str) -> HttpResponse:
    """The list of steps alone, for a page that stays open."""
    return render(request, "mail/steps.html", _values(found(account_id)))


def _values(row: MailAccount) -> dict[str, object]:
    now = context().clock.now()
    tests = trials.kept(row)
    account = one(row)
    return {
        "row": account,
        "facts": facts(account),
        "shown": shown(tests[0], row, now) if tests else None,
        "earlier": earlier(tests[1:], now),
    }
