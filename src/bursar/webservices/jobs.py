"""Calls that survive this process: written before they are made, and tried again as the service's policy says.

A job is leased by compare-and-swap. Each try is counted before it begins, so a call that a kill interrupted counts too;
its idempotency key is the job's id, the same with every try.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.backends.utils import CursorWrapper

from ..clock import from_micros, to_micros
from ..context import Context
from ..errors import BursarError, InvalidInput, NotFound, Refused, Temporary
from ..ids import new_id
from ..keyring import Place, SealBroken, Secret
from ..outbound.http import Sink
from ..testing.failpoints import failpoint
from ..worker_name import is_gone, worker_name
from .call import Attempt, Outcome, call
from .models import WebService, WebServiceJob
from .service import LONGEST_TIMEOUT, Retry
from .services import service_of

LEASE_SECONDS = LONGEST_TIMEOUT + 120
KEPT = 100  # given-up jobs of each service
MOST = 400
JITTER = (1.0, 1.1)


@dataclass(frozen=True, slots=True)
class Due:
    """A job whose time has come."""

    job_id: str
    service_id: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A job that isn't in the database yet; `data` are sealed for its row."""

    job_id: str
    service_id: str
    invoker: str
    data: bytes
    origin: str
    at: int


@dataclass(frozen=True, slots=True)
class JobView:
    """A call that waits for its next try, or was given up."""

    id: str
    service: str
    invoker: str
    origin: str
    state: str
    tries: int
    first_at: datetime
    next_at: datetime | None
    error: str


def run(ctx: Context, row: WebService, invoker: str, data: Any, origin: str, *, sink: Sink | None = None) -> Outcome:
    """Call now. Where the policy says so, what fails for a while is tried again by the worker, also after a restart.

    A download is not: there is nobody left to take it. Raises as `call.call`.
    """
    service = service_of(row)
    service.invoker(invoker)
    if sink is not None or not service.retry.count or service.validity != "valid" or row.held:
        return call(ctx, row, invoker, data, Attempt(origin, new_id()), sink)
    made = prepared(ctx, row.id, invoker, data, origin)
    lease = new_id()
    ctx.storage.write(lambda cursor: insert(cursor, made, (worker_name(), lease, _until(ctx))))
    try:
        return _try(ctx, row, made, data, lease, 1, ctx.clock.now(), service.retry)
    except (InvalidInput, NotFound, Refused):
        _drop(ctx, made.job_id, lease)  # nothing was sent, and the caller hears why
        raise


def work(ctx: Context, job_id: str) -> Outcome | None:
    """Make the call of a job that is due; None where another process has it, or where it was given up unsent."""
    lease = new_id()
    found = ctx.storage.write(lambda cursor: _claim(ctx, cursor, job_id, lease))
    if found is None:
        return None

    def read(_: CursorWrapper) -> WebService:
        return WebService.objects.select_related("token__configuration").get(id=found.service_id)

    row = ctx.storage.read(read)
    service = service_of(row)
    made = Prepared(job_id, row.id, found.invoker, bytes(found.data), found.origin, 0)
    if found.tries > 1 and ctx.clock.now() > found.first_at + timedelta(seconds=service.retry.period):
        _give_up(ctx, made, lease, "No worker ran in time: the period of the policy ended before the next try.")
        return None
    if found.tries > service.retry.count + 1:
        _give_up(ctx, made, lease, "The last try was interrupted, and the policy allows no other.")
        return None
    try:
        data = json.loads(ctx.keyring.open(_place(job_id), made.data).reveal())
        return _try(ctx, row, made, data, lease, found.tries, found.first_at, service.retry)
    except SealBroken:
        _give_up(ctx, made, lease, "The stored data don't open: they were changed or moved in the database.")
    except Temporary:
        raise
    except BursarError as problem:
        _give_up(ctx, made, lease, str(problem))
    return None


def due(ctx: Context) -> list[Due]:
    """The jobs of valid services whose time has come and that nobody works on, the longest waiting first."""
    now = to_micros(ctx.clock.now())

    def job(cursor: CursorWrapper) -> Sequence[tuple[str, str, str | None, int | None]]:
        cursor.execute(
            "SELECT j.id, j.service_id, j.lease_owner, j.lease_until FROM webservice_job j"
            " JOIN webservice w ON w.id = j.service_id"
            " WHERE j.state = 'waiting' AND j.next_at <= %s AND w.validity = 'valid' AND NOT w.held"
            " ORDER BY j.next_at LIMIT %s",
            [now, MOST],
        )
        return list(cursor.fetchall())

    return [Due(each[0], each[1]) for each in ctx.storage.read(job) if not _is_held(each[2], each[3], now)]


def prepared(ctx: Context, service_id: str, invoker: str, data: Any, origin: str) -> Prepared:
    """A job for `insert`, its data sealed."""
    job_id = new_id()
    sealed = ctx.keyring.seal(_place(job_id), Secret(json.dumps(data)))
    return Prepared(job_id, service_id, invoker, sealed, origin, to_micros(ctx.clock.now()))


def insert(cursor: CursorWrapper, made: Prepared, lease: tuple[str, str, int] | None = None) -> None:
    """Write a job; with a lease its first try counts as begun."""
    cursor.execute(
        "INSERT INTO webservice_job (id, service_id, invoker, data, origin, state, tries, first_at, next_at, error,"
        " lease_owner, lease_run, lease_until) VALUES (%s, %s, %s, %s, %s, 'waiting', %s, %s, %s, '', %s, %s, %s)",
        [
            *(made.job_id, made.service_id, made.invoker, made.data, made.origin),
            *(0 if lease is None else 1, made.at, made.at),
            *(lease or (None, None, None)),
        ],
    )


def views(row: WebService | None = None) -> list[JobView]:
    """What waits and what was given up, of one service or of all, the newest first."""
    rows = WebServiceJob.objects.select_related("service").order_by("-id")
    found = rows if row is None else rows.filter(service=row)
    return [
        JobView(
            *(job.id, job.service.name, job.invoker, job.origin, job.state, job.tries, job.first_at),
            job.next_at if job.state == "waiting" else None,
            job.error,
        )
        for job in found[:MOST]
    ]


def try_again(ctx: Context, job_id: str) -> None:
    """Begin a given-up or waiting job anew, now, with the same idempotency key. Raises NotFound."""
    now = to_micros(ctx.clock.now())

    def job(cursor: CursorWrapper) -> bool:
        cursor.execute(
            "UPDATE webservice_job SET state = 'waiting', tries = 0, first_at = %s, next_at = %s"
            " WHERE id = %s AND lease_run IS NULL",
            [now, now, job_id],
        )
        return bool(cursor.rowcount == 1)

    if not ctx.storage.write(job):
        raise no_job(job_id)


def forget(ctx: Context, job_id: str) -> None:
    """Drop a job that waits or was given up; its tries stay in the log. Raises NotFound, or is being made."""

    def job(cursor: CursorWrapper) -> bool:
        cursor.execute("DELETE FROM webservice_job WHERE id = %s AND lease_run IS NULL", [job_id])
        return bool(cursor.rowcount == 1)

    if not ctx.storage.write(job):
        raise no_job(job_id)


def no_job(job_id: str) -> NotFound:
    """The refusal where there is nothing to begin anew, or to forget."""
    return NotFound(f"There is no call {job_id} that waits or was given up.", code="job_not_found")


def _try(
    ctx: Context, row: WebService, made: Prepared, data: Any, lease: str, number: int, first: datetime, retry: Retry
) -> Outcome:
    outcome = call(
        ctx, row, made.invoker, data, Attempt(made.origin, made.job_id, number, _pause(ctx, retry, number, first))
    )
    failpoint("webservice.called")
    if outcome.error is None:
        _drop(ctx, made.job_id, lease)
    elif outcome.again is None:
        _give_up(ctx, made, lease, outcome.error.sentence)
    else:
        _postpone(ctx, made.job_id, lease, outcome.again, outcome.error.sentence)
    return outcome


def _pause(ctx: Context, retry: Retry, number: int, first: datetime) -> float | None:
    """Seconds until the next try, None where this one was the last."""
    pause = retry.pause(number) * ctx.randomness.uniform(*JITTER)
    end = first + timedelta(seconds=retry.period)
    return pause if number <= retry.count and ctx.clock.now() + timedelta(seconds=pause) <= end else None


def _claim(ctx: Context, cursor: CursorWrapper, job_id: str, lease: str) -> "_Claimed | None":
    cursor.execute(
        "SELECT service_id, invoker, data, origin, tries, first_at, lease_owner, lease_run, lease_until"
        " FROM webservice_job WHERE id = %s AND state = 'waiting'",
        [job_id],
    )
    row = cursor.fetchone()
    if row is None or _is_held(row[6], row[8], to_micros(ctx.clock.now())):
        return None
    cursor.execute(
        "UPDATE webservice_job SET lease_owner = %s, lease_run = %s, lease_until = %s, tries = tries + 1"
        " WHERE id = %s AND state = 'waiting' AND COALESCE(lease_run, '') = %s",
        [worker_name(), lease, _until(ctx), job_id, row[7] or ""],
    )
    if cursor.rowcount != 1:
        return None
    return _Claimed(row[0], row[1], bytes(row[2]), row[3], row[4] + 1, from_micros(row[5]))


@dataclass(frozen=True, slots=True)
class _Claimed:
    service_id: str
    invoker: str
    data: bytes
    origin: str
    tries: int
    first_at: datetime


def _drop(ctx: Context, job_id: str, lease: str) -> None:
    ctx.storage.write(
        lambda cursor: cursor.execute("DELETE FROM webservice_job WHERE id = %s AND lease_run = %s", [job_id, lease])
    )


def _postpone(ctx: Context, job_id: str, lease: str, seconds: float, error: str) -> None:
    moment = to_micros(ctx.clock.now() + timedelta(seconds=seconds))
    ctx.storage.write(
        lambda cursor: cursor.execute(
            "UPDATE webservice_job SET next_at = %s, error = %s, lease_owner = NULL, lease_run = NULL,"
            " lease_until = NULL WHERE id = %s AND lease_run = %s",
            [moment, error, job_id, lease],
        )
    )


def _give_up(ctx: Context, made: Prepared, lease: str, error: str) -> None:
    def job(cursor: CursorWrapper) -> None:
        cursor.execute(
            "UPDATE webservice_job SET state = 'given-up', error = %s, lease_owner = NULL, lease_run = NULL,"
            " lease_until = NULL WHERE id = %s AND lease_run = %s",
            [error, made.job_id, lease],
        )
        cursor.execute(
            "DELETE FROM webservice_job WHERE service_id = %s AND state = 'given-up' AND id <= ("
            "SELECT id FROM webservice_job WHERE service_id = %s AND state = 'given-up'"
            " ORDER BY id DESC LIMIT 1 OFFSET %s)",
            [made.service_id, made.service_id, KEPT],
        )

    ctx.storage.write(job)


def _is_held(owner: str | None, until: int | None, now: int) -> bool:
    return bool(owner) and until is not None and until > now and not is_gone(owner or "")


def _until(ctx: Context) -> int:
    return to_micros(ctx.clock.now() + timedelta(seconds=LEASE_SECONDS))


def _place(job_id: str) -> Place:
    return Place("webservice_job", job_id, "data")
