"""The past of a token: what people did to it, and its calls to the provider, folded as they grow old; bounded.

Calls are rows of their own (`Attempt`) while they are young. Of older ones a run of equal calls becomes one event:
"refreshed 480 times from then to then". What people did is kept apart, and outlives any number of calls.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.backends.utils import CursorWrapper

from ..clock import from_micros, to_micros
from ..ids import new_id

ATTEMPTS_KEPT = 100
FOLDED_AT_ONCE = 25
EVENTS_KEPT = 200
_AT_ONCE = 500  # well below every database's bound on parameters

AUTHORIZED, CONSENT_FAILED, ACCOUNT_WAITS, REPLACED, KEPT = (
    "authorized",
    "consent_failed",
    "account_waits",
    "account_replaced",
    "account_kept",
)
REVOKED, HELD, CONFIRMED, CREATED, CHANGED = "revoked", "held", "confirmed", "created", "changed"
EXPORTED = "exported"  # the client secret left in a file
CALLS = "calls"


@dataclass(frozen=True, slots=True)
class Call:
    """One call to a token endpoint, or a run of equal ones: `count` of them from `started_at` to `until`.

    `outcome` is granted, stale, needs_authorization, misconfigured, retrying, not_sent, held or unexpected; None where
    the call never came to an end. `answer` is the provider's own words, redacted.
    """

    grant: str
    outcome: str | None
    status: int | None
    asker: str
    by: str
    started_at: datetime
    until: datetime | None
    expires_at: datetime | None
    answer: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Event:
    """What somebody did, in `kind`; `detail` holds the names and sentences that belong to it."""

    kind: str
    by: str
    at: datetime
    detail: dict[str, Any]


def note(
    cursor: CursorWrapper, configuration_id: str, token_id: str | None, kind: str, by: str, at: datetime, **detail: Any
) -> None:
    """Keep what was done to a token, or to its configuration where `token_id` is None; forget the oldest beyond 200."""
    _insert(cursor, configuration_id, token_id, kind, by, at, None, 1, detail)
    _forget_oldest(cursor, configuration_id, token_id)


def note_all(
    cursor: CursorWrapper, configuration_ids: Sequence[str], kind: str, by: str, at: datetime, **detail: Any
) -> None:
    """`note` for many configurations at once, by a few statements."""
    note_each(cursor, [(each, detail) for each in configuration_ids], kind, by, at)


def note_each(
    cursor: CursorWrapper, told: Sequence[tuple[str, dict[str, Any]]], kind: str, by: str, at: datetime
) -> None:
    """`note_all` where each configuration has a detail of its own."""
    cursor.executemany(_INSERT, [_values(each, None, kind, by, at, None, 1, detail) for each, detail in told])
    for start in range(0, len(told), _AT_ONCE):
        some = [each for each, _detail in told[start : start + _AT_ONCE]]
        cursor.execute(
            "SELECT configuration_id FROM tokens_event WHERE token_id IS NULL AND configuration_id IN"  # noqa: S608
            f" ({', '.join(['%s'] * len(some))}) GROUP BY configuration_id HAVING COUNT(*) > %s",
            [*some, EVENTS_KEPT],
        )
        for (configuration_id,) in cursor.fetchall():
            _forget_oldest(cursor, str(configuration_id), None)


def _forget_oldest(cursor: CursorWrapper, configuration_id: str, token_id: str | None) -> None:
    whose, values = ("token_id IS NULL", []) if token_id is None else ("token_id = %s", [token_id])
    values = [configuration_id, *values]
    cursor.execute(
        f"DELETE FROM tokens_event WHERE configuration_id = %s AND {whose} AND id NOT IN (SELECT id FROM"  # noqa: S608
        f" (SELECT id FROM tokens_event WHERE configuration_id = %s AND {whose} ORDER BY at DESC, id DESC LIMIT %s)"
        " AS newest)",
        [*values, *values, EVENTS_KEPT],
    )


def fold(cursor: CursorWrapper, configuration_id: str, token_id: str) -> None:
    """Fold the oldest calls of a token into events, once there are 25 more than are kept one by one."""
    cursor.execute("SELECT COUNT(*) FROM tokens_attempt WHERE token_id = %s", [token_id])
    more = cursor.fetchone()[0] - ATTEMPTS_KEPT
    if more < FOLDED_AT_ONCE:
        return
    cursor.execute(
        f"SELECT id, {_CALL} FROM tokens_attempt WHERE token_id = %s ORDER BY started_at, id LIMIT %s",  # noqa: S608
        [token_id, more],
    )
    old = cursor.fetchall()
    marks = ", ".join(["%s"] * len(old))
    cursor.execute(f"DELETE FROM tokens_attempt WHERE id IN ({marks})", [values[0] for values in old])  # noqa: S608
    for _, run in groupby((_call(values[1:]) for values in old), key=_alike):
        calls = list(run)
        if not _lengthened(cursor, token_id, calls):
            first, last = calls[0], calls[-1]
            _insert(
                cursor,
                configuration_id,
                token_id,
                CALLS,
                first.by,
                first.started_at,
                last.until or last.started_at,
                len(calls),
                _detail(last),
            )
    _forget_oldest(cursor, configuration_id, token_id)


def fold_many(cursor: CursorWrapper, tokens: Mapping[str, str]) -> None:
    """`fold` for those of these tokens (by id, with their configurations) that need it."""
    marks = ", ".join(["%s"] * len(tokens))
    cursor.execute(
        f"SELECT token_id FROM tokens_attempt WHERE token_id IN ({marks}) GROUP BY token_id HAVING COUNT(*) >= %s",  # noqa: S608
        [*tokens, ATTEMPTS_KEPT + FOLDED_AT_ONCE],
    )
    for (token_id,) in cursor.fetchall():
        fold(cursor, tokens[token_id], token_id)


def past(cursor: CursorWrapper, configuration_id: str, token_id: str) -> tuple[list[Call], list[Event]]:
    """All that is kept of a token and of its configuration, the oldest first."""
    cursor.execute(
        f"SELECT {_CALL} FROM tokens_attempt WHERE token_id = %s ORDER BY started_at, id",  # noqa: S608
        [token_id],
    )
    young = [_call(values) for values in cursor.fetchall()]
    cursor.execute(
        'SELECT kind, "by", at, until, count, detail FROM tokens_event WHERE configuration_id = %s'
        " AND (token_id = %s OR token_id IS NULL) ORDER BY at, id",
        [configuration_id, token_id],
    )
    calls, events = [], []
    for kind, by, at, until, count, text in cursor.fetchall():
        detail = json.loads(text)
        if kind == CALLS:
            calls.append(_run(detail, str(by), from_micros(at), from_micros(until), int(count)))
        else:
            events.append(Event(str(kind), str(by), from_micros(at), detail))
    return calls + young, events


_CALL = '"grant", outcome, status, asker, "by", started_at, finished_at, expires_at, answer'


def _call(values: Sequence[Any]) -> Call:
    grant, outcome, status, asker, by, started_at, finished_at, expires_at, answer = values
    return Call(
        grant=str(grant),
        outcome=None if outcome is None else str(outcome),
        status=status,
        asker=str(asker),
        by=str(by),
        started_at=from_micros(started_at),
        until=None if finished_at is None else from_micros(finished_at),
        expires_at=None if expires_at is None else from_micros(expires_at),
        answer=str(answer or ""),
    )


def _alike(call: Call) -> tuple[str, str | None, int | None, str, str]:
    return call.grant, call.outcome, call.status, call.asker, call.by


def _detail(call: Call) -> dict[str, Any]:
    found: dict[str, Any] = {"grant": call.grant, "outcome": call.outcome, "status": call.status, "asker": call.asker}
    if call.answer:
        found["answer"] = call.answer
    if call.expires_at is not None:
        found["expires_at"] = to_micros(call.expires_at)
    return found


def _run(detail: dict[str, Any], by: str, at: datetime, until: datetime, count: int) -> Call:
    ends = detail.get("expires_at")
    return Call(
        grant=detail["grant"],
        outcome=detail["outcome"],
        status=detail["status"],
        asker=detail["asker"],
        by=by,
        started_at=at,
        until=until,
        expires_at=None if ends is None else from_micros(ends),
        answer=detail.get("answer", ""),
        count=count,
    )


def _lengthened(cursor: CursorWrapper, token_id: str, calls: list[Call]) -> bool:
    """Whether the newest folded run is of the same kind, and could take these calls in."""
    cursor.execute(
        'SELECT id, "by", at, until, count, detail FROM tokens_event WHERE token_id = %s AND kind = %s'
        " ORDER BY at DESC, id DESC LIMIT 1",
        [token_id, CALLS],
    )
    found = cursor.fetchone()
    if found is None:
        return False
    key, by, at, until, count, text = found
    newest = _run(json.loads(text), str(by), from_micros(at), from_micros(until), int(count))
    if _alike(newest) != _alike(calls[0]):
        return False
    last = calls[-1]
    cursor.execute(
        "UPDATE tokens_event SET until = %s, count = %s, detail = %s WHERE id = %s",
        [to_micros(last.until or last.started_at), newest.count + len(calls), json.dumps(_detail(last)), key],
    )
    return True


def _insert(
    cursor: CursorWrapper,
    configuration_id: str,
    token_id: str | None,
    kind: str,
    by: str,
    at: datetime,
    until: datetime | None,
    count: int,
    detail: dict[str, Any],
) -> None:
    cursor.execute(_INSERT, _values(configuration_id, token_id, kind, by, at, until, count, detail))


_INSERT = (
    'INSERT INTO tokens_event (id, configuration_id, token_id, kind, "by", at, until, count, detail)'
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


def _values(
    configuration_id: str,
    token_id: str | None,
    kind: str,
    by: str,
    at: datetime,
    until: datetime | None,
    count: int,
    detail: dict[str, Any],
) -> list[Any]:
    ends = None if until is None else to_micros(until)
    return [new_id(), configuration_id, token_id, kind, by, to_micros(at), ends, count, json.dumps(detail)]
