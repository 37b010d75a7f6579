"""The web-service worker: makes the calls that are due, planned ones and those that are tried again.

Several workers may run: who takes a job's lease calls, and a lease whose process is gone is taken over at once.
One slow service holds at most a part of the threads, so it can't delay the others (SEC-70).
"""

import logging
import threading
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor

from ..context import Context
from ..errors import BursarError
from ..webservices import jobs, planned

THREADS = 8
PER_SERVICE = 3
POLL_SECONDS = 1.0
BUSY_SECONDS = 0.05

log = logging.getLogger("bursar.scheduler")


class WebServiceWorker:
    """`run()` returns once the context's stop event is set and the calls under way have ended."""

    def __init__(self, ctx: Context, *, threads: int = THREADS, per_service: int = PER_SERVICE) -> None:
        self._ctx = ctx
        self._threads = threads
        self._per_service = per_service
        self._lock = threading.Lock()
        self._under_way: dict[str, str] = {}  # job id -> service id

    def run(self) -> None:
        with ThreadPoolExecutor(self._threads, thread_name_prefix="bursar-webservice") as pool:
            while not self._ctx.stop.is_set():
                try:
                    busy = bool(self.turn(pool))
                except BursarError as problem:
                    log.warning("the web-service worker skips a turn: %s", problem.code)
                    busy = False
                self._ctx.stop.wait(BUSY_SECONDS if busy else POLL_SECONDS)

    def turn(self, pool: ThreadPoolExecutor) -> list["Future[None]"]:
        """Hand what is due now to the pool, within the bounds; returns the calls begun."""
        planned.enqueue_due(self._ctx)
        begun = []
        for found in jobs.due(self._ctx):
            with self._lock:
                services = Counter(self._under_way.values())
                full = len(self._under_way) >= self._threads
                if full or found.job_id in self._under_way or services[found.service_id] >= self._per_service:
                    continue
                self._under_way[found.job_id] = found.service_id
            begun.append(pool.submit(self._work, found.job_id))
        return begun

    def _work(self, job_id: str) -> None:
        try:
            jobs.work(self._ctx, job_id)
        except BursarError as problem:
            log.warning("a call waits: %s", problem.code)
        except Exception:
            log.exception("a web service was called in a way that Bursar did not expect")
        finally:
            with self._lock:
                del self._under_way[job_id]
