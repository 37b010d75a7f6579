"""A look at the database that changes nothing: is it there, how old is it, and which key belongs to it (SEC-34)?"""

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from .errors import InvalidInput, Refused, Temporary

Rows = Callable[[str], list[tuple[Any, ...]]]

CONNECT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen. `key_check` is row id and sealed text, None in a database that no key belongs to yet."""

    applied: frozenset[tuple[str, str]]
    key_check: tuple[str, bytes] | None

    @property
    def is_empty(self) -> bool:
        return not self.applied and self.key_check is None


EMPTY = Look(frozenset(), None)


def check_url(url: str) -> None:
    """Raises InvalidInput for a BURSAR_DATABASE_URL that is of no use. It may hold a password, so it is not shown."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("postgresql", "postgres") and bool(parts.path.strip("/")) and parts.port != 0
        usable = usable or (parts.scheme == "sqlite" and bool(parts.path.strip("/")))
    except ValueError:
        usable = False
    if url and not usable:
        raise InvalidInput(
            "BURSAR_DATABASE_URL is not the address of a database that Bursar can use.",
            code="database_url",
            action="Write it as postgresql://user:password@host:5432/name, or unset it to use SQLite in BURSAR_HOME.",
        )


def look(database: dict[str, Any]) -> Look:
    """Look at the database that an entry of Django's DATABASES describes.

    Raises Temporary where a server can't be reached, Refused where the file is not a database or can't be read.
    """
    if database["ENGINE"].endswith("sqlite3"):
        return _look_at_file(Path(database["NAME"]))
    return _look_at_server(database)


def _look_at_file(path: Path) -> Look:
    if not path.exists() or path.stat().st_size == 0:
        return EMPTY
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=20)) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            return _read(tables, lambda sql: connection.execute(sql).fetchall())
    except sqlite3.Error as problem:
        raise Refused(
            f"The database {path} can't be read: {problem}.",
            code="database_unreadable",
            action="Look at the file's owner and mode, or restore the file from a backup.",
        ) from None


def _look_at_server(database: dict[str, Any]) -> Look:
    import psycopg

    try:
        with psycopg.connect(**connection_parameters(database), autocommit=True) as connection:
            connection.execute("SET default_transaction_read_only = on")
            found = connection.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = ANY (current_schemas(false))"
            )
            return _read({name for (name,) in found}, lambda sql: connection.execute(sql.encode()).fetchall())
    except psycopg.Error as problem:
        raise unreachable(database, problem) from None


def connection_parameters(database: dict[str, Any]) -> dict[str, Any]:
    """What libpq is told to reach the server that Django would reach."""
    options = {name: value for name, value in database["OPTIONS"].items() if name != "pool"}
    given = {
        "host": database["HOST"],
        "port": database["PORT"],
        "user": database["USER"],
        "password": database["PASSWORD"],
        "dbname": database["NAME"],
    }
    return {"connect_timeout": CONNECT_SECONDS} | options | {name: value for name, value in given.items() if value}


def where(database: dict[str, Any]) -> str:
    """Where a database is, for people: its file, or its name and host; never with a password."""
    if str(database["ENGINE"]).endswith("sqlite3"):
        return str(database["NAME"])
    return f"{database['HOST'] or 'the local socket'}, name {database['NAME']},"


def unreachable(database: dict[str, Any], problem: Exception) -> Temporary:
    """The error for a server that does not answer; says where, never with which password."""
    where = database["HOST"] or "the local socket"
    return Temporary(
        f"The database {database['NAME']} at {where} can't be reached ({type(problem).__name__}).",
        code="database_unreachable",
        action="Start the database server, or correct BURSAR_DATABASE_URL.",
    )


def _read(tables: Iterable[str], rows: Rows) -> Look:
    names = set(tables)
    applied = rows("SELECT app, name FROM django_migrations") if "django_migrations" in names else []
    checks = rows("SELECT id, sealed FROM sysconfig_key_check") if "sysconfig_key_check" in names else []
    key_check = (str(checks[0][0]), bytes(checks[0][1])) if checks else None
    return Look(frozenset((str(app), str(name)) for app, name in applied), key_check)
