"""The mail worker: collects what is due, each account at its own interval, many at once within bounds.

Several workers may run: who moves `next_run_at` on collects, and the account's lease keeps anybody else out.
One slow server holds at most a part of the threads, so it can't delay the others (SEC-70).
"""

import logging
import threading
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor

from ..context import Context
from ..errors import BursarError
from ..mail import schedule
from ..mail.collect import collect
from .idle import Idling

THREADS = 16
PER_HOST = 12
POLL_SECONDS = 1.0
BUSY_SECONDS = 0.05

log = logging.getLogger("bursar.scheduler")


class MailWorker:
    """`run()` returns once the context's stop event is set and the runs under way have ended."""

    def __init__(self, ctx: Context, *, threads: int = THREADS, per_host: int = PER_HOST) -> None:
        self._ctx = ctx
        self._threads = threads
        self._per_host = per_host
        self._lock = threading.Lock()
        self._under_way: dict[str, str] = {}  # account id -> host
        self.idling = Idling(ctx)

    def run(self) -> None:
        self.idling.start()
        try:
            with ThreadPoolExecutor(self._threads, thread_name_prefix="bursar-mail") as pool:
                while not self._ctx.stop.is_set():
                    try:
                        waiting = self.turn(pool)
                    except BursarError as problem:
                        log.warning("the mail worker skips a turn: %s", problem.code)
                        waiting = []
                    self._ctx.stop.wait(BUSY_SECONDS if waiting else POLL_SECONDS)
        finally:
            self.idling.join()

    def turn(self, pool: ThreadPoolExecutor) -> list["Future[None]"]:
        """Hand what is due now to the pool, within the bounds; returns the runs begun."""
        begun: list[Future[None]] = []
        while True:
            with self._lock:
                hosts = Counter(self._under_way.values())
            if hosts.total() >= self._threads:
                return begun
            # What waits for a server that has its share must not hide the others behind it (SEC-70).
            full = [host for host, count in hosts.items() if count >= self._per_host]
            some = self._begin(pool, schedule.due(self._ctx, 4 * self._threads, full))
            if not some:
                return begun
            begun += some

    def _begin(self, pool: ThreadPoolExecutor, due: list[schedule.Due]) -> list["Future[None]"]:
        begun = []
        for found in due:
            with self._lock:
                hosts = Counter(self._under_way.values())
                full = len(self._under_way) >= self._threads
                if full or found.account_id in self._under_way or hosts[found.host] >= self._per_host:
                    continue
                self._under_way[found.account_id] = found.host
            begun.append(pool.submit(self._collect, found))
        return begun

    def _collect(self, found: schedule.Due) -> None:
        try:
            if schedule.claim(self._ctx, found) and (watch := collect(self._ctx, found.account_id)) is not None:
                self.idling.watch(watch)
        except BursarError as problem:
            log.warning("a mail account waits: %s", problem.code)
        except Exception:
            log.exception("a mail account was collected in a way that Bursar did not expect")
        finally:
            with self._lock:
                del self._under_way[found.account_id]
