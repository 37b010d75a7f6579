"""Mail accounts: all of them, one with the log of its runs, fetching now, deleting."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ...app import context
from ...askable import words_of
from ...errors import BursarError
from ...mail.account import After
from ...mail.accounts import delete as delete_account
from ...mail.accounts import recipients_of
from ...mail.log import view_of
from ...mail.models import MailAccount, MailRun
from ...mail.now import begin
from ..access import act, look
from ..choice import page_number, search_text
from ..mail.rows import AccountRow, every, one, outcome, page_of
from ..see_other import see_other
from ..wording import clock

POLLS = 4


@look
@require_safe
def all_accounts(request: HttpRequest) -> HttpResponse:
    """Every account: how it stands, when it was collected last, and what to do next."""
    return render(request, "mail/all.html", _list(request))


@look
@require_safe
def renewed(request: HttpRequest) -> HttpResponse:
    """The table alone, for a page that stays open."""
    return render(request, "mail/rows.html", _list(request))


@look
@require_safe
def account(request: HttpRequest, account_id: str) -> HttpResponse:
    """One account: its facts, the run under way, and the log."""
    return render(request, "mail/one.html", _one(request, found(account_id)))


@look
@require_safe
def progress(request: HttpRequest, account_id: str) -> HttpResponse:
    """How far the run is, and the log below it, for a page that stays open."""
    return render(request, "mail/live.html", _one(request, found(account_id)))


@act
@require_POST
def fetch(request: HttpRequest, account_id: str) -> HttpResponse:
    """Begin a run now; the account's page shows how far it is."""
    row = found(account_id)
    try:
        begin(context(), row)
    except BursarError as error:
        if error.code != "account_busy":
            messages.error(request, str(error))
            return see_other(f"/mail/{row.id}")
        messages.info(request, _("%(name)s is being collected already.") % {"name": row.name})
    return see_other(f"/mail/{row.id}?live=1")


@act
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, account_id: str) -> HttpResponse:
    """Delete an account after one more look."""
    row = found(account_id)
    if request.method != "POST":
        return render(request, "mail/delete.html", {"row": one(row)})
    try:
        delete_account(context(), row.name)
    except BursarError as error:
        messages.error(request, str(error))
        return see_other(f"/mail/{row.id}")
    messages.success(request, _("%(name)s is deleted. What it delivered stays.") % {"name": row.name})
    return see_other("/mail")


def found(account_id: str) -> MailAccount:
    """The account, or a 404."""
    row = MailAccount.objects.select_related("token__configuration").filter(id=account_id).first()
    if row is None:
        raise Http404
    return row


def facts(row: AccountRow) -> list[tuple[str, str]]:
    """What is said of an account beside its pages."""
    stored = row.account
    after = After.parse(stored.after)
    words = {
        "delete": _("deleted on the server"),
        "seen": _("marked as seen"),
        "leave": _("left on the server"),
        "move": _("moved to “%(folder)s”") % {"folder": after.folder},
    }
    found_facts = [
        (_("Type"), stored.type),
        (_("Server"), f"{stored.host}:{stored.port}"),
        (_("Login"), stored.login),
        (_("Folder"), stored.folder),
        (_("Collected"), every(stored.interval)),
        (_("Afterwards"), words[after.what]),
        (_("Delivered to"), stored.deliver),
        (_("Own authority"), stored.ca_file),
        (_("Steering headers"), _("kept: trusted") if stored.trusted else _("removed: not trusted")),
        (_("Comment"), stored.comment),
    ]
    return [(label, text) for label, text in found_facts if text]


def _list(request: HttpRequest) -> dict[str, object]:
    query = search_text(request.GET.get("q", ""))
    shown = page_of(words_of(query), page_number(request.GET.get("page", "1")))

    def at(page: int, path: str = "/mail") -> str:
        values = {"q": query, "page": "" if page == 1 else str(page)}
        words = urlencode({name: value for name, value in values.items() if value})
        return f"{path}?{words}" if words else path

    return {
        "rows": [{"row": row, "outcome": outcome(row.last) if row.last else ""} for row in shown.rows],
        "shown": shown,
        "q": query,
        "renew": at(shown.page, "/mail/rows"),
        "before": at(shown.page - 1) if shown.page > 1 else "",
        "after": at(shown.page + 1) if shown.page < shown.pages else "",
    }


def _one(request: HttpRequest, stored: MailAccount) -> dict[str, object]:
    request.own_account = stored.id  # type: ignore[attr-defined]
    row, now = one(stored), context().clock.now()
    runs = MailRun.objects.filter(account=stored).order_by("-id")
    log = [
        {"run": run, "view": view_of(run), "when": clock(run.finished_at, now), "outcome": outcome(run)} for run in runs
    ]
    table = sorted(recipients_of(stored).items())
    posts = any(where.startswith("webhook:") for where in (stored.deliver, *dict(table).values()))
    return {"row": row, "log": log, "facts": facts(row), "table": table, "posts": posts, "poll": _poll(request, row)}


def _poll(request: HttpRequest, row: AccountRow) -> int:
    """Whether the page asks again: while a run is under way, and a few times after one was begun."""
    asked = request.GET.get("live", "")
    count = int(asked) if asked.isdecimal() and len(asked) < 3 else 0
    if row.under_way:
        return 1
    return count + 1 if 0 < count < POLLS else 0
