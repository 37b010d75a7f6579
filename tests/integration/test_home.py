"""A home as the command line makes it, on the database that the run is on."""

import pytest

from tests.conftest import Cli
from tests.counterparts.home import BursarHome

pytestmark = pytest.mark.counterpart


def test_init_makes_a_home_and_says_nothing_new_the_second_time(empty_home: BursarHome) -> None:
    assert empty_home.cli("token", "list", "--json").returncode == 6
    empty_home.cli("init", check=0)
    assert empty_home.path.stat().st_mode & 0o777 == 0o700
    key = (empty_home.path / "key").read_text()
    empty_home.cli("init", check=0)
    assert (empty_home.path / "key").read_text() == key


def test_a_setting_set_by_one_process_is_seen_by_the_next(cli: Cli) -> None:
    cli("setting", "set", "FQDN", "tokens.example", check=0)
    assert cli("setting", "get", "FQDN", check=0).stdout.strip() == "tokens.example"
