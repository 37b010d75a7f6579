"""Every change of a token's row, by raw SQL inside a job of the storage's writer. The only writers of token material.

Invariants. A success replaces material only at the generation it was begun under, and moves it on (SEC-27).
A verdict touches no material, and counts only while its writer still holds the lease and neither the token's
nor the configuration's generation has moved: it binds only what it was about (SEC-26).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.backends.utils import CursorWrapper

from ..bulk import insert_many, update_many
from ..clock import from_micros, to_micros
from ..ids import new_id
from ..keyring import Keyring, Place, Secret
from .asker import Asker
from .history import fold, fold_many
from .rows import TABLE, TokenRow, marks, wait_for_row, wait_for_rows


@dataclass(frozen=True, slots=True)
class Failure:
    """A verdict as it will be stored."""

    state: str
    code: str
    sentence: str
    action: str
    answer: str
    next_attempt_at: datetime | None


@dataclass(frozen=True, slots=True)
class Grown:
    """New token material as it will be stored: the provider's answer with its dates worked out."""

    access_token: Secret
    refresh_token: Secret | None
    scope: str | None
    issued_at: datetime
    expires_at: datetime
    expiry_assumed: bool
    refresh_expires_at: datetime | None
    due_at: datetime | None
    identity: dict[str, str | None] = field(default_factory=dict)  # issuer, subject, account of a consent
    warning: tuple[str, str, str] | None = None  # code, sentence, action
    useless: Failure | None = None  # the access token is the very one that a server has refused


def update(cursor: CursorWrapper, where: str, parameters: list[Any], **changes: Any) -> bool:
    """One UPDATE of tokens; instants may be datetimes. True if exactly one row met the condition."""
    columns = ", ".join(f"{name} = %s" for name in changes)
    values = [to_micros(v) if isinstance(v, datetime) else v for v in changes.values()]
    cursor.execute(f"UPDATE {TABLE} SET {columns} WHERE {where}", [*values, *parameters])  # noqa: S608 - constant names
    return bool(cursor.rowcount == 1)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call to a token endpoint as it is written down before it is made."""

    id: str
    token_id: str
    generation: int
    grant: str
    refresh_sha256: str | None


def begin_attempts(
    cursor: CursorWrapper, attempts: Sequence[Attempt], worker: str, asker: Asker, now: datetime
) -> None:
    """Write down that the provider is about to be called, before it is (SEC-24)."""
    asked = (worker, asker.kind, asker.name, to_micros(now))
    insert_many(
        cursor,
        "tokens_attempt",
        ("id", "token_id", "generation", "grant", "refresh_sha256", "worker", "asker", "by", "started_at"),
        [(each.id, each.token_id, each.generation, each.grant, each.refresh_sha256, *asked) for each in attempts],
    )


def begin_attempt(
    cursor: CursorWrapper,
    row: TokenRow,
    grant: str,
    refresh_sha256: str | None,
    worker: str,
    asker: Asker,
    now: datetime,
) -> str:
    """The same for one; returns the attempt's id."""
    attempt = Attempt(new_id(), row.id, row.generation, grant, refresh_sha256)
    begin_attempts(cursor, [attempt], worker, asker, now)
    return attempt.id


def take_leases(cursor: CursorWrapper, token_ids: Sequence[str], worker: str, until: datetime) -> None:
    """Claim the right to call for tokens that this transaction has locked and read without a lease."""
    cursor.execute(
        f"UPDATE {TABLE} SET lease_owner = %s, lease_until = %s WHERE id IN ({marks(token_ids)})",  # noqa: S608
        [worker, to_micros(until), *token_ids],
    )


def give_back(cursor: CursorWrapper, row: TokenRow, attempt: str, worker: str) -> None:
    """Undo a claim for which nobody was called: the token is due as before."""
    update(cursor, *_own_lease(row, worker), lease_owner=None, lease_until=None)
    cursor.execute("DELETE FROM tokens_attempt WHERE id = %s", [attempt])


def end_attempt(
    cursor: CursorWrapper,
    row: TokenRow,
    attempt: str,
    outcome: str,
    now: datetime,
    status: int,
    answer: str,
    expires_at: datetime | None = None,
) -> None:
    """Write down how the call ended (`expires_at` is of the token that it brought), and fold the oldest ones."""
    cursor.execute(
        "UPDATE tokens_attempt SET finished_at = %s, outcome = %s, status = %s, answer = %s, expires_at = %s"
        " WHERE id = %s",
        [to_micros(now), outcome, status, answer, None if expires_at is None else to_micros(expires_at), attempt],
    )
    fold(cursor, row.c_id, row.id)


def end_attempts(
    cursor: CursorWrapper, ended: Sequence[tuple[TokenRow, str, datetime]], outcome: str, now: datetime, status: int
) -> None:
    """The same for many that ended alike: row, attempt, and the end of the token that it brought."""
    update_many(
        cursor,
        "tokens_attempt",
        ("finished_at", "outcome", "status", "answer", "expires_at"),
        ("id",),
        [(to_micros(now), outcome, status, "", to_micros(expires_at), attempt) for _, attempt, expires_at in ended],
    )
    fold_many(cursor, {row.id: row.c_id for row, _, _ in ended})


def unfinished_attempt(cursor: CursorWrapper, row: TokenRow, refresh: Secret | None, but: str) -> datetime | None:
    """When another attempt with the same refresh token was begun that never ended; None where there is none."""
    if refresh is None:
        return None
    cursor.execute(
        "SELECT MAX(started_at) FROM tokens_attempt WHERE token_id = %s AND refresh_sha256 = %s AND id <> %s"
        " AND finished_at IS NULL",
        [row.id, refresh.sha256(), but],
    )
    found = cursor.fetchone()
    return None if found is None or found[0] is None else from_micros(found[0])


def take_lease(cursor: CursorWrapper, row: TokenRow, worker: str, until: datetime) -> bool:
    """Claim the right to call for this generation (compare-and-swap on what was read)."""
    seen = None if row.lease_until is None else to_micros(row.lease_until)
    same = "lease_until IS NULL" if seen is None else "lease_until = %s"
    parameters = [row.id, row.generation] + ([] if seen is None else [seen])
    return update(cursor, f"id = %s AND generation = %s AND {same}", parameters, lease_owner=worker, lease_until=until)


def store(cursor: CursorWrapper, keyring: Keyring, row: TokenRow, grown: Grown, now: datetime) -> bool:
    """Store a success whole, at the generation it was begun under; False where that has moved.

    An absent refresh token keeps the old one (RFC 6749 §6); a late success is adopted over a failure of the
    same generation, since failures don't move it (SEC-27).
    """
    wait_for_row(cursor, row.id)
    changes = _stored(keyring, row, grown, now, confirmed=_configuration_is(cursor, row))
    return update(cursor, "id = %s AND generation = %s", [row.id, row.generation], **changes)


def store_together(
    cursor: CursorWrapper, keyring: Keyring, stored: Sequence[tuple[TokenRow, Grown]], now: datetime
) -> bool:
    """`store` for many, in a few statements. False where any of them has moved: then nothing of it may be kept."""
    wait_for_rows(cursor, sorted(row.id for row, _ in stored))
    known = {row.c_id for row, _ in stored}
    cursor.execute(
        f"SELECT id, generation FROM tokens_configuration WHERE id IN ({marks(known)})",  # noqa: S608
        list(known),
    )
    generations = dict(cursor.fetchall())
    alike: dict[tuple[str, ...], list[list[Any]]] = {}
    for row, grown in stored:
        confirmed = generations.get(row.c_id) == row.c_generation
        changes = _stored(keyring, row, grown, now, confirmed=confirmed)
        values = [to_micros(v) if isinstance(v, datetime) else v for v in changes.values()]
        alike.setdefault(tuple(changes), []).append([*values, row.id, row.generation])
    return all(
        update_many(cursor, TABLE, columns, ("id", "generation"), rows) == len(rows) for columns, rows in alike.items()
    )


def _stored(keyring: Keyring, row: TokenRow, grown: Grown, now: datetime, *, confirmed: bool) -> dict[str, Any]:
    """The columns of a success. `confirmed`: the configuration is the one under which it was asked for."""
    changes: dict[str, Any] = {
        "generation": row.generation + 1,
        "state": "active",
        "access_token": keyring.seal(Place(TABLE, row.id, "access_token"), grown.access_token),
        "access_sha256": grown.access_token.sha256(),
        "token_type": "Bearer",
        "scope": grown.scope,
        "issued_at": grown.issued_at,
        "expires_at": grown.expires_at,
        "expiry_assumed": grown.expiry_assumed,
        "refreshed_at": now,
        "failures": 0,
        "failed_at": None,
        "next_attempt_at": None,
        "due_at": grown.due_at,
        "lease_owner": None,
        "lease_until": None,
        "error_answer": None,
        **dict(zip(("error_code", "error_sentence", "error_action"), grown.warning or (None,) * 3, strict=True)),
        **grown.identity,
    }
    if grown.useless is not None:
        changes |= _verdict(row, grown.useless, now)
    else:
        changes["rejected_sha256"] = None
        if row.state != "active":
            changes["state_since"] = now
    if confirmed:
        changes["held"] = False  # else the destination was changed meanwhile, and what holds it still counts (SEC-62)
    if grown.refresh_token is not None:
        changes["refresh_token"] = keyring.seal(Place(TABLE, row.id, "refresh_token"), grown.refresh_token)
        changes["refresh_expires_at"] = grown.refresh_expires_at
    elif grown.refresh_expires_at is not None:
        changes["refresh_expires_at"] = grown.refresh_expires_at
    return changes


def fail(cursor: CursorWrapper, row: TokenRow, failure: Failure, worker: str, now: datetime) -> bool:
    """Store a verdict where it still counts; False where another moved on meanwhile and it was dropped."""
    wait_for_row(cursor, row.id)
    if not _configuration_is(cursor, row):
        # What was refused has been corrected since: forget the verdict and let the correction be tried at once.
        update(cursor, *_own_lease(row, worker), lease_owner=None, lease_until=None, next_attempt_at=None, due_at=now)
        return False
    return update(cursor, *_own_lease(row, worker), lease_owner=None, lease_until=None, **_verdict(row, failure, now))


def release(cursor: CursorWrapper, row: TokenRow, worker: str, again_at: datetime) -> None:
    """Give the lease back without a verdict, after something that Bursar did not expect; not due before `again_at`."""
    due: dict[str, Any] = {} if row.due_at is None else {"due_at": again_at}
    update(cursor, *_own_lease(row, worker), lease_owner=None, lease_until=None, **due)


def no_longer_due(cursor: CursorWrapper, seen: TokenRow) -> None:
    """What only a person can change isn't due any more, unless it was planned anew or changed since it was seen."""
    wait_for_row(cursor, seen.id)
    if seen.due_at is not None and _configuration_is(cursor, seen):
        update(cursor, "id = %s AND due_at = %s", [seen.id, to_micros(seen.due_at)], due_at=None)


def release_siblings(cursor: CursorWrapper, rows: Collection[TokenRow], errors: Collection[str], now: datetime) -> None:
    """The client is accepted again: the tokens that waited because it was refused are tried at once."""
    configurations, granted = {row.c_id for row in rows}, [row.id for row in rows]
    cursor.execute(
        f"UPDATE {TABLE} SET state = 'active', error_code = NULL, error_sentence = NULL, error_action = NULL,"  # noqa: S608
        " error_answer = NULL, failures = 0, due_at = %s, state_since = %s"
        f" WHERE configuration_id IN ({marks(configurations)}) AND state = 'misconfigured' AND id NOT IN"
        f" ({marks(granted)}) AND issued_at IS NOT NULL AND NOT held AND error_code IN ({marks(errors)})",
        [to_micros(now), to_micros(now), *configurations, *granted, *errors],
    )


def stop_siblings(cursor: CursorWrapper, row: TokenRow, failure: Failure, now: datetime) -> None:
    """The client itself was refused, so every token of the configuration would be: let them wait (SEC-19)."""
    if cursor.db.vendor == "postgresql":
        siblings = f"SELECT id FROM {TABLE} WHERE configuration_id = %s ORDER BY id FOR UPDATE"  # noqa: S608
        cursor.execute(siblings, [row.c_id])
    if not _configuration_is(cursor, row):
        return
    verdict = (failure.state, failure.code, failure.sentence, failure.action)
    cursor.execute(
        f"UPDATE {TABLE} SET state = %s, error_code = %s, error_sentence = %s, error_action = %s, failed_at = %s,"  # noqa: S608
        " next_attempt_at = NULL, due_at = NULL, state_since = %s"
        " WHERE configuration_id = %s AND id <> %s AND state IN ('active', 'retrying')",
        [*verdict, to_micros(now), to_micros(now), row.c_id, row.id],
    )


def wipe(cursor: CursorWrapper, row: TokenRow, now: datetime) -> bool:
    """Revoke here: forget all material at once and end every consent that is under way."""
    gone = update(
        cursor,
        "id = %s AND generation = %s",
        [row.id, row.generation],
        generation=row.generation + 1,
        state="revoked",
        state_since=now,
        access_token=None,
        access_sha256=None,
        refresh_token=None,
        refresh_expires_at=None,
        expires_at=None,
        held=False,
        failures=0,
        next_attempt_at=None,
        due_at=None,
        lease_owner=None,
        lease_until=None,
        error_code=None,
        error_sentence=None,
        error_action=None,
        error_answer=None,
    )
    if gone:
        cursor.execute(
            "UPDATE tokens_consent SET finished_at = %s, candidate = NULL WHERE token_id = %s"
            " AND (finished_at IS NULL OR candidate IS NOT NULL)",
            [to_micros(now), row.id],
        )
    return gone


def lease_end(now: datetime, timeout: float) -> datetime:
    """A lease outlives the total deadline of the call it is for, so that only a dead or frozen caller loses it."""
    return now + timedelta(seconds=timeout + 15)


def _verdict(row: TokenRow, failure: Failure, now: datetime) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "state": failure.state,
        "error_code": failure.code,
        "error_sentence": failure.sentence,
        "error_action": failure.action,
        "error_answer": failure.answer,
        "failed_at": now,
        "failures": row.failures + 1,
        "next_attempt_at": failure.next_attempt_at,
        "due_at": failure.next_attempt_at,
    }
    return columns if row.state == failure.state else columns | {"state_since": now}


def _own_lease(row: TokenRow, worker: str) -> tuple[str, list[Any]]:
    return "id = %s AND generation = %s AND lease_owner = %s", [row.id, row.generation, worker]


def _configuration_is(cursor: CursorWrapper, row: TokenRow) -> bool:
    cursor.execute("SELECT generation FROM tokens_configuration WHERE id = %s", [row.c_id])
    found = cursor.fetchone()
    return found is not None and found[0] == row.c_generation
