"""Writes the log, and says whether it is as it was written.

Each row carries a code of itself and of the row before (HMAC-SHA-256 by a key derived from the master key, which is not
in the database), so nobody who can only write the database changes, adds or takes out a row unseen.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from ..askable import containing
from ..clock import from_micros, to_micros
from ..context import Context

DONE, REFUSED, FAILED = "done", "refused", "failed"
OUTCOMES = (DONE, REFUSED, FAILED)
PURPOSE = "bursar audit log"
LONGEST = 500  # characters of one field
TOGETHER = 1_000  # rows that are looked at in one read
_COLUMNS = ("id", "at", "actor", "action", "subject", "outcome", "status", "address", "detail", "mac")


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody did or tried. `outcome` is one of OUTCOMES, `detail` holds words that are no secret."""

    actor: str
    action: str
    subject: str
    outcome: str
    status: int
    address: str
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """An entry as it stands in the log."""

    number: int
    at: datetime
    entry: Entry

    def as_json(self) -> dict[str, Any]:
        """The entry with its number and moment, as command line and API show it."""
        return {"number": self.number, "at": self.at, **asdict(self.entry)}


@dataclass(frozen=True, slots=True)
class Flaw:
    """Where the log isn't as it was written: `what` is changed, missing, added or cut_off."""

    number: int
    what: str


def record(ctx: Context, entry: Entry) -> None:
    """Add it, synced. Raises django.db.Error where the database can't be written.

    In a transaction of its own: where the writing threads put several jobs into one, two of them that each wait for the
    end of the log and for another row could wait for each other.
    """
    now = to_micros(ctx.clock.now())
    with transaction.atomic(), connection.cursor() as cursor:
        last, before = _held_head(cursor)
        values: tuple[Any, ...] = (
            last + 1,
            now,
            *(_kept(each) for each in (entry.actor, entry.action, entry.subject)),
            entry.outcome,
            entry.status,
            _kept(entry.address),
            json.dumps({key: _kept(value) for key, value in entry.detail.items()}, sort_keys=True),
        )
        mac = _mac(ctx, before, values)
        marks = ", ".join(["%s"] * len(_COLUMNS))
        cursor.execute(f"INSERT INTO audit_event ({', '.join(_COLUMNS)}) VALUES ({marks})", [*values, mac])  # noqa: S608
        seal = _mac(ctx, mac, (last + 1,))
        cursor.execute("UPDATE audit_head SET last = %s, mac = %s, seal = %s WHERE id = 1", [last + 1, mac, seal])


def newest(
    ctx: Context, first: int, count: int, words: Sequence[str] = (), outcome: str = ""
) -> tuple[list[Written], int]:
    """`count` entries from the `first` one (0: the newest) that have every word, and how many there are."""
    condition, values = _condition(words, outcome)

    def read(cursor: CursorWrapper) -> tuple[list[Written], int]:
        cursor.execute(f"SELECT COUNT(*) FROM audit_event{condition}", values)  # noqa: S608
        [(whole,)] = cursor.fetchall()
        cursor.execute(
            f"SELECT {', '.join(_COLUMNS)} FROM audit_event{condition} ORDER BY id DESC LIMIT %s OFFSET %s",  # noqa: S608
            [*values, count, first],
        )
        return [_written(row) for row in cursor.fetchall()], int(whole)

    return ctx.storage.read(read)


def verify(ctx: Context) -> Iterator[Flaw]:
    """Every place where the log isn't as it was written; none where it is whole."""
    [last, end, seal] = ctx.storage.read(_head)
    number, before = 0, ""
    while rows := ctx.storage.read(lambda cursor, after=number: _rows_after(cursor, after)):  # type: ignore[misc]
        for row in rows:
            yield from (Flaw(missing, "missing") for missing in range(number + 1, row[0]))
            number = int(row[0])
            if row[-1] != _mac(ctx, before, row[:-1]) and number <= last:
                yield Flaw(number, "changed")
            elif number > last:
                yield Flaw(number, "added")
            before = row[-1]
    yield from (Flaw(missing, "cut_off") for missing in range(number + 1, last + 1))
    if last and (seal != _mac(ctx, end, (last,)) or (number == last and before != end)):
        yield Flaw(last, "changed")


def _held_head(cursor: CursorWrapper) -> tuple[int, str]:
    """The number and the code of the last row; nobody else adds one until the end of this transaction."""
    cursor.execute("INSERT INTO audit_head (id, last, mac, seal) VALUES (1, 0, '', '') ON CONFLICT (id) DO NOTHING")
    locked = " FOR UPDATE" if connection.vendor == "postgresql" else ""
    cursor.execute(f"SELECT last, mac FROM audit_head WHERE id = 1{locked}")  # noqa: S608
    [(last, mac)] = cursor.fetchall()
    return int(last), str(mac)


def _head(cursor: CursorWrapper) -> tuple[int, str, str]:
    cursor.execute("SELECT last, mac, seal FROM audit_head WHERE id = 1")
    found = cursor.fetchall()
    return (int(found[0][0]), str(found[0][1]), str(found[0][2])) if found else (0, "", "")


def _rows_after(cursor: CursorWrapper, number: int) -> list[tuple[Any, ...]]:
    cursor.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM audit_event WHERE id > %s ORDER BY id LIMIT {TOGETHER}",  # noqa: S608
        [number],
    )
    return [tuple(row) for row in cursor.fetchall()]


def _kept(text: str) -> str:
    """One line that every database takes: texts from outside forge no second one (SEC-66)."""
    line = "".join(sign if sign.isprintable() else " " for sign in text[:LONGEST])
    return line.encode("utf-8", "replace").decode("utf-8")


def _mac(ctx: Context, before: str, values: Sequence[object]) -> str:
    return ctx.keyring.mac(PURPOSE, json.dumps([before, *values], ensure_ascii=True).encode()).hex()


def _condition(words: Sequence[str], outcome: str) -> tuple[str, list[str]]:
    parts, values = [], []
    for word in words:
        columns = ("actor", "action", "subject", "address")
        parts.append("(" + " OR ".join(f"LOWER({each}) LIKE %s ESCAPE '\\'" for each in columns) + ")")
        values += [containing(word.lower())] * len(columns)
    if outcome:
        parts.append("outcome = %s")
        values.append(outcome)
    return (" WHERE " + " AND ".join(parts) if parts else ""), values


def _written(row: Sequence[Any]) -> Written:
    number, at, actor, action, subject, outcome, status, address, detail, _mac_of_it = row
    entry = Entry(actor, action, subject, outcome, status, address, json.loads(detail))
    return Written(number, from_micros(at), entry)
