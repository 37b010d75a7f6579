"""A mail account as the list and its own page show it: how it stands, when it was collected, what to do next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, Max, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...app import context
from ...mail.account import interval_text
from ...mail.accounts import holding, reference_of
from ...mail.models import MailAccount, MailLedger, MailRun
from ...mail.running import of as running_of
from ..badges import BUSY, NOW, OFF, OK, ORDER, START, coming, icon_of, switched_off
from ..wording import clock

PAGE = 50
# How an account stands by its last run, as `_standing` says it.
_LEVEL = Case(
    When(Q(error_code=None) | Q(error_code="account_busy"), then=ORDER.index(OK)),
    When(needs_person=True, then=ORDER.index(NOW)),
    default=ORDER.index(BUSY),
)


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
        return "lock" if self.is_held else icon_of(self.level, self.account.validity)

    @property
    def is_held(self) -> bool:
        """Whether it waits for a yes to where its token goes, and would be collected else."""
        return self.account.held and self.account.validity == "valid"


@dataclass(frozen=True, slots=True)
class AccountPage:
    """One page of accounts, how many fit in all, and how many there are."""

    rows: tuple[AccountRow, ...]
    count: int
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.count // PAGE))

    @property
    def first(self) -> int:
        return (self.page - 1) * PAGE + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return (self.page - 1) * PAGE + len(self.rows)


def page_of(words: Sequence[str], page: int) -> AccountPage:
    """The accounts whose name, login or server hold each word, those that need a person first, then by name; one page
    of them, past the end the last one."""
    fitting = holding(words)
    count = fitting.count()
    page = min(max(1, page), max(1, -(-count // PAGE)))
    last = MailRun.objects.filter(account=OuterRef("pk")).order_by("-id").annotate(level=_LEVEL).values("level")[:1]
    order = Case(
        When(~Q(validity="valid"), then=ORDER.index(OFF)),
        When(held=True, then=ORDER.index(NOW)),
        default=Coalesce(Subquery(last), ORDER.index(START)),
    )
    ordered = fitting.annotate(order=order).order_by("order", "name").values_list("id", flat=True)
    ids = list(ordered[(page - 1) * PAGE : page * PAGE])
    accounts = MailAccount.objects.select_related("token__configuration").in_bulk(ids)
    newest = MailRun.objects.filter(account__in=ids).values("account").annotate(newest=Max("id")).values("newest")
    runs = {run.account_id: run for run in MailRun.objects.filter(id__in=newest)}
    refused = MailLedger.objects.filter(state="refused", account__in=ids).values_list("account")
    waiting = dict(refused.annotate(count=Count("id")))
    found = tuple(row_of(accounts[key], runs.get(key), waiting.get(key, 0)) for key in ids if key in accounts)
    return AccountPage(found, count, count if not words else MailAccount.objects.count(), page)


def one(account: MailAccount) -> AccountRow:
    """One account, as the list would show it."""
    last = MailRun.objects.filter(account=account).order_by("-id").first()
    return row_of(account, last, MailLedger.objects.filter(account=account, state="refused").count())


def row_of(account: MailAccount, last: MailRun | None, refused: int) -> AccountRow:
    """The account as it stands now."""
    now = context().clock.now()
    level, word = _standing(account, last)
    failed = level in (NOW, BUSY) and last is not None and not account.held
    held = ""
    if account.held and level == NOW:
        server = {"server": f"{account.host}:{account.port}"}
        held = _("Nobody has confirmed yet that its token may go to %(server)s.") % server
    current = running_of(account.id)
    return AccountRow(
        account=account,
        reference=reference_of(account),
        level=level,
        word=word,
        reason=(last.error_sentence or "") if failed and last else held,
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
    off = switched_off(account.validity)
    if off is not None:
        return off
    if account.held:
        return NOW, _("Held")
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
    if account.validity != "valid" or account.held or not account.interval or account.next_run_at is None:
        return ""
    return coming(account.next_run_at, now, _("due now"))
