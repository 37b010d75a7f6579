"""Time and randomness, as things that are handed in. Nothing else in Bursar reads the clock or the dice."""

import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """UTC for what is stored, a monotonic count of seconds for what is waited for."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class Randomness(Protocol):
    """Unpredictable values; `uniform` is for jitter only."""

    def token(self, nbytes: int) -> str: ...

    def bytes(self, nbytes: int) -> bytes: ...

    def uniform(self, low: float, high: float) -> float: ...


class SystemRandomness:
    """The operating system's randomness."""

    _system = secrets.SystemRandom()

    def token(self, nbytes: int) -> str:
        """URL-safe text that carries `nbytes` bytes of entropy."""
        return secrets.token_urlsafe(nbytes)

    def bytes(self, nbytes: int) -> bytes:
        return secrets.token_bytes(nbytes)

    def uniform(self, low: float, high: float) -> float:
        return self._system.uniform(low, high)


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970, the stored form of every instant: it sorts and compares alike on every database."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    """The instant that `to_micros` stored."""
    return EPOCH + timedelta(microseconds=micros)


def rfc3339(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC with whole seconds (`2026-11-23T14:32:00Z`), None for None."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
