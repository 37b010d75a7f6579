"""One connection that waits with IDLE (RFC 2177) and says when there is new mail."""

import re
from typing import TYPE_CHECKING

from ..context import Context
from ..outbound.sockets import AnySocket
from ..uses import Consumer
from .connect import COMMAND_SECONDS
from .dialogue import ConnectionLost
from .imap import Imap
from .login import credentials_of, open_session
from .mailbox import Mailbox

if TYPE_CHECKING:
    from .collect import Watch

ANSWER_SECONDS = 10.0
_NEW = re.compile(rb"\* (\d{1,10}) (EXISTS|RECENT)\b", re.IGNORECASE)


class IdleSession:
    """Made by `begin`. `missed`: there was new mail before the waiting began. Not for several threads at once."""

    def __init__(self, imap: Imap, exists: int, missed: bool) -> None:
        self._imap = imap
        self._exists = exists
        self._tag = b""
        self.missed = missed
        self._idle()
        self.sock.uncount()  # as many as MailAccount::IMAP::IdleConnections may wait, and none holds a run up

    @property
    def sock(self) -> AnySocket:
        """What becomes readable when the server says something."""
        return self._imap.connected

    def heard(self) -> bool:
        """Read what came. True if there are more messages than before. Raises ConnectionLost at BYE or the end."""
        news = False
        self._imap.allow(ANSWER_SECONDS)
        while True:
            news = self._judge(self._imap.line()) or news
            if not self._imap.has_pending:
                return news

    def renew(self) -> bool:
        """End IDLE and begin it again, so that neither the server nor a NAT table forgets. True as for `heard`."""
        self._imap.allow(ANSWER_SECONDS)
        self._imap.send(b"DONE\r\n")
        news = False
        while not (line := self._imap.line()).startswith(self._tag):
            news = self._judge(line) or news
        self._idle()
        return news

    def close(self) -> None:
        """Hang up; a read-only session leaves nothing behind."""
        self._imap.shutdown()

    def _idle(self) -> None:
        self._imap.allow(ANSWER_SECONDS)
        self._tag = self._imap.next_tag()
        self._imap.send(self._tag + b" IDLE\r\n")
        while not (line := self._imap.line()).startswith(b"+"):
            if line.startswith(self._tag):
                raise ConnectionLost("the server refused IDLE")
            self.missed = self._judge(line) or self.missed

    def _judge(self, line: bytes) -> bool:
        if line.upper().startswith(b"* BYE"):
            raise ConnectionLost(line.decode(errors="replace").strip())
        found = _NEW.match(line)
        if found is None or found[2].upper() == b"RECENT":
            return False
        count, before = int(found[1]), self._exists
        self._exists = count
        return count > before


def begin(ctx: Context, watch: "Watch") -> IdleSession:
    """Log in, open the folder read-only and wait. Raises what `open_session` raises, CommandRefused, ConnectionLost."""
    by = Consumer("mail", watch.account_id, watch.name)
    imap = open_session(ctx, watch.target, credentials_of(ctx, watch.target, by))
    try:
        selected = Mailbox(imap).select(watch.folder, read_only=True)
        imap.allow(COMMAND_SECONDS)
        missed = selected.uidnext is None or selected.uidnext - 1 > watch.highest
        return IdleSession(imap, selected.exists, missed and selected.exists > 0)
    except BaseException:
        imap.shutdown()
        raise
