"""Where everything is put together: the key is checked, Django set up, and the one `Context` of the process built."""

import os
import threading
from typing import TYPE_CHECKING, Any

from django.conf import settings as django_settings

from .clock import SystemClock, SystemRandomness
from .errors import Refused
from .home import Home
from .keyring import Keyring, Place, SealBroken
from .keyring.derive import derive
from .keyring.source import load_key
from .look import Look, check_url, look, where

if TYPE_CHECKING:
    from .context import Context
    from .initialise import Initialised

CHECK_TEXT = "bursar: this key belongs to this database"

_building = threading.Lock()
_keyring: Keyring | None = None
_context: "Context | None" = None


def boot(require_initialised: bool = True) -> None:
    """Make this process ready to use the home: after it, Django's models and `context()` work.

    The database is looked at read-only first, so a wrong key, or a database of another version, changes nothing
    (SEC-34). Raises Refused for both and for a key that is missing, InvalidInput for a bad BURSAR_DATABASE_URL,
    Temporary where the database server can't be reached. `require_initialised=False` accepts a database that has
    yet to be migrated.
    """
    home = Home.from_environ()
    check_url(home.database_url)
    master = load_key(os.environ, home.path)
    seen = look(database())
    adopt(master, seen)
    if require_initialised:
        check_schema(seen)


def is_new() -> bool:
    """Whether no key belongs to the database yet: `initialise` was never run, or did not get to its end.

    Raises as `boot`, and changes nothing.
    """
    check_url(Home.from_environ().database_url)
    return look(database()).key_check is None


def initialise() -> "Initialised":
    """Make what is missing of home, key and database, and boot. See `bursar.initialise`."""
    from .initialise import initialise as make

    return make()


def adopt(master: bytes, seen: Look) -> None:
    """Use this master key from now on, once it has proved to be the database's own. Raises Refused otherwise."""
    global _keyring
    keyring = check_key(master, seen)
    start_django(master)
    _keyring = keyring


def check_key(master: bytes, seen: Look) -> Keyring:
    """The keyring of this master key. Raises Refused where the database was made with another one."""
    keyring = Keyring(master)
    if seen.key_check is not None:
        row, sealed = seen.key_check
        try:
            keyring.open(check_place(row), sealed)
        except SealBroken:
            raise Refused(
                "The key is not the one that this database was made with. Nothing was changed.",
                code="key_wrong",
                action="Restore the right key, or use the database that belongs to this one.",
            ) from None
    return keyring


def start_django(master: bytes) -> None:
    """Set Django up. What signs its cookies and one-time links comes from the master key, and survives a restart."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bursar.settings")
    django_settings.SECRET_KEY = derive(master, "bursar django secret key").hex()
    django.setup()


def check_schema(seen: Look) -> None:
    """Raises Refused where the database's tables are not the ones this program works with."""
    from .schema import missing

    if seen.is_empty:
        raise Refused(
            f"There is no database of Bursar's at {where(database())} yet.",
            code="not_initialised",
            action="Make it with `bursar init`.",
        )
    check_not_newer(seen)
    if missing(seen.applied) or seen.key_check is None:
        raise Refused(
            "The database is not up to date with this version of Bursar. Nothing was changed.",
            code="schema_older",
            action="Make a backup, then run `bursar init`: it brings the database up to date.",
        )


def check_not_newer(seen: Look) -> None:
    """Raises Refused where a newer program has changed the tables."""
    from .schema import unknown

    if unknown(seen.applied):
        raise Refused(
            "A newer Bursar has used this database. Nothing was changed.",
            code="schema_newer",
            action="Install that version, or a later one: an older one can't go back.",
        )


def context() -> "Context":
    """The context of this process, built when it is first asked for. `boot` (or `initialise`) comes before it."""
    global _context
    from .context import Context
    from .outbound import Door
    from .storage import Storage
    from .sysconfig import SystemConfiguration
    from .worker_name import worker_name

    with _building:
        if _context is None:
            if _keyring is None:
                raise RuntimeError("boot() comes before context()")
            clock, storage = SystemClock(), Storage()
            configuration = SystemConfiguration(Home.from_environ(), storage)
            _context = Context(
                clock=clock,
                randomness=SystemRandomness(),
                keyring=_keyring,
                storage=storage,
                door=Door(configuration.outbound_rules, clock),
                settings=configuration,
                worker=worker_name(),
            )
        return _context


def database() -> dict[str, Any]:
    """Django's description of the database, without setting Django up."""
    from .settings import DATABASES

    return DATABASES["default"]


def check_place(row: str) -> Place:
    """Where the key check is sealed for."""
    return Place("sysconfig_key_check", row, "sealed")
