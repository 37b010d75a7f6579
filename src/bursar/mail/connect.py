"""The way to a mail server: encrypted from the start, to be encrypted, or plain within this machine (SEC-55)."""

import contextlib
import ipaddress
import ssl
from collections.abc import Iterator, Mapping
from typing import Any

from ..clock import from_micros
from ..errors import BursarError, Refused
from ..outbound import Deadline, Door, OutboundFailed, OutboundRefused
from ..outbound.sockets import AnySocket, DeadlineSocket
from .account import AccountType
from .dialogue import ConnectionLost
from .sasl import printable

CONNECT_SECONDS = 20.0
LOGIN_SECONDS = 30.0
COMMAND_SECONDS = 60.0
LOGOUT_SECONDS = 3.0
NAMES_SHOWN = 3  # of a certificate that is for many
BYTES_A_SECOND = 32 * 1024  # a slower server than this runs into the command's deadline


def connect(door: Door, kind: AccountType, host: str, port: int, deadline: Deadline) -> DeadlineSocket:
    """A TCP connection. Raises Refused for a plain one that would leave this machine, and what the door raises."""
    plain = kind.is_plain
    try:
        return door.connect(host, port, deadline, loopback_only=plain)
    except OutboundRefused as refused:
        raise plaintext_refused(kind, host) if refused.code == "plaintext_refused" else refused from None
    except OutboundFailed as failed:
        # Whatever a name that can't be resolved now means later, it isn't this machine.
        raise failed if not plain or is_this_machine(host) else plaintext_refused(kind, host) from None


def encryption_of(sock: AnySocket) -> str:
    """TLS version and cipher, and for whom the certificate is; empty where the connection is plain."""
    if not isinstance(sock, ssl.SSLSocket):
        return ""
    certificate: dict[str, Any] = dict(sock.getpeercert() or {})
    names = [str(value) for _, value in certificate.get("subjectAltName", ())]
    shown = ", ".join(names[:NAMES_SHOWN]) + (
        f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    )
    cipher = sock.cipher()
    issuer = {key: value for part in certificate.get("issuer", ()) for key, value in part}
    by = issuer.get("organizationName") or issuer.get("commonName") or ""
    return (
        f"{sock.version()} {cipher[0] if cipher else ''}, certificate for {printable(shown)}"
        f"{' by ' + printable(str(by)) if by else ''}, verified{_ends(certificate)}"
    )


def _ends(certificate: Mapping[str, Any]) -> str:
    try:
        moment = ssl.cert_time_to_seconds(str(certificate.get("notAfter", "")))
    except ValueError:
        return ""
    return f", ends {from_micros(moment * 1_000_000):%Y-%m-%d}"


def plaintext_refused(kind: AccountType, host: str) -> Refused:
    """The refusal of a login without encryption to anything but this machine (SEC-55)."""
    return Refused(
        f"Type {kind} sends the login to {host} without encryption, which Bursar does only within this machine.",
        code="plaintext_refused",
        action=f"Use type {kind}S, which begins with TLS, or {kind}TLS, which switches to it.",
    )


@contextlib.contextmanager
def socket_errors() -> Iterator[None]:
    """Bare socket errors become ConnectionLost; Bursar's own pass."""
    try:
        yield
    except BursarError:
        raise
    except TimeoutError as problem:
        raise ConnectionLost("the server gave no answer in time") from problem
    except OSError as problem:
        raise ConnectionLost(printable(problem.strerror or str(problem))) from problem


def is_this_machine(host: str) -> bool:
    """Whether the name can mean nothing but this machine."""
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"
