"""Invokers with a cron expression: who moves the next moment on puts the job in line, in one transaction."""

from dataclasses import dataclass
from datetime import datetime

from django.db.backends.utils import CursorWrapper

from ..clock import from_micros, to_micros
from ..context import Context
from . import jobs
from .models import WebService
from .schedule import next_after
from .services import service_of

MOST = 200
ORIGIN = "schedule"


@dataclass(frozen=True, slots=True)
class _Due:
    id: int
    service_id: str
    invoker: str
    cron: str
    next_at: int


def enqueue_due(ctx: Context) -> int:
    """Put in line what is due, with the invoker's sample as its data; returns how many.

    What was missed while nothing ran is made up for once.
    """
    now = ctx.clock.now()
    return sum(_enqueue(ctx, found, now) for found in ctx.storage.read(lambda cursor: _due(cursor, to_micros(now))))


def next_of(ctx: Context, service_id: str) -> dict[str, datetime]:
    """When the invokers of a service run next, by name."""

    def job(cursor: CursorWrapper) -> dict[str, datetime]:
        cursor.execute("SELECT invoker, next_at FROM webservice_schedule WHERE service_id = %s", [service_id])
        return {name: from_micros(moment) for name, moment in cursor.fetchall()}

    return ctx.storage.read(job)


def _due(cursor: CursorWrapper, now: int) -> list[_Due]:
    cursor.execute(
        "SELECT s.id, s.service_id, s.invoker, s.cron, s.next_at FROM webservice_schedule s"
        " JOIN webservice w ON w.id = s.service_id WHERE s.next_at <= %s AND w.validity = 'valid' AND NOT w.held"
        " ORDER BY s.next_at LIMIT %s",
        [now, MOST],
    )
    return [_Due(*row) for row in cursor.fetchall()]


def _enqueue(ctx: Context, found: _Due, now: datetime) -> bool:
    def read(_: CursorWrapper) -> WebService | None:
        return WebService.objects.select_related("token__configuration").filter(id=found.service_id).first()

    row = ctx.storage.read(read)
    invoker = service_of(row).invokers.get(found.invoker) if row is not None else None
    if row is None or invoker is None:
        return False
    made = jobs.prepared(ctx, row.id, invoker.name, invoker.sample if invoker.sample is not None else {}, ORIGIN)

    def job(cursor: CursorWrapper) -> bool:
        cursor.execute(
            "UPDATE webservice_schedule SET next_at = %s WHERE id = %s AND next_at = %s",
            [to_micros(next_after(found.cron, now)), found.id, found.next_at],
        )
        if cursor.rowcount != 1:
            return False
        jobs.insert(cursor, made)
        return True

    return ctx.storage.write(job)
