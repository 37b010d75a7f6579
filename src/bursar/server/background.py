"""A thread beside the pages. If it ends in an exception the whole process ends, so that nobody trusts half a server."""

import logging
import threading
from collections.abc import Callable

log = logging.getLogger("bursar.server")


class Background:
    """Runs `work`, which returns when it is asked to end; calls `on_failure` if it ends by an exception instead."""

    def __init__(self, work: Callable[[], None], on_failure: Callable[[], None]) -> None:
        self._work = work
        self._on_failure = on_failure
        self._thread = threading.Thread(target=self._run, name="bursar-scheduler", daemon=True)
        self.failed = False

    def start(self) -> None:
        self._thread.start()

    def join(self, seconds: float) -> bool:
        """Wait for the end of the work, at most so long. Returns whether it came."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._work()
        except Exception:
            log.exception("The scheduler ended by an error that Bursar did not expect; the server ends too.")
            self.failed = True
            self._on_failure()
