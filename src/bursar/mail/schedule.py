"""When an account is collected next. `after_run` is pure; the rest finds what is due and claims it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.backends.utils import CursorWrapper

from ..clock import to_micros
from ..context import Context
from ..errors import BursarError, PersonMustAct, Refused, Temporary

LONGEST_PAUSE = 3600.0  # seconds between two tries of an account in trouble, unless its interval is longer
MOST_DOUBLINGS = 8


@dataclass(frozen=True, slots=True)
class Due:
    """An account that is to be collected now; `host` for the bound on one server, `next_run_at` for the claim."""

    account_id: str
    host: str
    interval: int
    next_run_at: int


def after_run(now: datetime, interval: int, error: BursarError | None, failures: int, share: float) -> datetime:
    """The next run: an interval later, later where the server asks for it or only a person can help.

    `share` (0.95 to 1) spreads accounts that were made together. Trouble that passes by itself doesn't slow down the
    first tries; what only a person can correct is tried less and less often, so that no account gets locked.
    """
    wait = float(interval)
    if isinstance(error, PersonMustAct | Refused):
        wait = min(interval * 2.0 ** min(failures, MOST_DOUBLINGS), max(LONGEST_PAUSE, interval))
    elif error is not None:
        wait = min(interval * 2.0 ** min(max(failures - 3, 0), MOST_DOUBLINGS), max(LONGEST_PAUSE, interval))
    hint = error.retry_after if isinstance(error, Temporary) else None
    return now + timedelta(seconds=max(wait * share, hint or 0.0))


def due(ctx: Context, limit: int, without: Collection[str] = ()) -> list[Due]:
    """The valid accounts whose time has come, the longest waiting first; none at the hosts `without`."""
    now = to_micros(ctx.clock.now())
    others = f" AND host NOT IN ({', '.join(['%s'] * len(without))})" if without else ""

    def job(cursor: CursorWrapper) -> list[Due]:
        cursor.execute(
            "SELECT id, host, interval, next_run_at FROM mail_account"  # noqa: S608 - placeholders alone
            f" WHERE next_run_at <= %s AND validity = 'valid' AND NOT held AND interval > 0{others}"
            " ORDER BY next_run_at LIMIT %s",
            [now, *without, limit],
        )
        return [Due(*row) for row in cursor.fetchall()]

    return ctx.storage.read(job)


def claim(ctx: Context, found: Due) -> bool:
    """Put the next run an interval off, by compare-and-swap: of several workers one gets it."""
    later = to_micros(ctx.clock.now() + timedelta(seconds=found.interval))

    def job(cursor: CursorWrapper) -> bool:
        cursor.execute(
            "UPDATE mail_account SET next_run_at = %s WHERE id = %s AND next_run_at = %s",
            [later, found.account_id, found.next_run_at],
        )
        return bool(cursor.rowcount == 1)

    return ctx.storage.write(job)


def plan_now(ctx: Context, account_id: str) -> None:
    """Collect the account as soon as may be, unless it is collected only when asked."""

    def job(cursor: CursorWrapper) -> None:
        cursor.execute(
            "UPDATE mail_account SET next_run_at = %s WHERE id = %s AND interval > 0",
            [to_micros(ctx.clock.now()), account_id],
        )

    ctx.storage.write(job)


def plan_after(ctx: Context, account_id: str, error: BursarError | None) -> None:
    """After a run of whatever origin: count failures in a row, and plan the next."""
    while not _planned_after(ctx, account_id, error):
        """Somebody changed the interval, or counted another run, this very moment: look again."""


def _planned_after(ctx: Context, account_id: str, error: BursarError | None) -> bool:
    def read(cursor: CursorWrapper) -> tuple[int, int] | None:
        cursor.execute("SELECT interval, failures FROM mail_account WHERE id = %s", [account_id])
        row = cursor.fetchone()
        return (int(row[0]), int(row[1])) if row else None

    found = ctx.storage.read(read)
    if found is None:
        return True
    interval, before = found
    failures = 0 if error is None else before if error.code == "account_busy" else before + 1
    now = ctx.clock.now()
    moment = after_run(now, interval, error, failures, ctx.randomness.uniform(0.95, 1.0))
    # What became due during the run, because new mail was told of, stays due.
    kept = to_micros(now) if error is None else -1

    def job(cursor: CursorWrapper) -> bool:
        cursor.execute(
            "UPDATE mail_account SET failures = %s, next_run_at = CASE WHEN interval = 0 THEN NULL"
            " WHEN next_run_at <= %s THEN next_run_at ELSE %s END WHERE id = %s AND interval = %s AND failures = %s",
            [failures, kept, to_micros(moment), account_id, interval, before],
        )
        return bool(cursor.rowcount == 1)

    return ctx.storage.write(job)
