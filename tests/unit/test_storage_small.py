"""What a process that does one thing keeps of the database."""

import threading

import pytest
from django.db import connection
from django.db.backends.utils import CursorWrapper

from bursar.storage import READERS, SMALL_CACHE, WRITERS, Storage

pytestmark = pytest.mark.django_db(transaction=True)


def threads() -> int:
    return sum(thread.name == "bursar-storage" for thread in threading.enumerate())


def cache(cursor: CursorWrapper) -> int:
    """SQLite's page cache on this connection, in KiB where it is negative; PostgreSQL's is the server's own."""
    if connection.vendor != "sqlite":
        return -SMALL_CACHE
    cursor.execute("PRAGMA cache_size")
    return int(cursor.fetchone()[0])


@pytest.mark.parametrize("small", [True, False])
def test_one_reader_one_writer_and_a_small_page_cache_are_enough_for_a_command(small: bool) -> None:
    before, storage = threads(), Storage()
    expected = 2 if small else READERS + WRITERS.get(connection.vendor, 1)
    if small:
        storage.keep_small()
    try:
        caches = {storage.read(cache), storage.write(cache)}
        assert threads() - before == expected
        assert not small or caches == {-SMALL_CACHE}
    finally:
        storage.close()
    assert threads() == before
