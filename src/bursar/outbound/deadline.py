"""A moment by which all of something has to be done, on the monotonic clock."""

from ..clock import Clock
from .errors import OutboundTimeout


class Deadline:
    """Counts down from when it was made; shared by every step of one exchange."""

    __slots__ = ("_clock", "_end", "seconds")

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self.seconds = seconds
        self._end = clock.monotonic() + seconds

    @classmethod
    def after(cls, clock: Clock, seconds: float) -> "Deadline":
        """The moment `seconds` from now."""
        return cls(clock, seconds)

    def remaining(self) -> float:
        """Seconds left, always more than zero. Raises OutboundTimeout when none are."""
        left = self._end - self._clock.monotonic()
        if left <= 0:
            raise OutboundTimeout(f"There was no complete answer within {self.seconds:g} s.")
        return left
