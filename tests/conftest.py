"""Fixtures for all tests: the real counterparts, a home with its command line, and a context within this process.

One environment variable decides for a whole run on which database the tests work: `BURSAR_DATABASE_URL`.
"""

import os
import secrets
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from bursar.testing import FakeClock, FakeProvider, FakeRandomness
from tests.counterparts.browser import Browsing, launched
from tests.counterparts.dovecot import Dovecot, Introspecting
from tests.counterparts.home import ZYGOTE, BursarHome
from tests.counterparts.oidc import OidcProvider
from tests.counterparts.postgres import Postgres, drop_database, fresh_database

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from bursar.clock import Clock
    from bursar.context import Context

DATABASE_URL = os.environ.get("BURSAR_DATABASE_URL", "")
LOOPBACK = "127.0.0.0/8,::1/128,localhost"


class Cli(Protocol):
    """`bursar ARGS` in the test's home; see `BursarHome.cli`."""

    def __call__(
        self, *args: str, input: str | None = None, check: int | None = None, **environ: str
    ) -> subprocess.CompletedProcess[str]: ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what works on the database of the run, so that it can be run again on another one.

    What is shown in a browser, and what is marked `once`, shows nothing about the database. Unit tests come last: they
    are short, so that two processes that share the tests end together.
    """
    for item in items:
        used = set(getattr(item, "fixturenames", ()))
        uses_database = item.get_closest_marker("django_db") or used & {"db", "transactional_db", "empty_home"}
        if uses_database and not item.get_closest_marker("once") and "browser" not in item.path.parts:
            item.add_marker("database")
    items.sort(key=lambda item: "unit" in item.path.parts)


def pytest_sessionfinish() -> None:
    ZYGOTE.close()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give this run a test database of its own: several runs at once don't meet.

    Django would make its content types and permissions anew whenever a test's rows are taken away. Bursar's roles know
    neither, and that took most of the time of most tests. Nor does SQLite sync, as the server of PostgreSQL
    doesn't: no test cuts the power of the machine.
    """
    from django.apps import apps
    from django.contrib.contenttypes.management import create_contenttypes
    from django.db import connections
    from django.db.models.signals import post_migrate

    post_migrate.disconnect(create_contenttypes)
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    # Between tests all rows go, those of the audit log too: its own test makes the triggers that refuse that.
    post_migrate.disconnect(sender=apps.get_app_config("audit"), dispatch_uid="bursar.audit.triggers")
    wanted = connections["default"].settings_dict
    name = f"test_{os.getpid()}_{secrets.token_hex(3)}"
    if not DATABASE_URL:
        wanted["OPTIONS"]["init_command"] += "; PRAGMA synchronous=OFF"
    else:
        wanted["OPTIONS"]["pool"]["max_size"] = 60  # a test may hold several contexts, each with what a process has
    wanted["TEST"]["NAME"] = name if DATABASE_URL else str(tmp_path_factory.mktemp("database") / f"{name}.sqlite3")


# -- time and dice ------------------------------------------------------------------------------------------------


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still. A test that asks for it and for `ctx` gets a context that runs by it."""
    return FakeClock()


@pytest.fixture
def randomness() -> FakeRandomness:
    return FakeRandomness(seed=1)


# -- counterparts -------------------------------------------------------------------------------------------------


@pytest.fixture
def provider(request: pytest.FixtureRequest) -> Iterator[FakeProvider]:
    """The fake provider, for what a real one can't be made to do; it runs by `clock` where the test asks for that."""
    by = request.getfixturevalue("clock") if "clock" in request.fixturenames else None
    with FakeProvider(clock=by) as running:
        yield running


@pytest.fixture(scope="session")
def oidc_server() -> Iterator[OidcProvider]:
    running = OidcProvider()
    yield running
    running.close()


@pytest.fixture
def oidc_provider(oidc_server: OidcProvider) -> OidcProvider:
    """The certified provider, with nothing left in it from the test before."""
    if not oidc_server.running:
        oidc_server.start()
    oidc_server.reset()
    return oidc_server


@pytest.fixture
def start_dovecot() -> Iterator[Callable[..., Dovecot]]:
    """Starts a mail server that asks the given provider about tokens, with the given mechanisms."""
    started: list[Dovecot] = []

    def start(asked: Introspecting, *mechanisms: str, **changed: str) -> Dovecot:
        started.append(Dovecot(asked, *mechanisms, **changed))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture
def dovecot(oidc_provider: OidcProvider, start_dovecot: Callable[[Introspecting], Dovecot]) -> Dovecot:
    """A mail server with empty mailboxes, whose tokens come from `oidc_provider`."""
    return start_dovecot(oidc_provider)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    running = Postgres()
    yield running
    running.close()


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> Iterator[str]:
    """The address of a fresh database, whatever database the run is on."""
    url = postgres_server.fresh()
    yield url
    drop_database(url)


@pytest.fixture(scope="module")
def chromium() -> "Iterator[Browser]":
    """One Chromium for the tests of a module that want one."""
    with launched() as running:
        yield running


@pytest.fixture
def browser(tmp_path: Path, chromium: "Browser") -> Iterator[Browsing]:
    """Chromium, headless; `browser.page()` opens a page, `browser.screenshot(page, name)` takes its pictures."""
    with Browsing(tmp_path / "screenshots", chromium) as browsing:
        yield browsing


# -- Bursar -------------------------------------------------------------------------------------------------------


@pytest.fixture
def empty_home(tmp_path: Path) -> Iterator[BursarHome]:
    """A home in which nothing was made yet; its database is of the kind that the run is on."""
    url = fresh_database(DATABASE_URL, f"home_{os.getpid()}_{secrets.token_hex(4)}") if DATABASE_URL else ""
    home = BursarHome(tmp_path / "home", url)
    yield home
    home.close()
    if url:
        drop_database(url)


@pytest.fixture(scope="session")
def home_template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BursarHome]:
    """A home after `bursar init`, in which nothing is ever changed: it is copied."""
    url = fresh_database(DATABASE_URL, f"template_{os.getpid()}_{secrets.token_hex(4)}") if DATABASE_URL else ""
    home = BursarHome(tmp_path_factory.mktemp("template") / "home", url)
    home.cli("init", check=0)
    yield home
    if url:
        drop_database(url)


@pytest.fixture
def bursar_home(empty_home: BursarHome, home_template: BursarHome) -> BursarHome:
    """A home after `bursar init`."""
    empty_home.made_like(home_template)
    return empty_home


@pytest.fixture
def cli(bursar_home: BursarHome) -> Cli:
    return bursar_home.cli


@pytest.fixture
def make_context(transactional_db: None, tmp_path: Path) -> Iterator[Callable[..., "Context"]]:
    """Builds contexts within this process on the test database; each is as a process of its own to the token life."""
    from bursar.clock import SystemClock, SystemRandomness
    from bursar.context import Context
    from bursar.home import Home
    from bursar.keyring import Keyring
    from bursar.outbound import Door
    from bursar.storage import Storage
    from bursar.sysconfig import SystemConfiguration

    keyring = Keyring(secrets.token_bytes(32))
    home = Home(tmp_path / "context-home", DATABASE_URL)
    home.create()
    made: list[Context] = []

    def make(*, clock: "Clock | None" = None, allowed: str = LOOPBACK, **parts: Any) -> Context:
        time: Clock = clock or SystemClock()
        storage = Storage()
        settings = SystemConfiguration(home, storage)
        if allowed:
            settings.set("Outbound::AllowedNetworks", allowed, "test", time.now())
        usual: dict[str, Any] = {
            "randomness": SystemRandomness(),
            "keyring": keyring,
            "door": Door(settings.outbound_rules, time),
            "worker": f"test-{len(made)}",
        }
        made.append(Context(clock=time, storage=storage, settings=settings, **usual | parts))
        return made[-1]

    yield make
    for context in made:
        context.stop.set()
        context.storage.close()


@pytest.fixture
def ctx(request: pytest.FixtureRequest, make_context: Callable[..., "Context"]) -> "Context":
    """A context with loopback admitted; it runs by `clock` where the test asks for that too, else by the machine's."""
    return make_context(clock=request.getfixturevalue("clock") if "clock" in request.fixturenames else None)
