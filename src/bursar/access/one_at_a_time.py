"""Whoever decides by who else there is (the first administrator, the last one) decides alone, over all processes."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

_LOCK = 0x6275727361720002  # the advisory lock that PostgreSQL knows this by


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """A transaction that no other one of this kind runs beside."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            # SQLite's transactions begin IMMEDIATE: there is only one at a time anyway.
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        yield
