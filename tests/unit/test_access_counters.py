"""What is counted in one process is known in the others."""

import hashlib

import pytest
from django.core.cache import cache

from bursar.access.counters import SharedCounters
from bursar.access.models import Counter
from tests.unit.web_pages import Pages

pytestmark = pytest.mark.django_db


def another_process() -> SharedCounters:
    return SharedCounters("", {})


def test_a_value_is_seen_by_another_process_until_it_ends() -> None:
    """SEC-37."""
    other = another_process()
    cache.set("tries", [1, 2.5], 60)
    assert other.get("tries") == [1, 2.5]
    other.set("tries", [], 60)
    assert cache.get("tries", "none") == []
    assert other.delete("tries")
    assert cache.get("tries", "none") == "none"
    cache.set("over", 1, -1)
    assert other.get("over") is None
    assert not other.touch("over", 60)
    other.set("kept", 1, None)
    assert cache.touch("kept", 60)
    assert Counter.objects.count() == 1  # what is over is swept away by the next write


def test_adding_is_done_by_one_alone() -> None:
    """A lock between processes is an `add`."""
    assert cache.add("lock", True, 10)
    assert not another_process().add("lock", True, 10)
    assert cache.delete("lock")
    assert another_process().add("lock", True, 10)


def test_the_table_names_nobody_and_holds_no_pickle() -> None:
    cache.set("ada@example.org", "1", 60)
    [row] = Counter.objects.all()
    assert (len(row.key_sha256), row.value) == (64, '"1"')
    assert row.key_sha256 != hashlib.sha256(b"ada@example.org").hexdigest()
    with pytest.raises(TypeError):
        cache.set("x", object(), 60)


def test_tries_to_sign_in_are_counted_there(pages: Pages) -> None:
    """SEC-37: a second server on the same database knows of them."""
    pages.client().post("/sign-in", {"login": "ada@example.org", "password": "wrong"})
    assert Counter.objects.exists()
