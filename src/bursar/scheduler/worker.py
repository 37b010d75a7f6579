"""The worker: refreshes what is due, tells providers of revocations, waits on the stop event and on nothing else.

Due work is found by an indexed query. Several workers may run: the lease on each token decides who calls.
One slow provider holds at most `PER_SERVER` of the threads, so it can't delay the others (SEC-70).
"""

import logging
import threading
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor

from ..context import Context
from ..errors import BursarError
from ..tokens.refresh import Due, due_tokens, refresh_due
from ..tokens.revocations import send_due_revocations
from .housekeeping import Housekeeping

THREADS = 8
PER_SERVER = 4
BATCH = 200
PAGES = 50
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
        self._under_way: dict[str, str] = {}  # token id -> the server that is asked

    def run(self) -> None:
        with ThreadPoolExecutor(self._threads, thread_name_prefix="bursar-refresh") as pool:
            while not self._ctx.stop.is_set():
                try:
                    busy = len(self.turn(pool)) > 1
                except BursarError as problem:
                    log.warning("the scheduler skips a turn: %s", problem.code)
                    busy = False
                self._ctx.stop.wait(BUSY_SECONDS if busy else POLL_SECONDS)

    def turn(self, pool: ThreadPoolExecutor) -> list["Future[None]"]:
        """Hand everything that is due now to the pool, within the bounds; returns the work begun."""
        begun: list[Future[None] | None] = []
        for page in range(PAGES):
            found = due_tokens(self._ctx, BATCH, page * BATCH)
            begun += [self._begin(pool, due) for due in found]
            # A slow server with many due tokens must not hide the others behind its own (SEC-70).
            if len(found) < BATCH or sum(work is not None for work in begun) >= self._threads:
                break
        begun.append(pool.submit(self._revocations))
        return [work for work in begun if work is not None]

    def _begin(self, pool: ThreadPoolExecutor, due: Due) -> "Future[None] | None":
        with self._lock:
            busy = Counter(self._under_way.values())
            if due.token_id in self._under_way or busy[due.server] >= PER_SERVER:
                return None
            self._under_way[due.token_id] = due.server
        return pool.submit(self._refresh, due.token_id)

    def _refresh(self, token_id: str) -> None:
        try:
            refresh_due(self._ctx, token_id)
        except BursarError as problem:
            log.warning("a refresh waits: %s", problem.code)
        except Exception:
            log.exception("a refresh failed in a way that Bursar did not expect")
        finally:
            with self._lock:
                del self._under_way[token_id]

    def _revocations(self) -> None:
        with self._lock:
            if "revocations" in self._under_way:
                return
            self._under_way["revocations"] = "revocations"
        try:
            self._housekeeping.tidy()
            send_due_revocations(self._ctx)
        except BursarError as problem:
            log.warning("a revocation waits: %s", problem.code)
        finally:
            with self._lock:
                del self._under_way["revocations"]
