"""Committing what exists nowhere else yet: token material that a provider has just given."""

from collections.abc import Callable
from typing import TypeVar

from django.db.backends.utils import CursorWrapper

from ..context import Context
from ..errors import Temporary

T = TypeVar("T")

WAITS = (0.1, 0.5, 1.0, 2.0, 5.0, 5.0, 5.0, 10.0)


def commit_surely(ctx: Context, job: Callable[[CursorWrapper], T]) -> T:
    """Commit a success, again and again while the database is in trouble.

    The old refresh token, or the code, is used up, so what is in memory here is the only thing that works. A job may
    have been committed although that was not heard: it must bear being done twice. Raises Temporary at the end.
    """
    for wait in WAITS:
        try:
            return ctx.storage.write(job)
        except Temporary:
            ctx.stop.wait(wait)
    return ctx.storage.write(job)
