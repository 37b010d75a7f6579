"""Committing what exists nowhere else yet: token material that a provider has just given."""

import threading
from collections.abc import Callable
from typing import TypeVar

from django.db.backends.utils import CursorWrapper

from ..context import Context
from ..errors import Temporary

T = TypeVar("T")

WAITS = (0.1, 0.5, 1.0, 2.0, 5.0, 5.0, 5.0, 10.0)
LAST_WAIT = 2.0  # once the process is to end: about twelve seconds in all, within those it is given for that


def commit_surely(ctx: Context, job: Callable[[CursorWrapper], T]) -> T:
    """Commit a success, again and again while the database is in trouble.

    The old refresh token, or the code, is used up, so what is in memory here is the only thing that works. A job may
    have been committed although that was not heard: it must bear being done twice. Raises Temporary at the end.
    """
    for wait in WAITS:
        try:
            return ctx.storage.write(job)
        except Temporary:
            if ctx.stop.wait(wait):
                # The process is to end. A moment more is worth it: without the commit a person has to sign in again.
                threading.Event().wait(min(wait, LAST_WAIT))
    return ctx.storage.write(job)
