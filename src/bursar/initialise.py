"""`init`: makes a home what a program of this version can work with. Doing it again, or twice at once, does no harm."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import app
from .errors import Refused
from .home import Home
from .ids import new_id
from .keyring import Keyring, Secret
from .keyring.source import VARIABLES, load_key, new_key_text
from .look import Look, check_url, connection_parameters, look, unreachable

ADVISORY_LOCK = 0x6275727361720001  # "bursar", 1: held in PostgreSQL while a database is being migrated


@dataclass(frozen=True, slots=True)
class Initialised:
    """What was done: the key file that was made, whether the database is new, how many migrations ran."""

    home: Path
    key_file: Path | None
    new_database: bool
    migrations: int


def initialise() -> Initialised:
    """Make home, key, database and key check, as far as they are missing, and boot.

    Raises Refused for a wrong or missing key or a newer database, and changes nothing then; Temporary and InvalidInput
    as `boot` does.
    """
    home = Home.from_environ()
    check_url(home.database_url)
    database = app.database()
    master = _key_beforehand(home, look(database))
    try:
        home.create()
        with _locked(home), _server_locked(database):
            return _initialise(home, database, master)
    except OSError as problem:
        raise Refused(
            f"The home {home.path} can't be used: {problem.strerror}.",
            code="home_unusable",
            action="Give BURSAR_HOME a directory that this user may write to.",
        ) from problem


def _key_beforehand(home: Home, seen: Look) -> bytes | None:
    """The master key, before anything is made; None where one is to be made. Raises Refused where it is wrong."""
    if not any(os.environ.get(name) for name in VARIABLES) and not home.key_file.exists() and not seen.key_check:
        return None
    master = load_key(os.environ, home.path)
    app.check_key(master, seen)
    return master


def _initialise(home: Home, database: dict[str, Any], master: bytes | None) -> Initialised:
    from .schema import missing

    before = look(database)
    key_file = None
    if master is None and not home.key_file.exists() and not before.key_check:
        home.write_private(home.key_file, new_key_text())
        key_file = home.key_file
    master = master or load_key(os.environ, home.path)
    app.adopt(master, before)
    if not before.is_empty:
        app.check_not_newer(before)
    due = missing(before.applied)
    if due:
        _migrate(database)
    if before.key_check is None:
        _write_key_check(Keyring(master))
    return Initialised(home.path, key_file, before.is_empty, len(due))


def _migrate(database: dict[str, Any]) -> None:
    from django.core.management import call_command
    from django.db import connection

    if str(database["ENGINE"]).endswith("sqlite3"):
        # SQLite gives its journal files the mode of the database file.
        try:
            os.close(os.open(str(database["NAME"]), os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as problem:
            raise Refused(
                f"The database {database['NAME']} can't be made: {problem.strerror}.",
                code="database_unusable",
                action="Correct BURSAR_DATABASE_URL, or make its directory one that this user may write to.",
            ) from problem
    call_command("migrate", verbosity=0, interactive=False)
    connection.close()


def _write_key_check(keyring: Keyring) -> None:
    from .sysconfig.models import KeyCheck

    row = new_id()
    KeyCheck.objects.create(id=row, sealed=keyring.seal(app.check_place(row), Secret(app.CHECK_TEXT)))


@contextlib.contextmanager
def _locked(home: Home) -> Iterator[None]:
    descriptor = os.open(home.path / "init.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _server_locked(database: dict[str, Any]) -> Iterator[None]:
    if str(database["ENGINE"]).endswith("sqlite3"):
        yield
        return
    import psycopg

    try:
        connection = psycopg.connect(**connection_parameters(database), autocommit=True)
    except psycopg.Error as problem:
        raise unreachable(database, problem) from None
    with connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (ADVISORY_LOCK,))
        yield
