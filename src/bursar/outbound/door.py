"""The door: looks a name up once, judges every address, and connects to exactly the one it judged (SEC-49)."""

import socket
import ssl
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from ..clock import Clock
from .addresses import Address, is_public, plain
from .deadline import Deadline
from .errors import OutboundFailed, OutboundRefused
from .resolve import Resolver, system_resolver
from .rules import OutboundRules
from .sockets import AnySocket, DeadlineSocket, DeadlineTlsSocket, timed_out

if TYPE_CHECKING:
    from .http import HttpAnswer

ANSWER_LIMIT = 1 << 20


class Door:
    """Opens connections. The rules are asked anew for each, so a changed setting counts at once."""

    def __init__(self, rules: Callable[[], OutboundRules], clock: Clock, resolve: Resolver = system_resolver) -> None:
        self.rules = rules
        self.clock = clock
        self._resolve = resolve

    def deadline(self, seconds: float) -> Deadline:
        """A deadline on this door's clock."""
        return Deadline.after(self.clock, seconds)

    def connect(self, host: str, port: int, deadline: Deadline, *, loopback_only: bool = False) -> DeadlineSocket:
        """A connected socket whose every operation is bound by `deadline`.

        Raises OutboundRefused where no address of the host is public or admitted (with `loopback_only`, which plain
        text wants: none that is loopback and admitted), OutboundFailed where none of the others answers.
        """
        admitted = self._judge(host, port, deadline, loopback_only)
        problem: OSError | None = None
        for address in admitted:
            try:
                return _open(address, port, deadline)
            except TimeoutError:
                raise timed_out(deadline) from None
            except OSError as error:
                problem = error
        raise OutboundFailed(f"{host} port {port} can't be reached: {_reason(problem)}.") from problem

    def wrap_tls(self, sock: DeadlineSocket, host: str, *, ca_file: str | None = None) -> DeadlineTlsSocket:
        """TLS 1.2 or later over a connected socket: certificate and name are verified, there is no switch (SEC-51).

        Raises OutboundFailed (`tls_failed`); the socket is closed then.
        """
        deadline = sock.deadline
        try:
            wrapped = _tls_context(ca_file).wrap_socket(
                sock, server_hostname=host.removeprefix("[").removesuffix("]"), do_handshake_on_connect=False
            )
            assert isinstance(wrapped, DeadlineTlsSocket)
        except (OSError, ValueError) as problem:
            sock.close()
            raise OutboundFailed(
                f"TLS with {host} can't be set up: {_reason(problem)}.", code="tls_failed"
            ) from problem
        wrapped.deadline = deadline
        try:
            wrapped.do_handshake()
        except ssl.SSLCertVerificationError as problem:
            wrapped.close()
            raise OutboundFailed(
                f"The certificate of {host} is not accepted: {problem.verify_message}.",
                code="tls_failed",
                action="Correct the certificate there, or name the CA that signed it.",
            ) from problem
        except TimeoutError:
            wrapped.close()
            assert deadline is not None
            raise timed_out(deadline) from None
        except OSError as problem:
            wrapped.close()
            raise OutboundFailed(f"TLS with {host} failed: {_reason(problem)}.", code="tls_failed") from problem
        except BaseException:
            wrapped.close()
            raise
        return wrapped

    def http(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float | None = None,
        limit: int = ANSWER_LIMIT,
        ca_file: str | None = None,
    ) -> "HttpAnswer":
        """One HTTP exchange; see `http.exchange`."""
        from .http import exchange

        return exchange(self, method, url, headers or {}, body, timeout, limit, ca_file)

    def _judge(self, host: str, port: int, deadline: Deadline, loopback_only: bool) -> list[Address]:
        rules = self.rules()
        found = self._resolve(host, port, deadline)
        if not found:
            raise OutboundFailed(f"The name {host} has no address.")
        if loopback_only:
            good = [a for a in found if plain(a).is_loopback and rules.allowed.admits(host, port, a)]
        else:
            good = [a for a in found if is_public(a) or rules.allowed.admits(host, port, a)]
        if good:
            return good
        if loopback_only and not any(plain(a).is_loopback for a in found):
            raise OutboundRefused(
                f"{host} would be sent secrets without encryption, which only this machine's loopback may be.",
                code="plaintext_refused",
                action="Use TLS.",
            )
        raise refusal(host, port, found[0], rules)


def refusal(host: str, port: int, address: Address, rules: OutboundRules) -> OutboundRefused:
    """The refusal of an address, with the exact command that admits it and keeps the entries that are there."""
    bracketed = f"[{address}]" if address.version == 6 else str(address)
    named = host if host == str(address) or host == bracketed else f"{host} ({address})"
    entries = ",".join(filter(None, (str(rules.allowed), host.removeprefix("[").removesuffix("]"))))
    return OutboundRefused(
        f"{named} is not a public address, so Bursar doesn't connect to port {port} there.",
        action=f"If it is a server of yours, admit it: `bursar setting set Outbound::AllowedNetworks '{entries}'`.",
    )


def _open(address: Address, port: int, deadline: Deadline) -> DeadlineSocket:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    sock = DeadlineSocket(family, socket.SOCK_STREAM)
    try:
        sock.deadline = deadline
        sock.connect((str(address), port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        sock.close()
        raise
    return sock


def _reason(problem: BaseException | None) -> str:
    if isinstance(problem, ssl.SSLError):
        return (problem.reason or "protocol error").lower().replace("_", " ")
    if isinstance(problem, OSError) and problem.strerror:
        return problem.strerror.lower()
    return "no answer" if problem is None else type(problem).__name__


@lru_cache(maxsize=32)
def _tls_context(ca_file: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = DeadlineTlsSocket
    return context


__all__ = ["ANSWER_LIMIT", "AnySocket", "Door", "refusal"]
