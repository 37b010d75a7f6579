"""A desk on SQLite, whatever database the run is on: for what looks the same on each of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.test_pages import Desk
from tests.counterparts.browser import Browsing
from tests.counterparts.home import BursarHome


@pytest.fixture
def plain_desk(tmp_path: Path, browser: Browsing) -> Iterator[Desk]:
    """A home with a server, the practice provider beside it, loopback admitted; nobody is signed in."""
    home = BursarHome(tmp_path / "home")
    try:
        home.cli("init", check=0)
        home.cli("setting", "set", "Outbound::AllowedNetworks", "127.0.0.0/8,localhost", check=0)
        yield Desk(home, home.serve("--no-worker", "--practice"), browser, browser.page())
    finally:
        home.close()
