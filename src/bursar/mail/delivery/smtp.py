"""SMTP (RFC 5321) and LMTP (RFC 2033): one connection for a whole run, one message at a time, its reply awaited.

The envelope's recipient is the parcel's; its sender is the message's own Return-Path, else nobody, so that no later
refusal writes to a stranger. Lines end in CRLF on this way, whatever the message had. The delivery id goes along as
a header, by which a receiver can tell a repetition.
"""

import contextlib
import ipaddress
import re
import smtplib
from collections.abc import Callable
from email.parser import BytesHeaderParser
from typing import Any

from ...context import Context
from ...errors import BursarError, Temporary
from ...outbound import OutboundFailed, OutboundRefused, OutboundTimeout
from ...outbound.addresses import is_public
from ...outbound.sockets import DeadlineSocket, DeadlineTlsSocket
from .destination import Failure, Parcel
from .dispatch import LONGEST_HEAD, addresses_in
from .one_by_one import Closed
from .spec import LmtpSpec, SmtpSpec

ID_HEADER = "X-Bursar-Delivery"
CONNECT_SECONDS = 20.0
COMMAND_SECONDS = 300.0  # RFC 5321 §4.5.3.2: what a client allows MAIL, RCPT and DATA
GOODBYE_SECONDS = 3.0
BYTES_A_SECOND = 32 * 1024
CLOSING = 421  # RFC 5321 §3.8: the server ends the connection with it, at any moment
LONGEST_REPLY = 64 * 1024  # bytes of one reply, all its lines together
IMPLICIT_TLS = 465  # RFC 8314 §3.3

_LINE_END = re.compile(rb"\r\n|\r|\n")
_ADDRESS = re.compile(r"[^\s<>\x00-\x20\x7f]{1,254}")


class MailServer:
    """The server that `spec` names; the connection is made with the first message and kept until `close`."""

    def __init__(self, ctx: Context, spec: SmtpSpec | LmtpSpec) -> None:
        self._ctx = ctx
        self._spec = spec
        self._word = "LMTP" if isinstance(spec, LmtpSpec) else "SMTP"
        self._session: smtplib.SMTP | None = None
        self._sock: Any = None

    def prepare(self) -> None:
        """Nothing has to be there."""

    def hand(self, parcel: Parcel) -> Failure | None:
        if not _ADDRESS.fullmatch(parcel.recipient):
            return Failure(f'"{parcel.recipient}" is no address that {self._word} can carry', permanent=True)
        used_before = self._session is not None
        try:
            return self._transaction(parcel)
        except _Lost as lost:
            if lost.doubtful or not used_before:
                raise Closed(lost.reason, doubtful=lost.doubtful) from None
        # A connection that had been idle was ended by the server, before it had the message: once more on a new one.
        try:
            return self._transaction(parcel)
        except _Lost as lost:
            raise Closed(lost.reason, doubtful=lost.doubtful) from None

    def greet(self) -> str:
        """Connect, say who is there and take leave, as a run does that has nothing to deliver. Raises Temporary."""
        try:
            self._session = self._connect()
        except _Lost as lost:
            raise Temporary(
                f"{self._spec.host} takes no mail just now: {lost.reason}.",
                code="destination_failed",
                action="Check host and port of the destination, and that the mail server runs.",
            ) from None
        encrypted = " with TLS" if isinstance(self._sock, DeadlineTlsSocket) else ""
        self.close()
        return f"{self._spec.host} answers {self._word}{encrypted}"

    def close(self) -> None:
        if self._session is None:
            return
        with contextlib.suppress(OSError, smtplib.SMTPException, BursarError):
            self._allow(GOODBYE_SECONDS)
            self._session.quit()
        self._drop()

    def _transaction(self, parcel: Parcel) -> Failure | None:
        message = _on_the_wire(parcel)
        session = self._session or self._connect()
        body = "BODY=8BITMIME" if session.has_extn("8bitmime") and not message.isascii() else ""
        size = f"SIZE={len(message)}" if session.has_extn("size") else ""
        recipient = parcel.recipient
        if not recipient.isascii() and not session.has_extn("smtputf8"):
            return Failure(f"the server {self._spec.host} carries no address like {recipient}", permanent=True)
        wide = "" if recipient.isascii() else "SMTPUTF8"
        sender = _sender(parcel.body)
        mail = " ".join(filter(None, (f"FROM:<{sender}>", body, size, wide)))
        for command, argument in (("MAIL", mail), ("RCPT", f"TO:<{recipient}>")):
            refused = self._judge(f"{command} {argument.partition(' ')[0]}", *self._ask(command, argument))
            if refused is not None:
                self._ask("RSET")
                return refused
        return self._data(message)

    def _data(self, message: bytes) -> Failure | None:
        code, answer = self._ask("DATA")
        if code != 354:
            refused = self._judge("DATA", code, answer) or Failure(f"the server answers {code} to DATA", blocked=True)
            self._ask("RSET")
            return refused
        assert self._session is not None
        self._allow(COMMAND_SECONDS + len(message) / BYTES_A_SECOND)

        def send() -> tuple[int, bytes]:
            assert self._session is not None
            self._session.send(message + b".\r\n")
            return self._session.getreply()

        # Once the dot is sent the server may have the message, whatever becomes of its answer.
        return self._judge("the message", *self._guarded(send, doubtful=True))

    def _judge(self, what: str, code: int, answer: bytes) -> Failure | None:
        """RFC 5321 §4.2.1: 2 done, 4 try again, 5 never."""
        if 200 <= code < 300:
            return None
        said = _readable(answer)
        words = f"{self._spec.host} answers {code} to {what}: {said}"
        if code == CLOSING:
            self._drop()
            raise _Lost(words)
        return Failure(words, permanent=500 <= code < 600, blocked=not 500 <= code < 600)

    def _connect(self) -> smtplib.SMTP:
        name = self._ctx.settings.text("FQDN").partition(":")[0]
        spec, door = self._spec, self._ctx.door
        deadline = door.deadline(CONNECT_SECONDS)
        kind = _LmtpSession if isinstance(spec, LmtpSpec) else _SmtpSession

        def open_session() -> smtplib.SMTP:
            sock = self._sock = door.connect(spec.host, spec.port, deadline)
            peer = ipaddress.ip_address(sock.getpeername()[0])
            implicit = spec.port == IMPLICIT_TLS and isinstance(spec, SmtpSpec)
            if implicit:
                self._sock = door.wrap_tls(sock, spec.host, ca_file=spec.ca)
            session = kind(self._sock, name)
            code, answer = session.getreply()
            refused = self._judge("the connection", code, answer) or self._judge("the greeting", *session.ehlo())
            if refused is not None:
                raise _Lost(refused.reason)
            # Within this machine nobody listens in. A public server, and one whose CA is named, has to speak TLS.
            wanted = spec.ca is not None or is_public(peer)
            if not implicit and (wanted or (session.has_extn("starttls") and not peer.is_loopback)):
                self._start_tls(session)
            return session

        try:
            self._session = self._guarded(open_session)
        except _Lost:
            self._drop()
            raise
        return self._session

    def _start_tls(self, session: smtplib.SMTP) -> None:
        """RFC 3207; what was said in the clear is forgotten, and TLS is verified or the message stays here (SEC-51)."""
        if not session.has_extn("starttls"):
            raise _Lost(f"{self._spec.host} offers no STARTTLS")
        code, answer = session.docmd("STARTTLS")
        if code != 220:
            raise _Lost(f"{self._spec.host} answers {code} to STARTTLS: {_readable(answer)}")
        self._sock = self._ctx.door.wrap_tls(self._sock, self._spec.host, ca_file=self._spec.ca)
        session.sock = self._sock
        session.file = None
        session.ehlo_resp = None
        session.esmtp_features = {}
        refused = self._judge("the greeting", *session.ehlo())
        if refused is not None:
            raise _Lost(refused.reason)

    def _ask(self, command: str, argument: str = "") -> tuple[int, bytes]:
        session = self._session
        assert session is not None
        self._allow(COMMAND_SECONDS)
        answer: tuple[int, bytes] = self._guarded(lambda: session.docmd(command, argument))
        return answer

    def _allow(self, seconds: float) -> None:
        self._sock.deadline = self._ctx.door.deadline(seconds)

    def _guarded(self, work: "Callable[[], Any]", *, doubtful: bool = False) -> Any:
        """The work's result; whatever ends the connection as `_Lost`, with the connection given up."""
        try:
            return work()
        except (OutboundTimeout, TimeoutError):
            problem = f"{self._spec.host} doesn't answer"
        except OutboundRefused as error:  # the command that admits the server belongs to the reason
            problem = f"{error.sentence} {error.action}".rstrip(". ")
        except (OutboundFailed, BursarError) as error:
            problem = error.sentence.rstrip(".")
        except (OSError, smtplib.SMTPException) as error:
            problem = f"the connection to {self._spec.host} was cut ({type(error).__name__})"
        self._drop()
        raise _Lost(problem, doubtful=doubtful)

    def _drop(self) -> None:
        if self._sock is not None:
            self._sock.close()
        self._session = self._sock = None


class _Lost(Exception):
    """The connection is gone; `doubtful` where the server may have taken the message before."""

    def __init__(self, reason: str, *, doubtful: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.doubtful = doubtful


class _SmtpSession(smtplib.SMTP):
    """The standard library's dialogue over a socket of the door. Its own ways to connect are never used."""

    def __init__(self, sock: DeadlineSocket, local_hostname: str) -> None:
        super().__init__(local_hostname=local_hostname)
        self.sock = sock
        self._host = ""
        self.command_encoding = "utf-8"  # RFC 6531 §3.3; other than ASCII is only sent where the server knows SMTPUTF8

    def getreply(self) -> tuple[int, bytes]:
        """A reply of many lines is bounded. Raises OutboundFailed beyond."""
        if self.file is None:
            assert self.sock is not None
            self.file = _Bounded(self.sock.makefile("rb"))
        self.file.left = LONGEST_REPLY
        return super().getreply()


class _Bounded:
    """The lines of replies, `left` bytes of them."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.left = 0

    def readline(self, size: int) -> bytes:
        line: bytes = self._file.readline(size)
        self.left -= len(line)
        if self.left < 0:
            raise OutboundFailed("The mail server's answer has no end.", code="answer_too_large")
        return line

    def close(self) -> None:
        self._file.close()


class _LmtpSession(_SmtpSession):
    """LHLO takes the place of EHLO (RFC 2033 §4.1)."""

    ehlo_msg = "lhlo"


def _on_the_wire(parcel: Parcel) -> bytes:
    """With CRLF, doubled dots (RFC 5321 §4.5.2) and the delivery id; a bare LF or CR never ends a message early."""
    lines = _LINE_END.sub(b"\r\n", parcel.body)
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    lines = re.sub(rb"^\.", b"..", lines, flags=re.MULTILINE)
    return f"{ID_HEADER}: {parcel.id}\r\n".encode() + lines


def _sender(body: bytes) -> str:
    """The address in the first Return-Path, empty where there is none that can be sent."""
    head = BytesHeaderParser().parsebytes(body[:LONGEST_HEAD], headersonly=True)
    address = next(iter(addresses_in(str(head.get("Return-Path", "")))), "")
    return address if _ADDRESS.fullmatch(address) and address.isascii() and "@" in address else ""


def _readable(answer: bytes) -> str:
    text = answer.decode("utf-8", "replace")
    return "".join(sign if sign.isprintable() else " " for sign in text)[:300].strip()
