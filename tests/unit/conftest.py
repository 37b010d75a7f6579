"""Fixtures for unit tests: the pages of this process, with people who are signed in."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from bursar.context import Context
    from tests.unit.web_pages import Pages


@pytest.fixture
def pages(ctx: "Context", monkeypatch: pytest.MonkeyPatch) -> Iterator["Pages"]:
    """The pages on the test's context; nothing is throttled from the test before."""
    from django.core.cache import cache

    from bursar import app
    from tests.unit.web_pages import Pages

    monkeypatch.setattr(app, "_context", ctx)
    cache.clear()
    yield Pages(ctx)
    cache.clear()
