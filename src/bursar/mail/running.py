"""The runs under way in this process, so that a page can show how far one is."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from .result import Result

_lock = threading.Lock()
_runs: dict[str, Result] = {}


@contextmanager
def shown(account_id: str, result: Result) -> Iterator[None]:
    """While the block runs, `of` finds `result`, which goes on counting."""
    with _lock:
        _runs[account_id] = result
    try:
        yield
    finally:
        with _lock:
            if _runs.get(account_id) is result:
                del _runs[account_id]


def of(account_id: str) -> Result | None:
    """The run of this account that is under way in this process."""
    with _lock:
        return _runs.get(account_id)
