"""Where messages come from: what IMAP, POP3 and Microsoft Graph have in common for a run."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from .account import After


@dataclass(frozen=True, slots=True)
class Opened:
    """The folder as it was found. `validity` is UIDVALIDITY where there is one: ids are told apart within it."""

    validity: str
    exists: int
    writable: bool


class Source(Protocol):
    """One logged-in session with one folder. Ids are text: a UID, a UIDL, a Graph id.

    Methods raise ConnectionLost or OutboundFailed where the session ended, CommandRefused where the server said no.
    """

    @property
    def shifts(self) -> bool:
        """Whether a listing skips messages after others were taken away, so that it has to begin anew."""

    @property
    def idles(self) -> bool:
        """Whether the server tells of new mail on a connection that waits (IMAP IDLE)."""

    @property
    def highest(self) -> int:
        """The last UID of the listing, where ids are UIDs."""

    def open(self, folder: str, *, read_only: bool) -> Opened:
        """Open the folder; `read_only` where nothing will be changed."""

    def folders(self) -> list[str]:
        """The names of the folders there are, as a person reads them; empty where the server has none."""

    def listing(self) -> Iterator[list[str]]:
        """The ids in the folder, oldest first, in pages."""

    def sizes(self, messages: Sequence[str]) -> Mapping[str, int | None]:
        """Size in bytes as the server says, None where it doesn't; what is gone meanwhile is missing."""

    def ahead(self, messages: Sequence[str], size: int, largest: int) -> None:
        """Begin to ask for messages that `bodies` will be called for after those of before. May do nothing."""

    def bodies(
        self, messages: Sequence[str], size: int, largest: int
    ) -> tuple[dict[str, bytes | int], Exception | None]:
        """The messages byte for byte, and what interrupted: what came whole before counts all the same.

        `size` is what is expected in all. A message of more than `largest` bytes may be given as that number, or a
        larger one, instead of its bytes.
        """

    def settle(self, after: After, messages: Sequence[str], ours: Callable[[Collection[str]], bool]) -> Collection[str]:
        """Do with delivered messages what the account says; doing it again does no harm. Returns those it is done for.

        `ours` tells whether all of some messages were delivered by this account.
        """

    def gone(self, messages: Sequence[str]) -> Collection[str]:
        """Of messages that a whole listing didn't show, those that are surely gone."""

    def finish(self) -> Iterable[Collection[str]]:
        """End the session properly. Returns the messages that were settled only by this end, in pages."""

    def shutdown(self) -> None:
        """Close the connection at once."""

    def describe(self, message: str) -> str:
        """How a person finds the message: `UID 7`."""
