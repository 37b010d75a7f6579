"""TLS as Bursar speaks it: certificate and name are verified, and there is no switch for that (SEC-51)."""

import os
import ssl
from dataclasses import dataclass, field
from functools import lru_cache

from .errors import OutboundFailed
from .sockets import DeadlineSocket, DeadlineTlsSocket, timed_out


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """What a client proves itself with: certificates and private key, both in PEM."""

    certificate: str
    key: str = field(repr=False)


def wrap(
    sock: DeadlineSocket, host: str, ca_file: str | None, client: ClientCertificate | None = None
) -> DeadlineTlsSocket:
    """TLS 1.2 or later over a connected socket, under its deadline. `ca_file` (PEM) stands for the machine's CAs.

    Raises OutboundFailed (`tls_failed`, `timeout`); the socket is closed then, and nothing was sent inside of it.
    """
    name = host.removeprefix("[").removesuffix("]")
    try:
        context = _context(ca_file, _state(ca_file)) if client is None else _with_client(ca_file, client)
        wrapped = context.wrap_socket(sock, server_hostname=name, do_handshake_on_connect=False)
        assert isinstance(wrapped, DeadlineTlsSocket)
    except (OSError, ValueError) as problem:
        sock.close()
        raise OutboundFailed(f"TLS with {host} can't be set up: {reason(problem)}.", code="tls_failed") from problem
    wrapped.deadline = sock.deadline
    wrapped.slot, sock.slot = sock.slot, None
    try:
        wrapped.do_handshake()
    except ssl.SSLCertVerificationError as problem:
        wrapped.close()
        raise OutboundFailed(
            f"The certificate of {host} is not accepted: {problem.verify_message}.",
            code="tls_failed",
            action="Correct the certificate there, or name the CA that signed it.",
        ) from problem
    except TimeoutError as problem:
        wrapped.close()
        if wrapped.deadline is None:
            raise
        raise timed_out(wrapped.deadline) from problem
    except OSError as problem:
        wrapped.close()
        raise OutboundFailed(f"TLS with {host} failed: {reason(problem)}.", code="tls_failed") from problem
    except BaseException:
        wrapped.close()
        raise
    return wrapped


def reason(problem: BaseException | None) -> str:
    """Why an operation of a socket failed, in lower-case words."""
    if isinstance(problem, ssl.SSLError):
        return (problem.reason or "protocol error").lower().replace("_", " ")
    if isinstance(problem, OSError) and problem.strerror:
        return problem.strerror.lower()
    return "no answer" if problem is None else type(problem).__name__


def _state(ca_file: str | None) -> tuple[int, int]:
    """What tells a CA file from an earlier one of the same name, so that a new one counts at once."""
    if ca_file is None:
        return (0, 0)
    found = os.stat(ca_file)
    return (found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=32)
def _context(ca_file: str | None, state: tuple[int, int]) -> ssl.SSLContext:
    del state
    return _fresh_context(ca_file)


def _with_client(ca_file: str | None, client: ClientCertificate) -> ssl.SSLContext:
    """A context of its own, which no other connection shares. OpenSSL reads the key from a file: one in memory."""
    context = _fresh_context(ca_file)
    file = os.memfd_create("bursar-client", os.MFD_CLOEXEC)
    try:
        with open(file, "w", closefd=False) as written:
            written.write(f"{client.certificate.strip()}\n{client.key.strip()}\n")
        context.load_cert_chain(f"/proc/self/fd/{file}")
    finally:
        os.close(file)
    return context


def _fresh_context(ca_file: str | None) -> ssl.SSLContext:
    # Not create_default_context: that one writes the session keys to a file which the environment names.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = DeadlineTlsSocket
    if ca_file is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    else:
        context.load_verify_locations(cafile=ca_file)
    return context
