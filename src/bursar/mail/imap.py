"""One IMAP connection: stdlib imaplib on sockets of `outbound`, with deadlines, bounds and no downgrade."""

import contextlib
import imaplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from ..errors import BursarError, Refused
from ..keyring import Secret
from ..outbound import Deadline, Door
from ..outbound.sockets import AnySocket
from .account import AccountType, Authentication
from .connect import (
    BYTES_A_SECOND,
    CONNECT_SECONDS,
    LOGIN_SECONDS,
    LOGOUT_SECONDS,
    connect,
    encryption_of,
    socket_errors,
)
from .dialogue import CommandRefused, ConnectionLost, LoginRefused
from .sasl import Challenge, Dialogue, Mechanism, choose, choose_for_password, initial_response, printable
from .wire import Wire

if TYPE_CHECKING:
    from typing_extensions import Buffer

ALLOWANCE = 32 << 20  # bytes a command may bring besides what it asked for: one line lists a whole mailbox


@dataclass(frozen=True, slots=True)
class Pending:
    """A command that was sent, and whose answer is yet to come."""

    name: str
    tag: Any


class Imap(imaplib.IMAP4):
    """A connection that is encrypted, or plain to a loopback address, before anything else may happen.

    Raises Refused (nothing secret was sent), Temporary (network), `outbound` errors, or ConnectionLost.
    """

    def __init__(self, door: Door, kind: AccountType, host: str, port: int, ca_file: str = "") -> None:
        self._door = door
        self._clock = door.clock
        self._kind = kind
        self._ca_file = ca_file or None
        self.deadline = Deadline.after(self._clock, CONNECT_SECONDS)
        with _explained():
            super().__init__(host, port)
            try:
                self._secure()
            except BaseException:
                self.shutdown()
                raise

    @property
    def peer(self) -> str:
        """The address that is spoken to."""
        return str(self.sock.getpeername()[0])

    @property
    def encryption(self) -> str:
        """TLS version and cipher, and for whom the certificate is; empty where the connection is plain."""
        return encryption_of(self._connected)

    def allow(self, seconds: float, size: int = 0) -> None:
        """What is asked next has `seconds`, and more time and room where it is to bring `size` bytes."""
        self.deadline = Deadline.after(self._clock, seconds + size / BYTES_A_SECOND)
        self._wire.budget = ALLOWANCE + 2 * size

    def start(self, name: str, *arguments: str) -> Pending:
        """Send a command and don't wait for its answer: `complete` does. Commands are answered in their order."""
        with _explained():
            return Pending(name, self._command(name, *arguments))

    def complete(self, pending: "Pending") -> None:
        """Wait for the answer, within what was allowed. Raises CommandRefused."""
        with _explained():
            try:
                status, data = self._command_complete(pending.name, pending.tag)
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error as problem:
                raise CommandRefused(pending.name, printable(str(problem))) from None
        if status != "OK":
            raise CommandRefused(pending.name, text_of(data))

    def run(self, name: str, *arguments: str) -> None:
        """One command within what was allowed; untagged data stays in `untagged_responses`. Raises CommandRefused."""
        with _explained():
            try:
                status, data = self._simple_command(name, *arguments)
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error as problem:
                raise CommandRefused(name, printable(str(problem))) from None
        if status != "OK":
            raise CommandRefused(name, text_of(data))

    def log_in(self, login: str, secret: Secret, authentication: Authentication = Authentication.TOKEN) -> Mechanism:
        """Log in with a token, or a password; the dialogue is finished in any case (SEC-56). Raises LoginRefused."""
        with_token = authentication is Authentication.TOKEN
        mechanism = choose(self.capabilities, self.host) if with_token else choose_for_password(self.capabilities)
        response = initial_response(mechanism, login, secret, self.host, self.port)
        dialogue = Dialogue(mechanism, response)
        self.allow(LOGIN_SECONDS)
        try:
            if mechanism is Mechanism.LOGIN:
                self._encoding = "utf-8"  # imaplib's own is ASCII
                self.run("LOGIN", astring(login), astring(secret.reveal()))
            else:
                self.literal = cast("Any", dialogue.answer)
                self.run("AUTHENTICATE", mechanism)
        except CommandRefused as refusal:
            raise LoginRefused(refusal.answer, dialogue.challenge or Challenge()) from None
        self.state = "AUTH"
        with _explained():
            self._get_capabilities()
        return mechanism

    def next_tag(self) -> bytes:
        """A tag for a command that imaplib doesn't know."""
        tag: bytes = self._new_tag()
        return tag

    def line(self) -> bytes:
        """The next line, whatever it is. Raises ConnectionLost."""
        with _explained():
            return self._wire.line()

    @property
    def has_pending(self) -> bool:
        """Whether bytes came that were not asked for yet, inside TLS too."""
        return self._wire.pending > 0 or (isinstance(self._connected, ssl.SSLSocket) and self._connected.pending() > 0)

    @property
    def connected(self) -> AnySocket:
        """The socket as it is spoken through."""
        return self._connected

    def leave(self) -> None:
        """LOGOUT as far as the server goes along, then close."""
        self.allow(LOGOUT_SECONDS)
        with contextlib.suppress(imaplib.IMAP4.error, ConnectionLost, OSError, BursarError):
            self.state = "LOGOUT"
            self._simple_command("LOGOUT")
        self.shutdown()

    def _secure(self) -> None:
        if self.state != "NONAUTH":
            raise Refused(
                "The server greeted as if the login had happened (PREAUTH), so nothing was sent.",
                code="greeting_preauth",
                action="Check the host and the port of the account.",
            )
        if self._kind is AccountType.IMAPTLS:
            self._start_tls()

    def _start_tls(self) -> None:
        if "STARTTLS" not in self.capabilities:
            raise Refused(
                f"The server {self.host} offers no STARTTLS, so no login was sent.",
                code="starttls_missing",
                action="Use type IMAPS with port 993, or look for what strips STARTTLS on the way.",
            )
        try:
            self.run("STARTTLS")
        except CommandRefused as refusal:
            raise Refused(f"The server refused STARTTLS: {refusal.answer}", code="starttls_refused") from None
        if self._wire.pending:
            raise Refused(
                "The server sent data in front of the encryption, as an attacker would; no login was sent.",
                code="starttls_injection",
                action="Use type IMAPS with port 993.",
            )
        self._use(self._wrapped())
        self._tls_established = True
        self.untagged_responses = {}
        self._get_capabilities()

    def _use(self, sock: AnySocket) -> None:
        self.sock = sock
        self._connected = sock
        self._wire = Wire(sock, self._clock, lambda: self.deadline, ALLOWANCE)

    # What imaplib calls for bytes; the standard library documents these as overridable.

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:  # noqa: ARG002
        self.host, self.port = host, port
        sock = connect(self._door, self._kind, host, port, self.deadline)
        self._plain = sock
        self._use(self._wrapped() if self._kind is AccountType.IMAPS else sock)

    def _wrapped(self) -> AnySocket:
        self._plain.deadline = self.deadline
        return self._door.wrap_tls(self._plain, self.host, ca_file=self._ca_file)

    def read(self, size: int) -> bytes:
        return self._wire.exactly(size)

    def readline(self) -> bytes:
        return self._wire.line()

    def send(self, data: "Buffer") -> None:
        self._connected.deadline = self.deadline
        self._connected.sendall(data)

    def shutdown(self) -> None:
        with contextlib.suppress(OSError):
            self.sock.close()
        self._wire.forget()


def astring(text: str) -> str:
    """A quoted string (RFC 9051 §4.3); `initial_response` has refused control characters."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def text_of(data: list[Any]) -> str:
    """The text of a command's answer, printable and bounded."""
    parts = [part.decode(errors="replace") for part in data if isinstance(part, bytes)]
    return printable(" ".join(parts))


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    """imaplib's errors and bare socket errors become ConnectionLost; Bursar's own pass."""
    with socket_errors():
        try:
            yield
        except imaplib.IMAP4.error as problem:
            raise ConnectionLost(printable(str(problem))) from problem
