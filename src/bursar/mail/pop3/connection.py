"""One POP3 connection (RFC 1939, RFC 2449, RFC 2595): deadlines, bounds, pipelining, and no downgrade."""

import contextlib
from collections.abc import Iterator, Sequence

from ...errors import BursarError, Refused
from ...outbound import Deadline, Door
from ...outbound.sockets import AnySocket
from ..account import AccountType
from ..connect import (
    BYTES_A_SECOND,
    COMMAND_SECONDS,
    CONNECT_SECONDS,
    LOGOUT_SECONDS,
    connect,
    encryption_of,
    socket_errors,
)
from ..dialogue import CommandRefused, ConnectionLost
from ..sasl import printable
from ..wire import Wire

ALLOWANCE = 1 << 20  # bytes that an answer may bring besides what was asked for
LONGEST_LISTING = 256 << 20
_END = b"\r\n.\r\n"


class Pop3:
    """A connection that is encrypted, or plain to a loopback address, before anything else may happen.

    Raises Refused (nothing secret was sent), Temporary (network), `outbound` errors, ConnectionLost or CommandRefused.
    """

    def __init__(self, door: Door, kind: AccountType, host: str, port: int, ca_file: str = "") -> None:
        self.host, self.port = host, port
        self._door = door
        self._kind = kind
        self._ca_file = ca_file or None
        self.capabilities: dict[str, str] = {}
        self.deadline = Deadline.after(door.clock, CONNECT_SECONDS)
        with socket_errors():
            self._plain = connect(door, kind, host, port, self.deadline)
            self._use(self._plain)
            try:
                if not kind.is_plain and not kind.starts_tls:
                    self._use(self._wrapped())
                self.status("the greeting")
                self.read_capabilities()
                if kind.starts_tls:
                    self._start_tls()
            except BaseException:
                self.shutdown()
                raise

    @property
    def peer(self) -> str:
        """The address that is spoken to."""
        return str(self._plain_peer)

    @property
    def encryption(self) -> str:
        """As `connect.encryption_of`."""
        return encryption_of(self._sock)

    @property
    def pipelines(self) -> bool:
        """Whether commands may be sent before the answers to earlier ones came (RFC 2449 §6.6)."""
        return "PIPELINING" in self.capabilities

    def allow(self, seconds: float, size: int = 0, room: int = ALLOWANCE) -> None:
        """What is asked next has `seconds`, and more time and room where it is to bring `size` bytes."""
        self.deadline = Deadline.after(self._door.clock, seconds + size / BYTES_A_SECOND)
        self._wire.budget = room + 2 * size

    def send(self, *lines: str) -> None:
        """Send command lines, at once."""
        with socket_errors():
            self._sock.deadline = self.deadline
            self._sock.sendall(b"".join(line.encode() + b"\r\n" for line in lines))

    def line(self) -> bytes:
        """The next line without its end."""
        with socket_errors():
            return self._wire.line().rstrip(b"\r\n")

    def status(self, command: str) -> str:
        """The rest of an answer's `+OK` line. Raises CommandRefused at `-ERR`."""
        line = self.line()
        word, _, rest = line.partition(b" ")
        text = printable(rest.decode(errors="replace"))
        if word == b"+OK":
            return text
        if word == b"-ERR":
            raise CommandRefused(command, text or "-ERR")
        raise ConnectionLost(f"the server answered {printable(line.decode(errors='replace'))[:80]!r} to {command}")

    def ask(self, command: str, seconds: float = COMMAND_SECONDS) -> str:
        """One command with an answer of one line."""
        self.allow(seconds)
        self.send(command)
        return self.status(command.partition(" ")[0])

    def message(self, most: int) -> bytes | int:
        """What follows the `+OK` of a RETR, byte for byte without the dots that were put before dots (RFC 1939 §3).

        Its size instead, where it is larger than `most`; it is read to its end then.
        """
        with socket_errors():
            self._wire.back(b"\r\n")  # the end of the status line may be the beginning of the end
            found = self._wire.until(_END, most + len(_END) + 2)
        if isinstance(found, int):
            return found - len(_END)
        # A line begins after CRLF and nowhere else: a bare LF is part of a line.
        return found[:-3].replace(b"\r\n.", b"\r\n")[2:]

    def lines(self) -> Iterator[bytes]:
        """The lines of a listing, without their ends, up to the dot."""
        while (line := self.line()) != b".":
            yield line[1:] if line[:1] == b"." else line

    def read_capabilities(self) -> None:
        """Ask with CAPA; a server that doesn't know it has none."""
        self.capabilities = {}
        self.allow(COMMAND_SECONDS)
        self.send("CAPA")
        try:
            self.status("CAPA")
        except CommandRefused:
            return
        for line in self.lines():
            word, _, rest = line.decode(errors="replace").strip().partition(" ")
            if word:
                self.capabilities[word.upper()] = printable(rest)

    def auth_capabilities(self) -> list[str]:
        """The offered SASL mechanisms, written as IMAP writes them."""
        return [f"AUTH={word}" for word in self.capabilities.get("SASL", "").upper().split()]

    def leave(self) -> None:
        """QUIT as far as the server goes along, then close. For sessions that delete nothing."""
        with contextlib.suppress(CommandRefused, ConnectionLost, OSError, BursarError):
            self.ask("QUIT", LOGOUT_SECONDS)
        self.shutdown()

    def shutdown(self) -> None:
        """Close at once: what was to be deleted stays (RFC 1939 §6)."""
        with contextlib.suppress(OSError):
            self._sock.close()
        self._wire.forget()

    def _start_tls(self) -> None:
        if "STLS" not in self.capabilities:
            raise Refused(
                f"The server {self.host} offers no STLS, so no login was sent.",
                code="starttls_missing",
                action="Use type POP3S with port 995, or look for what strips STLS on the way.",
            )
        try:
            self.ask("STLS", CONNECT_SECONDS)
        except CommandRefused as refusal:
            raise Refused(f"The server refused STLS: {refusal.answer}", code="starttls_refused") from None
        if self._wire.pending:
            raise Refused(
                "The server sent data in front of the encryption, as an attacker would; no login was sent.",
                code="starttls_injection",
                action="Use type POP3S with port 995.",
            )
        self._use(self._wrapped())
        self.read_capabilities()  # what was said before the handshake counts for nothing

    def _wrapped(self) -> AnySocket:
        self._plain.deadline = self.deadline
        return self._door.wrap_tls(self._plain, self.host, ca_file=self._ca_file)

    def _use(self, sock: AnySocket) -> None:
        self._sock = sock
        self._plain_peer = sock.getpeername()[0]
        self._wire = Wire(sock, self._door.clock, lambda: self.deadline, ALLOWANCE)


def commands(name: str, numbers: Sequence[int]) -> list[str]:
    """`RETR 1`, `RETR 2` ..."""
    return [f"{name} {number}" for number in numbers]
