"""Who was handed which token, when and how often (SEC-47): counted in memory, written a second later in batches.

No hand-out waits for it. What a killed process had counted within its last second is lost; every count that was
written stays true, because it is added to, never replaced.
"""

import contextlib
import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from .clock import to_micros
from .errors import BursarError

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

    from .storage import Storage

FLUSH_SECONDS = 1.0

log = logging.getLogger("bursar.uses")


@dataclass(frozen=True, slots=True)
class Consumer:
    """Who takes a token: `kind` is key, user, mail or webservice, `id` outlives a change of `name`."""

    kind: str
    id: str
    name: str
    address: str = ""


@dataclass(slots=True)
class _Count:
    name: str
    address: str
    first_at: int
    last_at: int
    count: int


class Tally:
    """The uses of one token by one consumer, counted by one thread without a lock: `count` only grows."""

    __slots__ = ("address", "count", "first_at", "key", "last_at", "name", "written")

    def __init__(self, key: tuple[str, str, str], name: str, at: int) -> None:
        self.key = key
        self.name = name
        self.address = ""
        self.first_at = self.last_at = at
        self.count = self.written = 0

    def add(self, address: str, at: int) -> None:
        """One more, at `at` (microseconds)."""
        self.address = address
        self.last_at = at
        self.count += 1


class Uses:
    """The counts of this process that are not written yet. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tallies: dict[tuple[str, str, str], Tally] = {}
        self._pending: dict[tuple[str, str, str], _Count] = {}
        self._writer: threading.Thread | None = None

    def note(self, token_id: str, by: Consumer, at: datetime) -> None:
        """Count one hand-out."""
        self.count(token_id, by.kind, by.id, by.name, by.address, to_micros(at), 1)

    def count(self, token_id: str, kind: str, consumer: str, name: str, address: str, at: int, times: int) -> None:
        """Count `times` hand-outs, the last of them at `at` (microseconds)."""
        key = (token_id, kind, consumer)
        with self._lock:
            found = self._pending.get(key)
            if found is None:
                self._pending[key] = _Count(name, address, at, at, times)
            else:
                found.name, found.address, found.last_at = name, address, max(at, found.last_at)
                found.count += times

    def tally(self, token_id: str, kind: str, consumer: str, name: str, at: int) -> Tally:
        """A tally for a thread that counts much; it is written with the rest."""
        key = (token_id, kind, consumer)
        with self._lock:
            found = self._tallies.get(key)
            if found is None:
                found = self._tallies[key] = Tally(key, name, at)
            found.name = name
            return found

    def release(self, tallies: Iterable[Tally]) -> None:
        """These are counted no more; called by the thread that counted them, so that none is lost."""
        with self._lock:
            for tally in tallies:
                self._collect(tally)
                self._tallies.pop(tally.key, None)

    def _collect(self, tally: Tally) -> None:
        """Move what a tally has counted since to the rest. The lock is held."""
        count, last_at = tally.count, tally.last_at
        if count == tally.written:
            return
        new = count - tally.written
        tally.written = count
        found = self._pending.get(tally.key)
        if found is None:
            self._pending[tally.key] = _Count(tally.name, tally.address, tally.first_at, last_at, new)
        else:
            found.name, found.address, found.last_at = tally.name, tally.address, max(last_at, found.last_at)
            found.count += new

    def flush(self, storage: "Storage") -> None:
        """Write what was counted so far. Raises Temporary where the database can't be used; nothing is lost then."""
        with self._lock:
            for tally in self._tallies.values():
                self._collect(tally)
            taken, self._pending = self._pending, {}
        if not taken:
            return
        try:
            storage.write(lambda cursor: _write(cursor, taken))
        except BaseException:
            for (token_id, kind, consumer), each in taken.items():
                self.count(token_id, kind, consumer, each.name, each.address, each.last_at, each.count)
                with self._lock:
                    kept = self._pending[token_id, kind, consumer]
                    kept.first_at = min(kept.first_at, each.first_at)
            raise

    def keep_writing(self, storage: "Storage", stop: threading.Event) -> None:
        """From now on write every second, in a thread of its own, until `stop`. Calling it again changes nothing."""
        with self._lock:
            if self._writer is not None:
                return
            self._writer = threading.Thread(
                target=self._write_on, args=(storage, stop), daemon=True, name="bursar-uses"
            )
        self._writer.start()

    def close(self, storage: "Storage") -> None:
        """Write the rest before the process ends; a database in trouble keeps nobody from ending."""
        with contextlib.suppress(BursarError):
            self.flush(storage)

    def _write_on(self, storage: "Storage", stop: threading.Event) -> None:
        while not stop.wait(FLUSH_SECONDS):
            try:
                self.flush(storage)
            except BursarError as problem:
                log.warning("hand-outs are counted later: %s", problem.code)


_UPSERT = """
INSERT INTO handout_use (token_id, kind, consumer, name, address, first_at, last_at, count)
SELECT %s, %s, %s, %s, %s, %s, %s, %s WHERE EXISTS (SELECT 1 FROM tokens_token WHERE id = %s)
ON CONFLICT (token_id, kind, consumer) DO UPDATE SET
    name = excluded.name, address = excluded.address, count = handout_use.count + excluded.count,
    last_at = CASE WHEN excluded.last_at > handout_use.last_at THEN excluded.last_at ELSE handout_use.last_at END
"""


def _write(cursor: "CursorWrapper", counts: dict[tuple[str, str, str], _Count]) -> None:
    newest: dict[str, _Count] = {}
    # In one order everywhere: two processes that write the same rows can't wait for each other in a circle.
    for (token_id, kind, consumer), each in sorted(counts.items()):
        found = (token_id, kind, consumer, each.name, each.address, each.first_at, each.last_at, each.count, token_id)
        cursor.execute(_UPSERT, found)
        if kind == "key" and (consumer not in newest or newest[consumer].last_at < each.last_at):
            newest[consumer] = each
    for key_id, each in newest.items():
        cursor.execute(
            "UPDATE access_api_key SET last_used_at = %s, last_used_from = %s"
            " WHERE id = %s AND (last_used_at IS NULL OR last_used_at < %s)",
            [each.last_at, each.address, key_id, each.last_at],
        )
