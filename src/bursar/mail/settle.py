"""What happens at the server to messages that are safely delivered: deleted, marked as seen, moved, or left."""

from collections.abc import Collection, Sequence

from ..testing.failpoints import failpoint
from .account import After, Afterwards
from .mailbox import Mailbox


def settle(mailbox: Mailbox, after: After, uids: Sequence[int], ours: Collection[int]) -> None:
    """Do with the messages what the account says; `ours` are all that were delivered. Doing it again does no harm.

    Raises CommandRefused, ConnectionLost.
    """
    match after.what:
        case Afterwards.DELETE:
            mailbox.flag(uids, r"\Deleted")
            failpoint("mail.flagged")
            mailbox.expunge(uids, ours)
        case Afterwards.SEEN:
            mailbox.flag(uids, r"\Seen")
        case Afterwards.MOVE:
            mailbox.move(uids, after.folder, ours)
        case Afterwards.LEAVE:
            pass
    failpoint("mail.settled")
