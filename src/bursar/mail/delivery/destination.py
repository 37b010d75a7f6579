"""What every destination promises, and what it may rely on while it delivers."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from .names import Names


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message on its way. `id` is the stable delivery id: the same message has the same one after any restart."""

    id: str
    message: str  # the message's id within account, folder and validity: the ledger's key
    body: bytes
    recipient: str  # the address that dispatching found, else the account's login: the envelope's, where one is needed


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a destination did not take one message.

    `permanent`: it never will, so the message stays on the server in quarantine until a person looks at it.
    `blocked`: it may be that it takes no message at all just now; where many in a row fail so, the run ends.
    `doubtful`: the connection or the program ended before it said anything, so the message may have arrived all the
    same; it is handed over again.
    """

    reason: str
    permanent: bool = False
    blocked: bool = False
    doubtful: bool = False


class Hold(Protocol):
    """What the run lends a destination: the lease on the account, and the ledger."""

    def keep(self) -> None:
        """Extend the lease, before anything becomes visible. Raises LeaseLost: then nothing more may be delivered."""

    def begin(self, parcels: Sequence[Parcel]) -> None:
        """Write that these are being handed over, where a kill could leave open whether they arrived."""

    def withdraw(self, parcels: Sequence[Parcel]) -> None:
        """Take `begin` back: these have surely not arrived."""

    def record(self, parcels: Sequence[Parcel]) -> None:
        """Write that these arrived, all or none, synced. After it they are never delivered again."""


class Destination(Protocol):
    """Takes messages durably. Exactly once where a look at the place tells what has arrived; else at least once, with
    `begin` before and `record` after each message, so that a kill repeats at most one.
    """

    def prepare(self) -> None:
        """Make what is missing, before the mailbox is opened. Raises BursarError where nothing can be delivered."""

    def recover(self, names: Names, wanted: Callable[[str], bool]) -> Collection[str]:
        """Ids of deliveries that arrived before a kill but are not in the ledger, of those `wanted`.

        Empty where the place can't tell. The run records them and then calls `forget`.
        """

    def forget(self, ids: Collection[str]) -> None:
        """The ledger knows these now: what was kept for their recovery may go."""

    def deliver(self, parcels: Sequence[Parcel], hold: Hold) -> Mapping[str, Failure]:
        """Deliver and record; returns the failures by id, everything else was recorded.

        Raises LeaseLost, or Temporary (`destination_failed`) where the destination can't be used at all.
        """

    def close(self) -> None:
        """End connections that were kept open."""
