"""IMAP IDLE (RFC 2177): one thread waits for many servers at once, and plans a run as soon as one tells of new mail.

A connection is opened in a thread of a small pool after a run that went well, and given up for whatever reason: the
account's next run opens another. So nothing depends on it but speed.
"""

import logging
import selectors
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper

from ..context import Context
from ..errors import BursarError
from ..mail import schedule
from ..mail.collect import Watch
from ..mail.dialogue import CommandRefused, ConnectionLost
from ..mail.idle import IdleSession, begin

OPENERS = 4
TURN_SECONDS = 0.5
RENEW_SECONDS = 9 * 60.0  # well below the half hour after which servers hang up, and below most NAT tables
CHECK_SECONDS = 20.0

log = logging.getLogger("bursar.scheduler")


@dataclass(slots=True)
class _Waiting:
    watch: Watch
    session: IdleSession
    renew_at: float


class Idling:
    """`watch` hands in an account; the thread ends with the context's stop event, `join` waits for it."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._lock = threading.Lock()
        self._watched: set[str] = set()  # waiting, or being opened
        self._fresh: list[_Waiting] = []
        self._selector = selectors.DefaultSelector()
        self._pool = ThreadPoolExecutor(OPENERS, thread_name_prefix="bursar-idle-open")
        self._thread = threading.Thread(target=self._run, name="bursar-idle", daemon=True)
        self._check_at = 0.0

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._thread.join()

    @property
    def waiting(self) -> int:
        """How many servers are waited for."""
        return len(self._all())

    def watch(self, watch: Watch) -> None:
        """Wait for new mail of this account, unless that is done already or as many as may are waited for."""
        most = self._ctx.settings.get("MailAccount::IMAP::IdleConnections")
        with self._lock:
            if watch.account_id in self._watched or len(self._watched) >= most or self._ctx.stop.is_set():
                return
            self._watched.add(watch.account_id)
        try:
            self._pool.submit(self._open, watch)
        except RuntimeError:  # the pool is closing: so is everything
            self._forget(watch.account_id)

    def _open(self, watch: Watch) -> None:
        try:
            session = begin(self._ctx, watch)
        except (BursarError, ConnectionLost, CommandRefused) as problem:
            log.info("no IDLE for the mail account %s: %s", watch.name, problem)
            self._forget(watch.account_id)
            return
        except Exception:
            log.exception("no IDLE for the mail account %s, for a reason that Bursar did not expect", watch.name)
            self._forget(watch.account_id)
            return
        if session.missed:
            self._plan(watch)
        with self._lock:
            self._fresh.append(_Waiting(watch, session, self._ctx.clock.monotonic() + RENEW_SECONDS))

    def _run(self) -> None:
        try:
            while not self._ctx.stop.is_set():
                self._adopt()
                # The selector is the only place that waits; it looks at the stop event twice a second.
                for key, _ in self._selector.select(TURN_SECONDS):
                    self._heard(key.data)
                self._tend()
        finally:
            for waiting in self._all():
                waiting.session.close()
            for waiting in self._fresh:
                waiting.session.close()
            self._selector.close()

    def _adopt(self) -> None:
        with self._lock:
            fresh, self._fresh = self._fresh, []
        for waiting in fresh:
            self._selector.register(waiting.session.sock, selectors.EVENT_READ, waiting)

    def _heard(self, waiting: _Waiting) -> None:
        try:
            if waiting.session.heard():
                self._plan(waiting.watch)
        except (BursarError, ConnectionLost, OSError) as problem:
            log.info("IDLE of the mail account %s ended: %s", waiting.watch.name, problem)
            self._give_up(waiting)
        except Exception:  # of one server, which must not end the waiting for all of them
            log.exception("IDLE of the mail account %s ended in a way that Bursar did not expect", waiting.watch.name)
            self._give_up(waiting)

    def _tend(self) -> None:
        now = self._ctx.clock.monotonic()
        for waiting in self._all():
            if now >= waiting.renew_at:
                waiting.renew_at = now + RENEW_SECONDS
                try:
                    if waiting.session.renew():
                        self._plan(waiting.watch)
                except (BursarError, ConnectionLost, OSError):
                    self._give_up(waiting)
                except Exception:
                    log.exception("IDLE of %s ended in a way that Bursar did not expect", waiting.watch.name)
                    self._give_up(waiting)
        if now >= self._check_at:
            self._check_at = now + CHECK_SECONDS
            self._drop_changed()

    def _drop_changed(self) -> None:
        """Accounts that were changed, deleted or made invalid are no longer waited for."""

        def job(cursor: CursorWrapper) -> dict[str, int]:
            cursor.execute(
                "SELECT id, generation FROM mail_account WHERE validity = 'valid' AND NOT held AND interval > 0"
            )
            return dict(cursor.fetchall())

        try:
            current = self._ctx.storage.read(job)
        except BursarError:
            return
        for waiting in self._all():
            if current.get(waiting.watch.account_id) != waiting.watch.generation:
                self._give_up(waiting)

    def _plan(self, watch: Watch) -> None:
        try:
            schedule.plan_now(self._ctx, watch.account_id)
        except BursarError as problem:
            log.warning("new mail of %s waits for the interval: %s", watch.name, problem.code)

    def _give_up(self, waiting: _Waiting) -> None:
        self._selector.unregister(waiting.session.sock)
        waiting.session.close()
        self._forget(waiting.watch.account_id)

    def _forget(self, account_id: str) -> None:
        with self._lock:
            self._watched.discard(account_id)

    def _all(self) -> list[_Waiting]:
        return [key.data for key in self._selector.get_map().values()]
