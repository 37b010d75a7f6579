"""What was delivered: asked page by page, written with each batch, pruned when a message is gone from the server."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import timedelta

from django.db.backends.utils import CursorWrapper

from ..clock import to_micros
from ..context import Context
from .spill import Spill

BEGUN, DELIVERED, SETTLED, REFUSED = "begun", "delivered", "settled", "refused"
FORGET_AFTER_DAYS = 30  # entries of an older UIDVALIDITY
_PLACE = "account_id = %s AND folder = %s AND validity = %s"
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Refused:
    """What a person sees of a message in quarantine: how it is found at the server, and what is wrong with it."""

    place: str
    sender: str
    subject: str
    size: int  # bytes
    reason: str


class Present:
    """A set of messages of any size: those that the server has, or those that a run leaves."""

    def __init__(self) -> None:
        self._spill = Spill("CREATE TABLE present (message TEXT PRIMARY KEY) WITHOUT ROWID")

    def add(self, messages: Iterable[str]) -> None:
        self._spill.fill("INSERT OR IGNORE INTO present VALUES (?)", ((message,) for message in messages))

    def missing(self, messages: Sequence[str]) -> list[str]:
        """Those of these messages that are not in it."""
        marks = ", ".join("?" * len(messages))
        found = self._spill.run(f"SELECT message FROM present WHERE message IN ({marks})", messages)  # noqa: S608
        there = {message for (message,) in found}
        return [message for message in messages if message not in there]

    def close(self) -> None:
        self._spill.close()


class Ledger:
    """The entries of one folder under one validity; another UIDVALIDITY is another set of messages."""

    def __init__(self, ctx: Context, account_id: str, folder: str, validity: str) -> None:
        self._ctx = ctx
        self._place = (account_id, folder, validity)

    def known(self, messages: Collection[str]) -> dict[str, str]:
        """The state (BEGUN, DELIVERED, SETTLED, REFUSED) of those of these messages that have an entry."""
        found: dict[str, str] = {}
        for some in _pages(messages):

            def job(cursor: CursorWrapper, some: list[str] = some) -> list[tuple[str, str]]:
                cursor.execute(
                    f"SELECT message, state FROM mail_ledger WHERE {_PLACE} AND message IN ({_marks(some)})",  # noqa: S608
                    [*self._place, *some],
                )
                return list(cursor.fetchall())

            found.update(self._ctx.storage.read(job))
        return found

    def begin(self, deliveries: Iterable[tuple[str, str]]) -> None:
        """Write that these are being handed over: (message, delivery id)."""
        self._insert(deliveries, BEGUN)

    def withdraw(self, messages: Collection[str]) -> None:
        """Forget that these were being handed over: they have surely not arrived."""

        def job(cursor: CursorWrapper) -> None:
            cursor.execute(
                f"DELETE FROM mail_ledger WHERE {_PLACE} AND state = 'begun' AND message IN ({_marks(messages)})",  # noqa: S608
                [*self._place, *messages],
            )

        self._ctx.storage.write(job)

    def refuse(self, message: str, name: str, refused: Refused) -> None:
        """Write that the destination will never take this one. It stays on the server until a person decides."""
        now = to_micros(self._ctx.clock.now())

        def job(cursor: CursorWrapper) -> None:
            cursor.execute(
                "INSERT INTO mail_ledger (account_id, folder, validity, message, name, delivered_at, state,"
                " place, sender, subject, size, reason) VALUES (%s, %s, %s, %s, %s, %s, 'refused', %s, %s, %s, %s, %s)"
                " ON CONFLICT (account_id, folder, validity, message) DO NOTHING",
                [*self._place, message, name, now, *astuple(refused)],
            )

        self._ctx.storage.write(job)

    def record(self, delivered: Iterable[tuple[str, str]]) -> None:
        """Write that these messages are safely in place: (message, delivery id), all or none."""
        self._insert(delivered, DELIVERED)

    def settle(self, messages: Collection[str]) -> None:
        """Write that the server did with these what the account says."""
        for some in _pages(messages):

            def job(cursor: CursorWrapper, some: list[str] = some) -> None:
                cursor.execute(
                    f"UPDATE mail_ledger SET state = %s WHERE {_PLACE} AND message IN ({_marks(some)})",  # noqa: S608
                    [SETTLED, *self._place, *some],
                )

            self._ctx.storage.write(job)

    def absent(self, present: Present) -> Iterator[str]:
        """The messages with an entry that the server no longer has."""
        after = ""
        while True:

            def job(cursor: CursorWrapper, after: str = after) -> list[str]:
                cursor.execute(
                    f"SELECT message FROM mail_ledger WHERE {_PLACE} AND message > %s ORDER BY message LIMIT %s",  # noqa: S608
                    [*self._place, after, _AT_ONCE],
                )
                return [message for (message,) in cursor.fetchall()]

            page = self._ctx.storage.read(job)
            yield from present.missing(page)
            if len(page) < _AT_ONCE:
                return
            after = page[-1]

    def forget(self, messages: Iterable[str]) -> None:
        """Drop the entries of messages that the server no longer has: their ids never return."""
        for some in _pages(messages):

            def job(cursor: CursorWrapper, some: list[str] = some) -> None:
                cursor.execute(
                    f"DELETE FROM mail_ledger WHERE {_PLACE} AND message IN ({_marks(some)})",  # noqa: S608
                    [*self._place, *some],
                )

            self._ctx.storage.write(job)

    def count(self) -> int:
        """How many entries there are."""

        def job(cursor: CursorWrapper) -> int:
            cursor.execute(f"SELECT COUNT(*) FROM mail_ledger WHERE {_PLACE}", self._place)  # noqa: S608
            return int(cursor.fetchone()[0])

        return self._ctx.storage.read(job)

    def forget_older(self) -> None:
        """Drop the entries of validities that ended a month ago."""
        account_id, folder, validity = self._place
        before = to_micros(self._ctx.clock.now() - timedelta(days=FORGET_AFTER_DAYS))
        old = "account_id = %s AND folder = %s AND validity <> %s AND delivered_at < %s"

        def there(cursor: CursorWrapper) -> bool:
            cursor.execute(f"SELECT 1 FROM mail_ledger WHERE {old} LIMIT 1", [account_id, folder, validity, before])  # noqa: S608
            return cursor.fetchone() is not None

        def job(cursor: CursorWrapper) -> None:
            cursor.execute(f"DELETE FROM mail_ledger WHERE {old}", [account_id, folder, validity, before])  # noqa: S608

        if self._ctx.storage.read(there):
            self._ctx.storage.write(job)

    def _insert(self, deliveries: Iterable[tuple[str, str]], state: str) -> None:
        now = to_micros(self._ctx.clock.now())
        rows = [(*self._place, message, name, now, state) for message, name in deliveries]

        def job(cursor: CursorWrapper) -> None:
            cursor.executemany(
                "INSERT INTO mail_ledger (account_id, folder, validity, message, name, delivered_at, state)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (account_id, folder, validity, message) DO UPDATE"
                " SET state = excluded.state, delivered_at = excluded.delivered_at"
                " WHERE mail_ledger.state = 'begun'",
                rows,
            )

        if rows:
            self._ctx.storage.write(job)


def _marks(values: Collection[str]) -> str:
    return ", ".join(["%s"] * len(values))


def _pages(messages: Iterable[str]) -> Iterator[list[str]]:
    page: list[str] = []
    for message in messages:
        page.append(message)
        if len(page) == _AT_ONCE:
            yield page
            page = []
    if page:
        yield page
