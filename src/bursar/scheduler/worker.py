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

    def run(self) -> None:
        with ThreadPoolExecutor(self._threads, thread_name_prefix="bursar-refresh") as pool:
            while not self._ctx.stop.is_set():
                try:
                    self.turn(pool)
                    # What is due is fetched by the second, not one by one: a bundle costs little more than one.
                    busy = self._has_more()
                except BursarError as problem:
                    log.warning("the scheduler skips a turn: %s", problem.code)
                    busy = False
                self._ctx.stop.wait(BUSY_SECONDS if busy else POLL_SECONDS)

    def turn(self, pool: ThreadPoolExecutor) -> list["Future[None]"]:
        """Hand everything that is due now to the pool, within the bounds; returns the work begun."""
        begun = self._open_lanes(pool)
        if self._are_full():
            return begun
        waiting: dict[str, deque[str]] = {}
        self._looked_at = time.monotonic()
        for page in range(PAGES):
            found = due_tokens(self._ctx, BATCH, page * BATCH)
            for due in found:
                waiting.setdefault(due.server, deque()).append(due.token_id)
            with self._lock:
                self._waiting = waiting
            begun += self._open_lanes(pool)
            # A slow server with many due tokens must not hide the others behind its own (SEC-70).
            if len(found) < BATCH or sum(self._lanes.values()) >= self._threads:
                break
        begun.append(pool.submit(self._revocations))
        return begun

    def _has_more(self) -> bool:
        """Whether something that is due waits for a thread."""
        with self._lock:
            return any(self._waiting.values())

    def _are_full(self) -> bool:
        """Whether every thread is taken and has more to do: then it would be vain to look for what is due."""
        with self._lock:
            busy = sum(self._lanes.values()) >= self._threads
            busy = busy or all(self._lanes[server] >= PER_SERVER for server in self._waiting)
            enough = sum(map(len, self._waiting.values())) >= MOST_AT_ONCE * self._threads
            return busy and enough and time.monotonic() - self._looked_at < POLL_SECONDS

    def _open_lanes(self, pool: ThreadPoolExecutor) -> list["Future[None]"]:
        begun = []
        for server in list(self._waiting):
            while chosen := self._take(server, opening=True):
                begun.append(pool.submit(self._lane, server, chosen))
        return begun

    def _take(self, server: str, *, opening: bool = False) -> list[str]:
        """The next tokens for one thread at this server, empty where there are none, or no thread for them."""
        with self._lock:
            if opening and (self._lanes[server] >= PER_SERVER or sum(self._lanes.values()) >= self._threads):
                return []
            waiting = self._waiting.get(server) or deque()
            share = max(1, min(MOST_AT_ONCE, round(STRIDE_SECONDS / self._pace[server])))
            chosen: list[str] = []
            while waiting and len(chosen) < share:
                token_id = waiting.popleft()
                if token_id not in self._under_way:
                    chosen.append(token_id)
            if opening and chosen:
                self._lanes[server] += 1
            self._under_way.update(chosen)
            return chosen

    def _lane(self, server: str, chosen: list[str]) -> None:
        try:
            while chosen:
                chosen = self._refresh(server, chosen)
        finally:
            with self._lock:
                self._under_way.difference_update(chosen)
                self._lanes[server] -= 1

    def _refresh(self, server: str, chosen: list[str]) -> list[str]:
        """Refresh these; returns the next ones for this thread."""
        begun = time.perf_counter()
        called = 0
        try:
            called = refresh_ahead(self._ctx, chosen)
        except BursarError as problem:
            log.warning("a refresh waits: %s", problem.code)
        except Exception:
            log.exception("a refresh failed in a way that Bursar did not expect")
        with self._lock:
            self._under_way.difference_update(chosen)
            if called:
                self._pace[server] = max(1e-6, (time.perf_counter() - begun) / called)
        return [] if not called or self._ctx.stop.is_set() else self._take(server)

    def _revocations(self) -> None:
        with self._lock:
            if self._telling:
                return
            self._telling = True
        try:
            self._housekeeping.tidy()
            send_due_revocations(self._ctx)
        except BursarError as problem:
            log.warning("a revocation waits: %s", problem.code)
        except Exception:
            log.exception("a revocation failed in a way that Bursar did not expect")
        finally:
            with self._lock:
                self._telling = False
