"""Claim, call, settle: the one way in which an existing configuration gets a new access token without a person.

    claim    read again under the writer; lease and attempt row in one commit           (SEC-22, SEC-24)
    call     no transaction and no lock is open while the provider is asked
    settle   compare-and-swap on the generation; committed before anybody gets it       (SEC-25, 26, 27)

Those who come while a lease is held wait on the stop event and read until the generation moves.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.backends.utils import CursorWrapper

from ..context import Context
from ..errors import Refused
from ..grants import Granted, GrantKind, run_grant
from ..ids import new_id
from ..keyring import SealBroken, Secret
from ..oauth2.token_endpoint import ErrorAnswer
from ..outbound import Door
from ..testing.failpoints import failpoint
from ..worker_name import is_gone
from . import answer, life, timing
from .asker import CONSUMER, Asker
from .commit import commit_surely
from .facts import Facts, facts_of
from .hindrance import barred, hindrance
from .outcome import Refusal, RefusalKind
from .revocations import queue_late
from .rows import TokenRow, lock_row, read_row

POLL_SECONDS = 0.02
LONGEST_POLL = 0.25

Satisfied = Callable[[TokenRow, datetime], bool]


@dataclass(frozen=True, slots=True)
class Claim:
    """The right and the duty to ask the provider about one token, once; its attempt is written down."""

    row: TokenRow
    facts: Facts
    attempt: life.Attempt
    kind: GrantKind
    refresh_token: Secret | None
    client_secret: Secret | None


class Busy:
    """Another holds the lease, or writes the row this very moment."""


def renew(ctx: Context, token_id: str, satisfied: Satisfied, asker: Asker = CONSUMER) -> TokenRow | Refusal:
    """The row once it satisfies the caller, by another's work or by our own call; else why not.

    Raises Temporary (`storage_unavailable`) without having called anybody when the attempt can't be written.
    """
    timeout = ctx.settings.outbound_rules().timeout
    waited_until = ctx.clock.monotonic() + timeout + 20
    poll = POLL_SECONDS
    while True:
        claimed = ctx.storage.write(lambda cursor: _claim(cursor, ctx, token_id, satisfied, asker, timeout))
        match claimed:
            case Claim():
                return _call_and_settle(ctx, claimed, timeout)
            case TokenRow() | Refusal():
                return claimed
            case Busy():
                pass
        while True:
            row = ctx.storage.read(lambda cursor: read_row(cursor, token_id))
            if row is None:
                return Refusal(RefusalKind.NOT_FOUND, "configuration_not_found", "The token configuration is gone.")
            if satisfied(row, ctx.clock.now()):
                return row
            if not _leased(row, ctx.clock.now()):
                break
            if ctx.clock.monotonic() > waited_until or ctx.stop.wait(poll):
                return Refusal(
                    RefusalKind.TEMPORARY,
                    "busy",
                    f'Another process is asking for a token for "{row.reference}".',
                    "",
                    5,
                )
            poll = min(poll * 1.5, LONGEST_POLL)


def _claim(
    cursor: CursorWrapper, ctx: Context, token_id: str, satisfied: Satisfied, asker: Asker, timeout: float
) -> Claim | Busy | TokenRow | Refusal:
    row = lock_row(cursor, token_id)
    if row is None:
        return Busy()
    now = ctx.clock.now()
    decided = decide(cursor, ctx, row, satisfied, asker, now)
    if isinstance(decided, Claim):
        if not life.take_lease(cursor, row, ctx.worker, life.lease_end(now, timeout)):
            return Busy()
        life.begin_attempts(cursor, [decided.attempt], ctx.worker, asker, now)
    return decided


def decide(
    cursor: CursorWrapper, ctx: Context, row: TokenRow, satisfied: Satisfied, asker: Asker, now: datetime
) -> Claim | Busy | TokenRow | Refusal:
    """Whether the provider is to be asked about a locked row: a claim, which is yet to be written, or why not."""
    if satisfied(row, now):
        return row
    facts = facts_of(row)
    refusal = hindrance(row, facts, now, by_person=asker.is_person)
    if refusal is not None:
        return refusal
    if _leased(row, now):
        return Busy()
    try:
        refresh_token = None if row.c_flow == "client_credentials" else row.open(ctx.keyring, "refresh_token")
        client_secret = row.open_client_secret(ctx.keyring)
    except SealBroken:
        return _unreadable(cursor, row, now)
    kind = GrantKind.CLIENT_CREDENTIALS if refresh_token is None else GrantKind.REFRESH_TOKEN
    sha256 = None if refresh_token is None else refresh_token.sha256()
    attempt = life.Attempt(new_id(), row.id, row.generation, kind.value, sha256)
    return Claim(row, facts, attempt, kind, refresh_token, client_secret)


def _leased(row: TokenRow, now: datetime) -> bool:
    if row.lease_until is None or row.lease_until <= now:
        return False
    return not is_gone(row.lease_owner or "")


def _unreadable(cursor: CursorWrapper, row: TokenRow, now: datetime) -> Refusal:
    """A sealed value was moved or changed in the database (SEC-32): nothing is sent, a person looks."""
    verdict = life.Failure(
        "misconfigured",
        "secret_unreadable",
        "A stored secret doesn't open: it was changed or moved in the database.",
        "Restore it from a backup, or enter the secret and authorize again.",
        "",
        None,
    )
    life.update(
        cursor,
        "id = %s AND generation = %s",
        [row.id, row.generation],
        state=verdict.state,
        error_code=verdict.code,
        error_sentence=verdict.sentence,
        error_action=verdict.action,
        failed_at=now,
        due_at=None,
    )
    return Refusal(RefusalKind.PERSON, verdict.code, verdict.sentence, verdict.action)


def _call_and_settle(ctx: Context, claim: Claim, timeout: float) -> TokenRow | Refusal:
    settle = call(ctx, claim, ctx.door, timeout)
    settled = commit_surely(ctx, settle.job) if settle.is_success else ctx.storage.write(settle.job)
    if settle.is_success:
        failpoint("answer-committed")
    return settled


@dataclass(frozen=True, slots=True)
class Success:
    """The job that stores what the provider gave; it gives the row as it is then, or the refusal that bars it."""

    ctx: Context
    claim: Claim
    material: life.Grown

    def __call__(self, cursor: CursorWrapper) -> TokenRow | Refusal:
        return _settle_success(cursor, self.ctx, self.claim, self.material)


@dataclass(frozen=True, slots=True)
class Settle:
    """What has to be written after a call. A success that can't be is tried again: it is the only copy."""

    job: Callable[[CursorWrapper], TokenRow | Refusal]
    is_success: bool


def call(ctx: Context, claim: Claim, door: Door, timeout: float) -> Settle:
    """Ask the provider; no transaction and no lock is open. Raises what Bursar did not expect, the lease given back."""
    asked_at = ctx.clock.now()
    failpoint("attempt-written")
    try:
        outcome = _call(claim, door, timeout)
    except Refused as refused:  # an address that is not admitted: nothing was sent
        why = refused
        return Settle(lambda cursor: _not_sent(cursor, ctx, claim, why), is_success=False)
    except BaseException:
        ctx.storage.write(lambda cursor: _abandon(cursor, ctx, claim))
        raise
    if isinstance(outcome, ErrorAnswer):
        return Settle(lambda cursor: _settle_failure(cursor, ctx, claim, outcome), is_success=False)
    failpoint("answer-received")
    material = answer.grown(claim.row, claim.facts, outcome.answer, asked_at, ctx.randomness)
    return Settle(Success(ctx, claim, material), is_success=True)


def _call(claim: Claim, door: Door, timeout: float) -> Granted | ErrorAnswer:
    request_type = {
        GrantKind.REFRESH_TOKEN: "TokenByRefreshToken",
        GrantKind.CLIENT_CREDENTIALS: "TokenByClientCredentials",
    }[claim.kind]
    plan = claim.facts.plan(request_type)
    if plan is None:
        raise Refused(f"The document has no {request_type}.", code="request_missing", action="Add it to the document.")
    own = {} if claim.refresh_token is None else {"RefreshToken": claim.refresh_token}
    values: dict[str, str | Secret] = {**claim.facts.sources(), **own}
    return run_grant(claim.kind, plan, claim.facts.client(claim.client_secret), values, door, timeout=timeout)


def _settle_success(cursor: CursorWrapper, ctx: Context, claim: Claim, material: life.Grown) -> TokenRow | Refusal:
    now = ctx.clock.now()
    stored = life.store(cursor, ctx.keyring, claim.row, material, now)
    life.end_attempt(
        cursor, claim.row, claim.attempt.id, "granted" if stored else "stale", now, 200, "", material.expires_at
    )
    row = read_row(cursor, claim.row.id)
    if not stored and (row is None or row.state == "revoked"):
        # A person ended it while the provider was answering: what just came into the world must not outlive that.
        queue_late(cursor, ctx, claim.row, material, now)
    if row is None:
        return Refusal(RefusalKind.NOT_FOUND, "configuration_not_found", "The token configuration is gone.")
    if stored:
        life.release_siblings(cursor, [row], answer.CLIENT_ERRORS, now)
    bar = barred(row)
    if stored and bar is None and material.useless is not None:
        return answer.refusal(row, material.useless, now)
    return bar or row


def _settle_failure(cursor: CursorWrapper, ctx: Context, claim: Claim, error: ErrorAnswer) -> TokenRow | Refusal:
    now = ctx.clock.now()
    verdict = answer.failure(claim.row, claim.facts, error, now, ctx.randomness)
    if error.error == "invalid_grant" and claim.refresh_token is not None:
        verdict = _with_lost_answer(cursor, claim, verdict)
    counted = life.fail(cursor, claim.row, verdict, ctx.worker, now)
    life.end_attempt(
        cursor, claim.row, claim.attempt.id, verdict.state if counted else "stale", now, error.status, error.answer
    )
    if counted and error.error in answer.CLIENT_ERRORS:
        life.stop_siblings(cursor, claim.row, verdict, now)
    if not counted:
        row = read_row(cursor, claim.row.id)
        if row is not None and row.generation != claim.row.generation:
            # Another got a token meanwhile, or ended this one: the verdict was about one that is gone.
            return barred(row) or row
    return answer.refusal(claim.row, verdict, now)


def _abandon(cursor: CursorWrapper, ctx: Context, claim: Claim) -> None:
    now = ctx.clock.now()
    life.release(cursor, claim.row, ctx.worker, now + timedelta(seconds=timing.LONGEST_RETRY))
    life.end_attempt(cursor, claim.row, claim.attempt.id, "unexpected", now, 0, "")


def _with_lost_answer(cursor: CursorWrapper, claim: Claim, verdict: life.Failure) -> life.Failure:
    """Say so where an earlier attempt with this very refresh token never came to an end: a process was killed between
    the provider's answer and the commit, the one window that can't be closed (SEC-25)."""
    lost = life.unfinished_attempt(cursor, claim.row, claim.refresh_token, claim.attempt.id)
    if lost is None:
        return verdict
    sentence = (
        f"{claim.facts.provider} refuses the refresh token. Bursar was stopped at {lost:%H:%M} UTC while a refresh was"
        " under way, and the answer with the new one was lost."
    )
    return replace(verdict, sentence=sentence)


def _not_sent(cursor: CursorWrapper, ctx: Context, claim: Claim, refused: Refused) -> Refusal:
    now = ctx.clock.now()
    verdict = life.Failure(
        "retrying",
        "address_refused",
        refused.sentence,
        refused.action,
        "",
        now + timedelta(seconds=timing.LONGEST_RETRY),
    )
    life.fail(cursor, claim.row, verdict, ctx.worker, now)
    life.end_attempt(cursor, claim.row, claim.attempt.id, "not_sent", now, 0, refused.sentence)
    return Refusal(RefusalKind.REFUSED, refused.code, refused.sentence, refused.action)
