"""How the tables of a database compare with the ones the program knows, and which addresses of databases are taken."""

import pytest

from bursar import app, schema
from bursar.errors import InvalidInput, Refused
from bursar.keyring.derive import derive
from bursar.look import Look, check_url


def test_the_migrations_of_every_app_are_known() -> None:
    assert {("tokens", "0001_initial"), ("access", "0001_initial"), ("sysconfig", "0001_initial")} <= schema.known()
    assert ("auth", "0001_initial") in schema.known()


def test_a_database_that_lacks_a_migration_is_refused_with_the_command_that_helps() -> None:
    seen = Look(schema.known() - {("tokens", "0001_initial")}, ("x", b""))
    with pytest.raises(Refused, match="bursar init") as caught:
        app.check_schema(seen)
    assert caught.value.code == "schema_older"


def test_a_database_that_a_newer_program_has_changed_is_refused() -> None:
    seen = Look(schema.known() | {("tokens", "9999_later")}, ("x", b""))
    with pytest.raises(Refused, match="newer Bursar") as caught:
        app.check_schema(seen)
    assert caught.value.code == "schema_newer"


def test_tables_of_programs_that_are_none_of_ours_do_not_matter() -> None:
    app.check_schema(Look(schema.known() | {("somebody_else", "0007_x")}, ("x", b"")))


@pytest.mark.parametrize("url", ["", "postgresql://u:p@h:5432/n", "postgres:///n", "sqlite:///var/lib/x.sqlite3"])
def test_these_are_addresses_of_databases(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize(
    "url", ["mysql://u:canary@h/n", "postgresql://u:canary@h", "postgresql://u:canary@h:port/n", "canary", "sqlite:"]
)
def test_these_are_none_and_their_password_is_not_shown(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_url(url)
    assert "canary" not in str(caught.value)


def test_a_derived_key_is_stable_and_differs_by_purpose_and_master() -> None:
    first = derive(b"a" * 32, "one")
    assert first == derive(b"a" * 32, "one")
    assert len({first, derive(b"a" * 32, "two"), derive(b"b" * 32, "one"), b"a" * 32}) == 4
