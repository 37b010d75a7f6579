"""An IMAP session as a source of messages."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from ..testing.failpoints import failpoint
from .account import After, Afterwards
from .imap import Imap
from .mailbox import Mailbox
from .source import Opened

PAGE = 500


class ImapSource:
    """UIDs as text."""

    shifts = False

    def __init__(self, imap: Imap) -> None:
        self.imap = imap
        self._mailbox = Mailbox(imap)
        self._exists = 0
        self._before = 0
        self.highest = 0

    def open(self, folder: str, *, read_only: bool) -> Opened:
        selected = self._mailbox.select(folder, read_only=read_only)
        self._exists = selected.exists
        # Below UIDNEXT there is nothing that this session doesn't see.
        self._before = (selected.uidnext or 1) - 1
        return Opened(str(selected.uidvalidity), selected.exists, selected.writable)

    @property
    def idles(self) -> bool:
        return "IDLE" in self.imap.capabilities

    def folders(self) -> list[str]:
        return self._mailbox.folders()

    def listing(self) -> Iterator[list[str]]:
        self.highest = 0
        for uids in self._mailbox.windows(self._exists):
            self.highest = uids[-1]
            for start in range(0, len(uids), PAGE):
                yield [str(uid) for uid in uids[start : start + PAGE]]

    def sizes(self, messages: Sequence[str]) -> dict[str, int | None]:
        return {str(uid): size for uid, size in self._mailbox.sizes([int(uid) for uid in messages]).items()}

    def ahead(self, messages: Sequence[str], size: int, largest: int) -> None:
        del largest
        self._mailbox.ahead([int(uid) for uid in messages], size)

    def bodies(
        self, messages: Sequence[str], size: int, largest: int
    ) -> tuple[dict[str, bytes | int], Exception | None]:
        del largest  # the sizes were asked for, and IMAP's are exact
        found, problem = self._mailbox.bodies([int(uid) for uid in messages], size)
        return {str(uid): body for uid, body in found.items()}, problem

    def settle(self, after: After, messages: Sequence[str], ours: Callable[[Collection[str]], bool]) -> Collection[str]:
        uids = [int(uid) for uid in messages]
        mailbox = self._mailbox

        def all_ours(some: Collection[int]) -> bool:
            return ours([str(uid) for uid in some])

        match after.what:
            case Afterwards.DELETE:
                mailbox.delete(uids, all_ours)
                failpoint("mail.flagged")
            case Afterwards.SEEN:
                mailbox.flag(uids, r"\Seen")
            case Afterwards.MOVE:
                mailbox.move(uids, after.folder, all_ours)
            case Afterwards.LEAVE:
                pass
        failpoint("mail.settled")
        return messages

    def gone(self, messages: Sequence[str]) -> Collection[str]:
        return messages  # SEARCH shows all there are

    def finish(self) -> Iterable[Collection[str]]:
        self.highest = max(self.highest, self._before)
        self.imap.leave()
        return ()

    def shutdown(self) -> None:
        self.imap.shutdown()

    def describe(self, message: str) -> str:
        return f"UID {message}"
