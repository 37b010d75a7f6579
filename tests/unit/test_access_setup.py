"""The one-time link for the first administrator."""

import threading

import pytest
from django.db import connection

from bursar.access import setup
from bursar.access.models import Person, SetupLink
from bursar.context import Context
from bursar.errors import BursarError, InvalidInput, Refused

pytestmark = pytest.mark.django_db(transaction=True)
GOOD = "correct horse battery"


def test_only_the_hash_of_a_link_is_stored_and_the_link_makes_one_administrator(ctx: Context) -> None:
    """SEC-36."""
    token = setup.new_setup_link(ctx)
    assert len(token) >= 43
    assert token not in str(list(SetupLink.objects.values()))
    assert setup.is_open(token)
    assert setup.redeem(token, "ada@example.org", GOOD, "Ada").is_admin
    assert not setup.is_open(token)
    with pytest.raises(Refused):
        setup.redeem(token, "eve@example.org", GOOD, "Eve")
    with pytest.raises(Refused):
        setup.new_setup_link(ctx)


def test_a_guessed_link_is_refused(ctx: Context) -> None:
    """SEC-36."""
    setup.new_setup_link(ctx)
    for guess in ("", "x", "0" * 43):
        assert not setup.is_open(guess)
        with pytest.raises(Refused, match="not valid"):
            setup.redeem(guess, "eve@example.org", GOOD, "")
    assert not Person.objects.exists()


def test_a_link_stays_good_after_a_password_that_was_refused(ctx: Context) -> None:
    token = setup.new_setup_link(ctx)
    with pytest.raises(InvalidInput):
        setup.redeem(token, "ada@example.org", "short", "")
    assert setup.is_open(token)


def test_of_twenty_people_who_open_two_links_at_once_exactly_one_becomes_administrator(ctx: Context) -> None:
    """SEC-36."""
    tokens = [setup.new_setup_link(ctx), setup.new_setup_link(ctx)]
    together = threading.Barrier(20)
    results: list[str] = []

    def try_it(number: int) -> None:
        together.wait()
        try:
            results.append(setup.redeem(tokens[number % 2], f"p{number}@example.org", GOOD, "").email)
        except BursarError as error:
            results.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=try_it, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count("setup_link") == 19
    assert Person.objects.count() == 1
