"""A POP3 session as a source of messages. What is deleted goes when the session ends properly, and not before."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

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


class Pop3Source:
    """UIDLs as ids."""

    shifts = False
    idles = False
    highest = 0

    def __init__(self, pop3: Pop3, note: Callable[[str], None] = lambda _: None) -> None:
        self.pop3 = pop3
        self._note = note
        self._listing = Listing((), ())
        self._due: deque[tuple[str, str, int]] = deque()  # command, UIDL and size of the answers that are yet to come
        self._waiting: deque[str] = deque()  # command lines that wait for the answer to those before
        self._asked: set[str] = set()
        self._bodies: dict[str, bytes | int] = {}
        self._refused: dict[str, CommandRefused] = {}

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
            listing = Listing(self._lines("UIDL"), self._lines("LIST"))
        except CommandRefused as refusal:
            if refusal.command != "UIDL":
                raise
            raise PersonMustAct(
                f'The server gives its messages no lasting ids ("{refusal.answer}"), so Bursar can\'t tell them apart.',
                code="uidl_missing",
                action="Collect this mailbox by IMAP, or ask whoever runs the server for UIDL.",
            ) from None
        self._listing.close()
        self._listing = listing
        for twin in listing.twins():
            self._note(
                f"messages that share the UIDL {printable(twin)} are left on the server: nothing tells them apart"
            )
        yield from listing.pages()

    def sizes(self, messages: Sequence[str]) -> dict[str, int | None]:
        return {uidl: size for uidl, (_, size) in self._listing.numbered(messages).items()}

    def ahead(self, messages: Sequence[str], size: int, largest: int) -> None:
        del largest
        if self.pop3.pipelines:
            self._ask("RETR", [uidl for uidl in messages if uidl not in self._asked], size)

    def bodies(
        self, messages: Sequence[str], size: int, largest: int
    ) -> tuple[dict[str, bytes | int], Exception | None]:
        problem: Exception | None = None
        try:
            self._ask("RETR", [uidl for uidl in messages if uidl not in self._asked], size)
            self._hear(set(messages), largest)
        except (ConnectionLost, OutboundFailed) as interruption:
            problem = interruption
        found = {uidl: self._bodies.pop(uidl) for uidl in messages if uidl in self._bodies}
        refused = [self._refused.pop(uidl) for uidl in messages if uidl in self._refused]
        self._asked.difference_update(messages)
        return found, problem or (refused[0] if refused else None)

    def settle(self, after: After, messages: Sequence[str], ours: Callable[[Collection[str]], bool]) -> Collection[str]:
        del ours
        if after.what is Afterwards.LEAVE:
            return messages
        self._ask("DELE", messages, 0)
        if not self.pop3.pipelines:
            self._hear(set(), 0)
        failpoint("mail.flagged")
        return ()

    def gone(self, messages: Sequence[str]) -> Collection[str]:
        return messages

    def finish(self) -> Iterable[Collection[str]]:
        try:
            self._hear(set(), 0)
            self.pop3.ask("QUIT")
        except CommandRefused as refusal:
            # Some of them are still there (RFC 1939 §6); the next run asks for their deletion again.
            self._note(f"the server did not delete all messages ({refusal.answer})")
            return ()
        except (ConnectionLost, OutboundFailed):
            if self._due or self._listing.has_deleted:
                raise
        finally:
            self.pop3.shutdown()
        failpoint("mail.settled")
        return self._listing.deleted()

    def shutdown(self) -> None:
        self.pop3.shutdown()
        self._listing.close()

    def describe(self, message: str) -> str:
        return f"UIDL {printable(message)}"

    def _lines(self, command: str) -> Iterator[bytes]:
        """A listing, asked for when its first line is wanted, one in memory at a time."""
        self.pop3.allow(LISTING_SECONDS, room=LONGEST_LISTING)
        self.pop3.send(command)
        self.pop3.status(command)
        yield from self.pop3.lines()

    def _ask(self, command: str, messages: Sequence[str], size: int) -> None:
        """Send the command for each message; without pipelining wait for each answer."""
        numbered = [(uidl, number) for uidl, (number, _) in self._listing.numbered(messages).items()]
        if not numbered:
            return
        each = size // len(numbered)
        if not self.pop3.pipelines:
            for uidl, number in numbered:
                self._due.append((command, uidl, each))
                self._waiting.append(f"{command} {number}")
            return
        self._allow()
        self.pop3.send(*commands(command, [number for _, number in numbered]))
        self._due.extend((command, uidl, each) for uidl, _ in numbered)
        if command == "RETR":
            self._asked.update(messages)

    def _hear(self, wanted: set[str], largest: int) -> None:
        """Read answers in their order: until those about `wanted` are in, with nothing wanted all of them."""
        left = {uidl for command, uidl, _ in self._due if command == "RETR" and uidl in wanted}
        self._allow()
        while self._due and (left or not wanted):
            if self._waiting:
                self.pop3.send(self._waiting.popleft())
            command, uidl, _ = self._due[0]
            try:
                self.pop3.status(command)
                if command == "RETR":
                    self._bodies[uidl] = self.pop3.message(largest)
                else:
                    self._listing.delete(uidl)
            except CommandRefused as refusal:
                if command == "RETR":
                    self._refused[uidl] = refusal
                else:
                    self._note(f"the server doesn't mark {self.describe(uidl)} as deleted ({refusal.answer})")
            self._due.popleft()
            left.discard(uidl)

    def _allow(self) -> None:
        """Time and room for everything that is yet to come; sizes are counted with the server's own line ends."""
        size = sum(size for _, _, size in self._due)
        self.pop3.allow(COMMAND_SECONDS, size + size // 8)
