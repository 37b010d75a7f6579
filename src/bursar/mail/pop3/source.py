"""A POP3 session as a source of messages. What is deleted goes when the session ends properly, and not before."""

from collections.abc import Callable, Collection, Iterator, Sequence

from ...errors import PersonMustAct
from ...outbound import OutboundFailed
from ...testing.failpoints import failpoint
from ..account import After, Afterwards
from ..connect import COMMAND_SECONDS
from ..dialogue import CommandRefused, ConnectionLost
from ..sasl import printable
from ..source import Opened
from .connection import LONGEST_LISTING, Pop3, commands
from .listing import Listing

LISTING_SECONDS = 300.0
DEPTH = 100  # commands that are sent before their answers are read, where the server takes that


class Pop3Source:
    """UIDLs as ids."""

    shifts = False
    idles = False
    highest = 0

    def __init__(self, pop3: Pop3, note: Callable[[str], None] = lambda _: None) -> None:
        self.pop3 = pop3
        self._note = note
        self._listing = Listing((), ())
        self._deleted: list[str] = []

    def open(self, folder: str, *, read_only: bool) -> Opened:
        del folder, read_only  # there is the inbox alone, and it may be written
        exists, _, _ = self.pop3.ask("STAT").partition(" ")
        if not exists.isdigit():
            raise ConnectionLost("the server didn't say how many messages there are")
        return Opened("", int(exists), True)

    def folders(self) -> list[str]:
        return []

    def listing(self) -> Iterator[list[str]]:
        try:
            self._listing = Listing(self._lines("UIDL"), self._lines("LIST"))
        except CommandRefused as refusal:
            if refusal.command != "UIDL":
                raise
            raise PersonMustAct(
                f'The server gives its messages no lasting ids ("{refusal.answer}"), so Bursar can\'t tell them apart.',
                code="uidl_missing",
                action="Collect this mailbox by IMAP, or ask whoever runs the server for UIDL.",
            ) from None
        twins = set(self._listing.twins())
        for twin in twins:
            self._note(
                f"messages that share the UIDL {printable(twin)} are left on the server: nothing tells them apart"
            )
        for page in self._listing.pages():
            yield [uidl for uidl in page if uidl not in twins] if twins else page

    def sizes(self, messages: Sequence[str]) -> dict[str, int | None]:
        found: dict[str, int | None] = {}
        for uidl in messages:
            if (number := self._listing.number(uidl)) is not None:
                found[uidl] = self._listing.size(number)
        return found

    def bodies(
        self, messages: Sequence[str], size: int, largest: int
    ) -> tuple[dict[str, bytes | int], Exception | None]:
        numbered = self._numbered(messages)
        found: dict[str, bytes | int] = {}
        problem: Exception | None = None
        self.pop3.allow(COMMAND_SECONDS, size + size // 8)  # sizes are counted with the server's own line ends
        try:
            for (uidl, _), answer in self._each("RETR", numbered):
                try:
                    answer()
                    found[uidl] = self.pop3.message(largest)
                except CommandRefused as refusal:
                    problem = refusal
        except (ConnectionLost, OutboundFailed) as interruption:
            problem = interruption
        return found, problem

    def settle(self, after: After, messages: Sequence[str], ours: Callable[[Collection[str]], bool]) -> Collection[str]:
        del ours
        if after.what is Afterwards.LEAVE:
            return messages
        self.pop3.allow(COMMAND_SECONDS)
        for (uidl, number), answer in self._each("DELE", self._numbered(messages)):
            try:
                answer()
                self._deleted.append(uidl)
            except CommandRefused as refusal:
                self._note(f"the server doesn't mark message {number} as deleted ({refusal.answer})")
        failpoint("mail.flagged")
        return ()

    def gone(self, messages: Sequence[str]) -> Collection[str]:
        return messages

    def finish(self) -> Collection[str]:
        deleted, self._deleted = self._deleted, []
        try:
            self.pop3.ask("QUIT")
        except CommandRefused as refusal:
            # Some of them are still there (RFC 1939 §6); the next run asks for their deletion again.
            self._note(f"the server did not delete all messages ({refusal.answer})")
            return ()
        except (ConnectionLost, OutboundFailed):
            if deleted:
                raise
        finally:
            self.pop3.shutdown()
        failpoint("mail.settled")
        return deleted

    def shutdown(self) -> None:
        self.pop3.shutdown()

    def describe(self, message: str) -> str:
        return f"UIDL {printable(message)}"

    def _lines(self, command: str) -> Iterator[bytes]:
        """A listing, asked for when its first line is wanted, one in memory at a time."""
        self.pop3.allow(LISTING_SECONDS, room=LONGEST_LISTING)
        self.pop3.send(command)
        self.pop3.status(command)
        yield from self.pop3.lines()

    def _numbered(self, messages: Sequence[str]) -> list[tuple[str, int]]:
        pairs = ((uidl, self._listing.number(uidl)) for uidl in messages)
        return [(uidl, number) for uidl, number in pairs if number is not None]

    def _each(
        self, command: str, numbered: Sequence[tuple[str, int]]
    ) -> Iterator[tuple[tuple[str, int], Callable[[], str]]]:
        """Send the command for each message, as many at once as the server takes, and yield when its answer is due."""
        depth = DEPTH if self.pop3.pipelines else 1
        ahead = 0
        for at, pair in enumerate(numbered):
            if at == ahead:
                some = [number for _, number in numbered[at : at + depth]]
                self.pop3.send(*commands(command, some))
                ahead += len(some)
            yield pair, lambda: self.pop3.status(command)
