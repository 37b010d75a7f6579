"""Fixtures for unit tests: the pages of this process, with people who are signed in."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from bursar.context import Context
from bursar.testing import FakeClock, FakeProvider
from tests.unit.door_scene import Door
from tests.unit.life_scene import Scene

if TYPE_CHECKING:
    from tests.unit.api_scene import Api
    from tests.unit.web_pages import Pages


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Passwords are hashed with Argon2 as always, but quickly."""
    from django.test.utils import override_settings

    with override_settings(PASSWORD_HASHERS=["tests.unit.quick_passwords.Quick"]):
        yield


@pytest.fixture
def pages(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> Iterator["Pages"]:
    """The pages on the test's context; nothing is throttled from the test before."""
    from django.core.cache import cache

    from bursar import app
    from tests.unit.web_pages import Pages

    monkeypatch.setattr(app, "_context", ctx)
    cache.clear()
    yield Pages(ctx)
    cache.clear()


@pytest.fixture
def api(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> "Api":
    """The management API on the test's context; nobody is slowed down for the test before."""
    from bursar import app
    from bursar.api import auth
    from bursar.handout.tries import Tries
    from tests.unit.api_scene import Api

    monkeypatch.setattr(app, "_context", ctx)
    monkeypatch.setattr(auth, "_tries", Tries())
    return Api(ctx)


@pytest.fixture
def scene(ctx: Context, provider: FakeProvider, clock: FakeClock) -> Scene:
    """The scene of the token life: a context by a fake clock, and a provider by the same."""
    return Scene(ctx, provider, clock)


@pytest.fixture
def door(ctx: Context) -> Iterator[Door]:
    """The HTTP door on the test's context."""
    opened = Door(ctx)
    yield opened
    opened.close()
