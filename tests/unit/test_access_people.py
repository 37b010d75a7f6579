"""Adding people by the rules."""

import pytest

from bursar.access.models import Person
from bursar.access.people import add_person, password_problems
from bursar.errors import InvalidInput, Refused

pytestmark = pytest.mark.django_db(transaction=True)
GOOD = "correct horse battery"


def test_a_person_is_added_with_a_password_that_is_stored_by_argon2id() -> None:
    """SEC-37."""
    person = add_person(" Ada@Example.org ", "auditor", GOOD)
    stored = Person.objects.get(email="ada@example.org")
    assert stored == person
    assert stored.password.startswith("argon2$argon2id$")
    assert stored.check_password(GOOD)
    assert not stored.is_admin


def test_the_program_itself_hashes_slowly() -> None:
    """SEC-37: tests hash quickly; what an administrator runs takes at least OWASP's least parameters."""
    from django.utils.module_loading import import_string

    from bursar import settings

    [name] = settings.PASSWORD_HASHERS
    hasher = import_string(name)
    assert (hasher.algorithm, hasher.memory_cost >= 19 * 1024, hasher.time_cost >= 2) == ("argon2", True, True)


def test_an_address_is_taken_in_any_case() -> None:
    add_person("ada@example.org", "admin", GOOD)
    with pytest.raises(Refused, match=r"ada@example\.org is there already"):
        add_person("ADA@example.org", "admin", GOOD)
    assert Person.objects.count() == 1


@pytest.mark.parametrize("password", ["short", "password1234", "ada.lovelace"])
def test_a_short_a_common_and_a_telling_password_are_refused_with_the_reason(password: str) -> None:
    """SEC-37."""
    with pytest.raises(InvalidInput, match="password"):
        add_person("ada.lovelace@example.org", "admin", password)
    assert not Person.objects.exists()


def test_long_passwords_are_taken_and_endless_ones_are_not() -> None:
    """SEC-37."""
    assert password_problems("abcdefg hijk " * 10) == []
    assert password_problems("a b" * 1000) != []


def test_every_broken_rule_is_named_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        add_person("nobody", "owner", "x")
    assert "'nobody' is not an e-mail address." in caught.value.sentence
    assert "The role is admin or auditor." in caught.value.sentence
    assert "at least 12 characters" in caught.value.sentence
