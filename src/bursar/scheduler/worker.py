"""The worker: refreshes what is due, tells providers of revocations, waits on the stop event and on nothing else.

Due work is found by an indexed query. Several workers may run: the lease on each token decides who calls.
One slow provider holds at most `PER_SERVER` of the threads, so it can't delay the others (SEC-70). A quick one is
asked for many tokens by one thread, which claims them together: as many as take about `STRIDE_SECONDS`.
"""

import logging
import threading
import time
from collections import Counter, defaultdict, deque
from concurrent.futures import Future, ThreadPoolExecutor

from ..context import Context
from ..errors import BursarError
from ..tokens.ahead import refresh_ahead
from ..tokens.refresh import due_tokens
from ..tokens.revocations import send_due_revocations
from .housekeeping import Housekeeping

THREADS = 8
PER_SERVER = 4
BATCH = 1000
PAGES = 50
STRIDE_SECONDS = 0.5
MOST_AT_ONCE = 100
POLL_SECONDS = 1.0
BUSY_SECONDS = 0.05

log = logging.getLogger("bursar.scheduler")


class Worker:
    """`run()` returns once the context's stop event is set and the calls under way have ended."""

    def __init__(self, ctx: Context, *, threads: int = THREADS) -> None:
        self._ctx = ctx
        self._threads = threads
        self._lock = threading.Lock()
        self._housekeeping = Housekeeping(ctx)
        self._lanes: Counter[str] = Counter()  # threads at each server
        self._under_way: set[str] = set()  # ids of the tokens that a thread has taken
        self._waiting: dict[str, deque[str]] = {}  # by server, as the last turn found them
        self._pace: defaultdict[str, float] = defaultdict(lambda: STRIDE_SECONDS)  # seconds a token, by server
        self._telling = False
        self._looked_at = 0.0
