"""A clock that stands still until it is told to move, and dice that fall the same way every time."""

import base64
import random
import threading
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class FakeClock:
    """Satisfies `bursar.clock.Clock`. `advance` moves the wall and the monotonic clock; `jump` only the wall's."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now
        self._monotonic = 1000.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        with self._lock:
            return self._now

    def monotonic(self) -> float:
        with self._lock:
            return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass. Raises ValueError for less than nothing: a monotonic clock never goes back."""
        if seconds < 0:
            raise ValueError("time does not go back; use jump for a clock that was set")
        with self._lock:
            self._now += timedelta(seconds=seconds)
            self._monotonic += seconds

    def jump(self, seconds: float) -> None:
        """Set the wall clock forward or back, as an administrator or NTP does; no time passes."""
        with self._lock:
            self._now += timedelta(seconds=seconds)


class FakeRandomness:
    """Satisfies `bursar.clock.Randomness`, from a seed: for tests alone, nothing here is unpredictable."""

    def __init__(self, seed: int = 0) -> None:
        self._dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._lock = threading.Lock()

    def token(self, nbytes: int) -> str:
        return base64.urlsafe_b64encode(self.bytes(nbytes)).rstrip(b"=").decode()

    def bytes(self, nbytes: int) -> bytes:
        with self._lock:
            return self._dice.randbytes(nbytes)

    def uniform(self, low: float, high: float) -> float:
        with self._lock:
            return self._dice.uniform(low, high)
