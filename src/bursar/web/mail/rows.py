"""A mail account as the list and its own page show it: how it stands, when it was collected, what to do next."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...app import context
from ...mail.account import interval_text
from ...mail.accounts import reference_of
from ...mail.models import MailAccount, MailLedger, MailRun
from ...mail.running import of as running_of
from ..wording import clock, span

NOW, BUSY, OK, START, OFF = "now", "busy", "ok", "start", "off"
ICONS = {NOW: "alert-octagon", BUSY: "refresh", OK: "circle-check", START: "circle-dashed", OFF: "circle-off"}


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account. `level` is one of the overview's; `word` its badge, `reason` why it isn't fine."""

    account: MailAccount
    reference: str
    level: str
    word: str
    reason: str
    action: str
    last: MailRun | None
    last_words: str
    next_words: str
    under_way: bool
    fetched_now: int
    refused: int

    @property
    def icon(self) -> str:
        return "player-pause" if self.account.validity == "invalid-temporarily" else ICONS[self.level]


def rows() -> list[AccountRow]:
    """Every account, those that need a person first, then by name."""
    accounts = list(MailAccount.objects.select_related("token__configuration"))
    newest = MailRun.objects.values("account").annotate(newest=Max("id")).values("newest")
    last = {run.account_id: run for run in MailRun.objects.filter(id__in=newest)}
    waiting = MailLedger.objects.filter(state="refused").values_list("account").annotate(count=Count("id"))
    refused = dict(waiting)
    found = [row_of(account, last.get(account.id), refused.get(account.id, 0)) for account in accounts]
    order = (NOW, BUSY, START, OK, OFF)
    return sorted(found, key=lambda row: (order.index(row.level), row.account.name))


def one(account: MailAccount) -> AccountRow:
    """One account, as `rows` would show it."""
    last = MailRun.objects.filter(account=account).order_by("-id").first()
    return row_of(account, last, MailLedger.objects.filter(account=account, state="refused").count())


def row_of(account: MailAccount, last: MailRun | None, refused: int) -> AccountRow:
    """The account as it stands now."""
    now = context().clock.now()
    level, word = _standing(account, last)
    failed = level in (NOW, BUSY) and last is not None
    current = running_of(account.id)
    return AccountRow(
        account=account,
        reference=reference_of(account),
        level=level,
        word=word,
        reason=(last.error_sentence or "") if failed and last else "",
        action=(last.error_action or "") if failed and last else "",
        last=last,
        last_words=_last_words(last, now),
        next_words=_next_words(account, now),
        under_way=current is not None or _leased(account, now),
        fetched_now=current.fetched if current else 0,
        refused=refused,
    )


def outcome(run: MailRun) -> str:
    """What a run came to, in a few words."""
    if run.delivered or run.skipped:
        words = [ngettext("%(count)d delivered", "%(count)d delivered", run.delivered) % {"count": run.delivered}]
        if run.skipped:
            words.append(_("%(count)d left on the server") % {"count": run.skipped})
        return ", ".join(words)
    return _("failed") if run.error_code else _("nothing new")


def every(seconds: int) -> str:
    """`every 5 min`, `only when asked`."""
    text = interval_text(seconds)
    unit = {"s": "s", "m": "min", "h": "h", "d": "d"}.get(text[-1], "")
    return _("every %(span)s") % {"span": f"{text[:-1]} {unit}"} if seconds else _("only when asked")


def _standing(account: MailAccount, last: MailRun | None) -> tuple[str, str]:
    if account.validity == "invalid":
        return OFF, _("Invalid")
    if account.validity == "invalid-temporarily":
        return OFF, _("Invalid temporarily")
    if last is None:
        return START, _("Not collected yet")
    if last.error_code is None or last.error_code == "account_busy":
        return OK, _("Collects") if account.interval else _("Collects when asked")
    return (NOW, _("Needs you")) if last.needs_person else (BUSY, _("Retrying"))


def _leased(account: MailAccount, now: datetime) -> bool:
    return account.lease_run is not None and account.lease_until is not None and account.lease_until > now


def _last_words(last: MailRun | None, now: datetime) -> str:
    return clock(last.finished_at, now) if last else ""


def _next_words(account: MailAccount, now: datetime) -> str:
    if account.validity != "valid" or not account.interval or account.next_run_at is None:
        return ""
    left = (account.next_run_at - now).total_seconds()
    return _("due now") if left <= 0 else _("in %(span)s") % {"span": span(left)}
