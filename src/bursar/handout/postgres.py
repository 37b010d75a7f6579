"""The view on PostgreSQL: what is in memory is compared with the database for every request.

The requests that wait share one look: a look that begins after a request arrived is as true as that request needs.
So at any load there is one round trip under way, and revoking needs no word to other processes.
"""

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Any

import psycopg

from ..askable import is_askable
from ..keyring import Keyring
from . import rows
from .key import Key
from .ready import Ready
from .source import Account, unavailable
from .view import View

LOOK_SECONDS = 5.0
Answer = tuple[Key | None, Ready | None]
_Asked = tuple[bytes | None, str | None, "asyncio.Future[Answer]"]

KEYS = f"SELECT {rows.KEY_COLUMNS} FROM access_api_key WHERE sha256 = ANY(%s)"  # noqa: S608 - constant names
# The sealed token is left out: it is read only where the rest differs from what is in memory.
KNOWN = (
    f"SELECT t.id, t.generation, t.state, t.next_attempt_at, t.expires_at, c.name, t.label {rows.TOKENS}"
    f" WHERE t.id = ANY(%s) AND {rows.HANDED_OUT}"
)
WHOLE = f"SELECT {rows.COLUMNS}, {rows.HANDED_OUT} {rows.TOKENS} WHERE c.name = ANY(%s) AND t.label = ''"
LABELLED = (
    f"SELECT {rows.COLUMNS}, {rows.HANDED_OUT} {rows.TOKENS}"  # noqa: S608
    " WHERE (c.name, t.label) IN (SELECT * FROM unnest(%s::text[], %s::text[]))"
)


class PostgresSource:
    """Asks on one connection of its own, in the event loop."""

    def __init__(self, parameters: dict[str, Any], keyring: Keyring) -> None:
        self._parameters = parameters
        self._keyring = keyring
        self.view = View()
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._waiting: list[_Asked] = []
        self._looking: asyncio.Task[None] | None = None
        self._alone = asyncio.Lock()

    async def open(self) -> None:
        await self._rows("SELECT 1")

    async def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking
        self.view.forget_all()
        await self._disconnect()

    def peek(self, digest: bytes, reference: str) -> None:
        """Nothing: every request needs a look at the server."""
        del digest, reference

    async def current(self, digest: bytes | None, reference: str | None) -> Answer:
        if reference is not None and not is_askable(reference):
            reference = None
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((digest, reference, answer))
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_on())
        return await answer

    async def exists(self, reference: str) -> bool:
        if not is_askable(reference):
            return False
        name, label = rows.split(reference) or (reference, "")
        found = await self._rows(
            f"SELECT 1 {rows.TOKENS} WHERE (c.name = %s AND t.label = '') OR (c.name = %s AND t.label = %s)",
            reference,
            name,
            label,
        )
        return bool(found)

    async def account(self, name: str) -> Account | None:
        found = await self._rows(rows.ACCOUNT.format(mark="%s"), name) if is_askable(name) else []
        return Account(found[0][0], f"{found[0][1]}#{found[0][2]}" if found[0][2] else found[0][1]) if found else None

    async def proxies(self) -> str:
        found = await self._rows("SELECT value FROM sysconfig_setting WHERE name = 'TrustedProxies'")
        return str(found[0][0]) if found else ""

    async def _look_on(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting, []
            try:
                await self._look(asked)
            except (psycopg.Error, OSError, TimeoutError) as problem:
                async with self._alone:
                    await self._disconnect()
                self._fail(asked, unavailable(problem))
            except Exception as problem:  # noqa: BLE001 - a row that can't be read: who asked is told, and doesn't wait
                self._fail(asked, problem)

    @staticmethod
    def _fail(asked: list[_Asked], problem: Exception) -> None:
        for _, _, answer in asked:
            if not answer.done():
                answer.set_exception(problem)

    async def _look(self, asked: list[_Asked]) -> None:
        digests = {digest for digest, _, _ in asked if digest is not None}
        references = {reference for _, reference, _ in asked if reference is not None}
        known = {found.token_id: found for name in references if (found := self.view.ready.get(name)) is not None}
        async with self._alone, asyncio.timeout(LOOK_SECONDS):
            connection = await self._connect()
            async with connection.pipeline(), connection.cursor() as first, connection.cursor() as second:
                await first.execute(KEYS, [[digest.hex() for digest in digests]])
                await second.execute(KNOWN, [list(known)])
                keys, same = await first.fetchall(), await second.fetchall()
            self._take_keys(digests, keys)
            alive = {row[0]: tuple(row[1:]) for row in same}
            for token_id, ready in known.items():
                if alive.get(token_id) != ready.version:
                    self.view.forget_token(token_id)
            # Only what one of its callers may have is opened.
            wanted = {
                reference
                for digest, reference, _ in asked
                if reference is not None and reference not in self.view.ready and self._permits(digest, reference)
            }
            if wanted:
                await self._load(connection, wanted)
        for digest, reference, answer in asked:
            if not answer.done():
                key = None if digest is None else self.view.keys.get(digest)
                held = self.view.ready.get(reference) if reference and self._permits(digest, reference) else None
                answer.set_result((key, held))

    def _permits(self, digest: bytes | None, reference: str) -> bool:
        if digest is None:
            return True
        key = self.view.keys.get(digest)
        return key is not None and key.permits(reference)

    def _take_keys(self, digests: set[bytes], found: Iterable[tuple[Any, ...]]) -> None:
        read = {bytes.fromhex(row[2]): row for row in found}
        for digest in digests:
            row, before = read.get(digest), self.view.keys.get(digest)
            if before is not None and before.version == row:
                continue
            self.view.keys.pop(digest, None)
            key = None if row is None else rows.key_of(row)
            if key is not None:
                self.view.keep_key(key)

    async def _load(self, connection: psycopg.AsyncConnection[tuple[Any, ...]], references: set[str]) -> None:
        """The whole string as a name first, else split at the last `#`, as `tokens.rows.find_row` does."""
        whole = await (await connection.execute(WHOLE.encode(), [list(references)])).fetchall()
        named = {row[2] for row in whole}
        pairs = [parts for name in references - named if (parts := rows.split(name)) is not None]
        found = list(whole)
        if pairs:
            labelled = await connection.execute(LABELLED.encode(), [[p[0] for p in pairs], [p[1] for p in pairs]])
            found += await labelled.fetchall()
        for row in found:
            opened = rows.ready_of(row[:-1], self._keyring) if row[-1] else None
            if opened is not None:
                self.view.keep(opened)

    async def _rows(self, statement: str, *parameters: str) -> list[tuple[Any, ...]]:
        try:
            async with self._alone, asyncio.timeout(LOOK_SECONDS):
                connection = await self._connect()
                return await (await connection.execute(statement.encode(), parameters or None)).fetchall()
        except (psycopg.Error, OSError, TimeoutError) as problem:
            async with self._alone:
                await self._disconnect()
            raise unavailable(problem) from None

    async def _connect(self) -> psycopg.AsyncConnection[tuple[Any, ...]]:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(**self._parameters, autocommit=True)
        return self._connection

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error, OSError):
                await connection.close()
