"""The view on SQLite. `PRAGMA data_version` tells in 3 µs whether anybody has committed since; if so, the change log,
written by triggers in the transaction of each change, tells what to forget."""

import sqlite3
from typing import Any
from urllib.parse import quote

from ..askable import is_askable
from ..keyring import Keyring
from . import rows
from .key import Key
from .ready import Ready
from .source import Account, unavailable
from .view import View

WAIT_SECONDS = 2.0
MOST_CHANGES = 2_000
VERSION = "PRAGMA data_version"


class SqliteSource:
    """Reads with a connection of its own, in the thread of the event loop."""

    def __init__(self, path: str, keyring: Keyring) -> None:
        self._path = path
        self._keyring = keyring
        self.view = View()
        self._connection: sqlite3.Connection | None = None
        self._version = -1
        self._seen = -1
        self._proxies: str | None = None

    async def open(self) -> None:
        try:
            self._connect()
        except sqlite3.Error as problem:
            raise unavailable(problem) from None

    async def close(self) -> None:
        self.view.forget_all()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def peek(self, digest: bytes, reference: str) -> tuple[Key, Ready] | None:
        connection = self._connection
        try:
            if connection is None or connection.execute(VERSION).fetchone()[0] != self._version:
                return None
        except sqlite3.Error as problem:
            raise self._lost(problem) from None
        key, ready = self.view.keys.get(digest), self.view.ready.get(reference)
        return None if key is None or ready is None else (key, ready)

    async def current(self, digest: bytes | None, reference: str | None) -> tuple[Key | None, Ready | None]:
        try:
            self._catch_up()
            key = None
            if digest is not None:
                key = self.view.keys.get(digest) or self._load_key(digest)
                if key is None or (reference is not None and not key.permits(reference)):
                    return key, None
            if reference is None:
                return key, None
            return key, self.view.ready.get(reference) or self._load(reference)
        except sqlite3.Error as problem:
            raise self._lost(problem) from None

    async def exists(self, reference: str) -> bool:
        return self._find("SELECT t.id", "", reference) is not None

    async def account(self, name: str) -> Account | None:
        found = self._one(rows.ACCOUNT.format(mark="?"), (name,)) if is_askable(name) else None
        return None if found is None else Account(found[0], f"{found[1]}#{found[2]}" if found[2] else found[1])

    async def proxies(self) -> str:
        if self._proxies is None:
            found = self._one("SELECT value FROM sysconfig_setting WHERE name = 'TrustedProxies'", ())
            self._proxies = str(found[0]) if found else ""
        return self._proxies

    def _connect(self) -> sqlite3.Connection:
        if self._connection is None:
            uri = f"file:{quote(self._path)}?mode=ro"
            self._connection = sqlite3.connect(uri, uri=True, timeout=WAIT_SECONDS, isolation_level=None)
            self.view.forget_all()
            self._version = self._seen = -1
            self._proxies = None
        return self._connection

    def _catch_up(self) -> None:
        connection = self._connection or self._connect()
        version = connection.execute(VERSION).fetchone()[0]
        if version == self._version:
            return
        if self._seen < 0:
            self.view.forget_all()
            self._seen, changes = self._newest(connection), []
        else:
            changes = connection.execute(
                "SELECT id, kind, ref FROM handout_change WHERE id > ? ORDER BY id LIMIT ?", (self._seen, MOST_CHANGES)
            ).fetchall()
        newest = changes[-1][0] if changes else self._newest(connection)
        if len(changes) == MOST_CHANGES or newest - self._seen != len(changes):
            # Too many to follow, or the log isn't the one of before: begin again.
            self.view.forget_all()
            self._proxies = None
            self._seen = self._newest(connection)
        else:
            for number, kind, ref in changes:
                self._forget(kind, ref)
                self._seen = number
        # Set last: a commit between the two reads is looked at again by the next request, and harms nothing.
        self._version = version

    @staticmethod
    def _newest(connection: sqlite3.Connection) -> int:
        return int(connection.execute("SELECT COALESCE(MAX(id), 0) FROM handout_change").fetchone()[0])

    def _forget(self, kind: str, ref: str) -> None:
        match kind:
            case "token":
                self.view.forget_token(ref)
            case "key":
                self.view.keys.pop(bytes.fromhex(ref), None)
            case "proxies":
                self._proxies = None
            case _:
                self.view.forget_tokens()

    def _load_key(self, digest: bytes) -> Key | None:
        found = self._one(f"SELECT {rows.KEY_COLUMNS} FROM access_api_key WHERE sha256 = ?", (digest.hex(),))  # noqa: S608
        key = None if found is None else rows.key_of(found)
        return None if key is None else self.view.keep_key(key)

    def _load(self, reference: str) -> Ready | None:
        found = self._find(f"SELECT {rows.COLUMNS}", f" AND {rows.HANDED_OUT}", reference)
        ready = None if found is None else rows.ready_of(found, self._keyring)
        return None if ready is None else self.view.keep(ready)

    def _find(self, select: str, condition: str, reference: str) -> tuple[Any, ...] | None:
        """The whole string as a name first, else split at the last `#`, as `tokens.rows.find_row` does."""
        if not is_askable(reference):
            return None
        whole = "WHERE c.name = ? AND t.label = ''"
        parts = rows.split(reference)
        if parts is None or self._one(f"SELECT 1 {rows.TOKENS} {whole}", (reference,)) is not None:
            return self._one(f"{select} {rows.TOKENS} {whole}{condition}", (reference,))
        return self._one(f"{select} {rows.TOKENS} WHERE c.name = ? AND t.label = ?{condition}", parts)

    def _one(self, statement: str, parameters: tuple[str, ...]) -> tuple[Any, ...] | None:
        try:
            found: tuple[Any, ...] | None = self._connect().execute(statement, parameters).fetchone()
        except sqlite3.Error as problem:
            raise self._lost(problem) from None
        return found

    def _lost(self, problem: sqlite3.Error) -> Exception:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        return unavailable(problem)
