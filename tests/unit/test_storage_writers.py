"""Who waits for whom among writers: on SQLite all for the one before, on PostgreSQL nobody for one that is slow."""

import threading

import pytest
from django.db import connection
from django.db.backends.utils import CursorWrapper

from bursar.storage import Storage

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_slow_write_holds_up_others_only_where_the_database_has_one_writer() -> None:
    storage, begun, let_go = Storage(), threading.Event(), threading.Event()
    done: list[str] = []

    def slow(_: CursorWrapper) -> None:
        begun.set()
        assert let_go.wait(60)
        done.append("slow")

    try:
        held = storage.begin(slow)
        assert begun.wait(60)
        quick = storage.begin(lambda _: done.append("quick"))
        if connection.vendor == "postgresql":
            storage.finish(quick)
        let_go.set()
        storage.finish(held)
        storage.finish(quick)
    finally:
        let_go.set()
        storage.close()
    assert done == (["quick", "slow"] if connection.vendor == "postgresql" else ["slow", "quick"])
