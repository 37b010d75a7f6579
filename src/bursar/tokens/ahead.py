"""Many refreshes ahead of their time: claimed in one commit, called one after another, settled while the next is asked.

The rules are those of `renew`; this only saves work. Several of these run beside each other.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.backends.utils import CursorWrapper

from ..context import Context
from ..errors import Temporary
from ..testing.failpoints import failpoint
from . import life
from .answer import CLIENT_ERRORS
from .asker import SCHEDULER
from .commit import commit_surely
from .outcome import Refusal, RefusalKind
from .renew import Claim, Settle, Success, call, decide
from .rows import TokenRow, lock_rows

SPARE = 5.0  # seconds that a lease lives longer than the call it is for

log = logging.getLogger("bursar.scheduler")


def refresh_ahead(ctx: Context, token_ids: Sequence[str]) -> int:
    """Refresh those of these tokens that are still due and that nobody else is at; returns how many were called for.

    What only a person can change is due no longer: their change plans it anew (`changed`). Raises Temporary
    (`storage_unavailable`) without having called anybody when the attempts can't be written.
    """
    rules = ctx.settings.outbound_rules()
    claims, until = ctx.storage.write(lambda cursor: _claim(cursor, ctx, token_ids, rules.timeout))
    if not claims:
        return 0
    begun: list[tuple[Settle, Future[TokenRow | Refusal]]] = []
    called = 0
    try:
        with ctx.door.for_bundle(rules) as door:
            for claim in claims:
                # The lease must outlive the call: no refresh token may be used by two at once.
                if ctx.stop.is_set() or ctx.clock.now() + timedelta(seconds=rules.timeout + SPARE) > until:
                    break
                called += 1
                try:
                    settle = _unread(call(ctx, claim, door, rules.timeout))
                except Exception:
                    log.exception("a refresh failed in a way that Bursar did not expect")
                    continue
                begun.append((settle, _begin(ctx, settle)))
    finally:
        _finish(ctx, begun)
        _give_back(ctx, claims[called:])
    return called


def _claim(
    cursor: CursorWrapper, ctx: Context, token_ids: Sequence[str], timeout: float
) -> tuple[list[Claim], datetime]:
    now = ctx.clock.now()
    until = life.lease_end(now, timeout)
    claims = []
    for row in lock_rows(cursor, token_ids):
        decided = _decided(cursor, ctx, row, now)
        if isinstance(decided, Claim):
            claims.append(decided)
        elif isinstance(decided, Refusal) and decided.kind is not RefusalKind.TEMPORARY:
            life.no_longer_due(cursor, row)
    if claims:
        life.take_leases(cursor, [claim.row.id for claim in claims], ctx.worker, until)
        life.begin_attempts(cursor, [claim.attempt for claim in claims], ctx.worker, SCHEDULER, now)
    return claims, until


def _decided(cursor: CursorWrapper, ctx: Context, row: TokenRow, now: datetime) -> object:
    try:
        return decide(cursor, ctx, row, _no_longer_due, SCHEDULER, now)
    except ValueError:  # a document that can't be read any more must not keep the others from being refreshed
        log.exception("a token is left out, because its configuration can't be read")
        return None


def _no_longer_due(row: TokenRow, now: datetime) -> bool:
    return row.due_at is None or row.due_at > now


@dataclass(frozen=True, slots=True)
class _Success:
    """A success that nobody waits for. Those that wait for the writer together are stored in a few statements."""

    one: Success

    patience = 0.01  # seconds that the writer may wait for more of them; a call takes longer

    def __call__(self, cursor: CursorWrapper) -> TokenRow | Refusal:
        # Where it has moved nothing was written yet, and the rules of one say what is to be done.
        return stored[0] if (stored := self._store(cursor, [self])) else self.one(cursor)

    def together(self, cursor: CursorWrapper, jobs: "Sequence[_Success]") -> list[TokenRow | Refusal]:
        stored = self._store(cursor, jobs)
        if not stored:
            raise Temporary("One of them has moved meanwhile.", code="moved")
        return stored

    def _store(self, cursor: CursorWrapper, jobs: "Sequence[_Success]") -> list[TokenRow | Refusal]:
        ctx = self.one.ctx
        now = ctx.clock.now()
        several = [job.one for job in jobs]
        if not life.store_together(cursor, ctx.keyring, [(each.claim.row, each.material) for each in several], now):
            return []
        ended = [(each.claim.row, each.claim.attempt.id, each.material.expires_at) for each in several]
        life.end_attempts(cursor, ended, "granted", now, 200)
        life.release_siblings(cursor, [each.claim.row for each in several], CLIENT_ERRORS, now)
        return [each.claim.row for each in several]


def _unread(settle: Settle) -> Settle:
    return Settle(_Success(settle.job), is_success=True) if isinstance(settle.job, Success) else settle


def _begin(ctx: Context, settle: Settle) -> "Future[TokenRow | Refusal]":
    try:
        return ctx.storage.begin(settle.job)
    except Temporary as problem:  # told of at the end, with the rest
        failed: Future[TokenRow | Refusal] = Future()
        failed.set_exception(problem)
        return failed


def _finish(ctx: Context, begun: list[tuple[Settle, "Future[TokenRow | Refusal]"]]) -> None:
    trouble: Temporary | None = None
    for settle, answer in begun:
        try:
            ctx.storage.finish(answer)
        except Temporary as problem:
            if settle.is_success:
                commit_surely(ctx, settle.job)
            else:
                trouble = problem
        if settle.is_success:
            failpoint("answer-committed")
    if trouble is not None:
        raise trouble


def _give_back(ctx: Context, claims: Sequence[Claim]) -> None:
    if not claims:
        return

    def undo(cursor: CursorWrapper) -> None:
        for claim in claims:
            life.give_back(cursor, claim.row, claim.attempt.id, ctx.worker)

    ctx.storage.write(undo)
