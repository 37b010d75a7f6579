"""What the test asks of each protocol: connect, log in, open, hang up."""

from collections.abc import Collection
from typing import Protocol

from ...context import Context
from .. import explain
from ..connect import CONNECT_SECONDS, connect, encryption_of
from ..dialogue import CommandRefused
from ..graph.client import Graph
from ..graph.folder import Folders
from ..imap import Imap
from ..login import Credentials, Target
from ..mailbox import Mailbox
from ..pop3.login import SPLIT_HOSTS, connect_to, log_in
from ..pop3.source import Pop3Source


class Trial(Protocol):
    """One connection that is tried. Attributes are there once `connect` returned."""

    peer: str
    encryption: str
    capabilities: str

    def connect(self) -> None:
        """Up to the capabilities. Raises BursarError, ConnectionLost."""

    def log_in(self, credentials: Credentials) -> str:
        """The mechanism. Raises LoginRefused, BursarError, ConnectionLost."""

    def open(self, folder: str) -> tuple[str, int]:
        """What is said of the folder, and how many messages it has. Raises BursarError, ConnectionLost."""

    def close(self) -> None:
        """Hang up properly."""


def trial_of(ctx: Context, target: Target) -> Trial:
    """The trial for the target's type."""
    match target.type.protocol:
        case "graph":
            return GraphTrial(ctx, target)
        case "pop3":
            return Pop3Trial(ctx, target)
        case _:
            return ImapTrial(ctx, target)


class ImapTrial:
    """IMAP."""

    def __init__(self, ctx: Context, target: Target) -> None:
        self._ctx, self._target = ctx, target
        self._imap: Imap | None = None
        self.peer = self.encryption = self.capabilities = ""

    def connect(self) -> None:
        target = self._target
        self.close()
        self._imap = imap = Imap(self._ctx.door, target.type, target.host, target.port, target.ca_file)
        self.peer, self.encryption = imap.peer, imap.encryption
        self.capabilities = _told(imap.capabilities, ("UIDPLUS", "MOVE", "IDLE"))

    def log_in(self, credentials: Credentials) -> str:
        assert self._imap is not None
        return self._imap.log_in(self._target.login, credentials.secret(), credentials.authentication)

    def open(self, folder: str) -> tuple[str, int]:
        assert self._imap is not None
        mailbox = Mailbox(self._imap)
        try:
            selected = mailbox.select(folder, read_only=True)
        except CommandRefused as refusal:
            try:
                folders = mailbox.folders()
            except CommandRefused:
                folders = []
            raise explain.folder_refused(folder, refusal.answer, folders) from None
        return f'"{folder}" opens, UIDVALIDITY {selected.uidvalidity}', selected.exists

    def close(self) -> None:
        if self._imap is not None:
            self._imap.leave()
            self._imap = None


class Pop3Trial:
    """POP3."""

    def __init__(self, ctx: Context, target: Target) -> None:
        self._ctx, self._target = ctx, target
        self._source: Pop3Source | None = None
        self.peer = self.encryption = self.capabilities = ""

    def connect(self) -> None:
        self.close()
        pop3 = connect_to(self._ctx, self._target)
        self._source = Pop3Source(pop3)
        self.peer, self.encryption = pop3.peer, pop3.encryption
        self.capabilities = _told(
            [*pop3.auth_capabilities(), *pop3.capabilities], ("UIDL", "PIPELINING", "USER", "TOP")
        )

    def log_in(self, credentials: Credentials) -> str:
        assert self._source is not None
        split_hosts = self._ctx.settings.get(SPLIT_HOSTS)
        secret = credentials.secret()
        return log_in(self._source.pop3, self._target.login, secret, credentials.authentication, split_hosts)

    def open(self, folder: str) -> tuple[str, int]:
        assert self._source is not None
        try:
            opened = self._source.open(folder, read_only=True)
            list(self._source.listing())
        except CommandRefused as refusal:
            raise explain.command_refused(refusal.command, refusal.answer) from None
        return "the inbox opens, and its messages have lasting ids (UIDL)", opened.exists

    def close(self) -> None:
        if self._source is not None:
            self._source.pop3.leave()
            self._source = None


class GraphTrial:
    """Microsoft Graph: an HTTPS connection first, then the mailbox by it."""

    def __init__(self, ctx: Context, target: Target) -> None:
        self._ctx, self._target = ctx, target
        self._graph: Graph | None = None
        self.peer = self.encryption = ""
        self.capabilities = "Microsoft Graph v1.0"

    def connect(self) -> None:
        target = self._target
        if self._ctx.door.rules().proxy_for(target.host) is not None:
            self.peer, self.encryption = "the proxy of WebUserAgent::Proxy", "to the provider, through the proxy"
            return
        deadline = self._ctx.door.deadline(CONNECT_SECONDS)
        plain = connect(self._ctx.door, target.type, target.host, target.port, deadline)
        sock = self._ctx.door.wrap_tls(plain, target.host, ca_file=target.ca_file or None)
        try:
            self.peer, self.encryption = str(sock.getpeername()[0]), encryption_of(sock)
        finally:
            sock.close()

    def log_in(self, credentials: Credentials) -> str:
        self.close()
        self._graph = Graph(self._ctx, self._target, credentials)
        Folders(self._graph).read("inbox")
        return "a bearer token"

    def open(self, folder: str) -> tuple[str, int]:
        assert self._graph is not None
        folders = Folders(self._graph)
        try:
            found = folders.find(folder)
            if found is None:
                raise explain.folder_refused(folder, "there is no such folder", folders.paths())
        except CommandRefused as refusal:
            raise explain.command_refused(refusal.command, refusal.answer) from None
        return f'"{folder}" opens', int(found.get("totalItemCount") or 0)

    def close(self) -> None:
        if self._graph is not None:
            self._graph.close()
            self._graph = None


def _told(words: Collection[str], wanted: tuple[str, ...]) -> str:
    offered = [word.removeprefix("AUTH=") for word in words if word.startswith("AUTH=")]
    extensions = [word for word in wanted if word in words]
    return f"logins {', '.join(offered) or 'not told'}; extensions {', '.join(extensions) or 'none'}"
