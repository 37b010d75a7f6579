"""At least once, message after message: begun, handed over, recorded. A kill repeats the one in between and no other.

For destinations that can't be asked afterwards what arrived: SMTP, LMTP, a program, a webhook.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from ...testing.failpoints import failpoint
from .destination import Failure, Hold, Parcel
from .names import Names


class Closed(Exception):
    """The destination takes nothing at all just now: it isn't tried with the rest of the batch.

    `doubtful` as in `Failure`, for the message at which it happened.
    """

    def __init__(self, reason: str, *, doubtful: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.doubtful = doubtful


class Courier(Protocol):
    """Carries one message to where it is wanted."""

    def prepare(self) -> None:
        """What can be known before the mailbox is opened. Raises BursarError where nothing can be delivered."""

    def hand(self, parcel: Parcel) -> Failure | None:
        """Hand one message over; None means that it arrived. Raises Closed."""

    def close(self) -> None:
        """End a connection that was kept open."""


class OneByOne:
    """The `Destination` that a courier makes."""

    def __init__(self, courier: Courier) -> None:
        self.courier = courier

    def prepare(self) -> None:
        """Connections are made when there is something to deliver."""
        self.courier.prepare()

    def recover(self, names: Names, wanted: Callable[[str], bool]) -> Collection[str]:
        """Nobody can tell: what was begun is handed over again, under the same id."""
        del names, wanted
        return ()

    def forget(self, ids: Collection[str]) -> None:
        """Nothing is kept for a recovery."""

    def deliver(self, parcels: Sequence[Parcel], hold: Hold) -> Mapping[str, Failure]:
        failures: dict[str, Failure] = {}
        closed: Failure | None = None
        for parcel in parcels:
            if closed is not None:
                failures[parcel.id] = closed
                continue
            hold.keep()
            hold.begin([parcel])
            failpoint("mail.begun")
            try:
                failure = self.courier.hand(parcel)
            except Closed as problem:
                closed = Failure(problem.reason, blocked=True)
                failure = Failure(problem.reason, blocked=True, doubtful=problem.doubtful)
            failpoint("mail.handed")
            if failure is None:
                hold.record([parcel])
                continue
            failures[parcel.id] = failure
            if not failure.doubtful:
                hold.withdraw([parcel])
        return failures

    def close(self) -> None:
        self.courier.close()
