"""One HTTP exchange: bounded in time and size, no redirect, nothing from the environment (SEC-50, SEC-52).

urllib3's connections speak HTTP; the sockets under them, and TLS, are the door's. Its pools stay unused: an exchange
has a connection of its own, so that a changed rule counts at once, or one that a bundle of calls keeps (`kept`).
"""

import http.client
import zlib
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import HTTPResponse

from .. import __version__
from .body import SinkBroken, copy_body, read_body
from .deadline import Deadline
from .errors import OutboundFailed, OutboundRefused
from .slots import Slot
from .sockets import DeadlineSocket, timed_out
from .tls import ClientCertificate

if TYPE_CHECKING:
    from .door import Door

USER_AGENT = f"Bursar/{__version__}"
USUAL_PORTS = frozenset({443, 8443})
IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})  # RFC 9110 §9.2.2


Sink = Callable[[int], tuple[Callable[[bytes], object], int] | None]
"""Takes the status; None, or what takes the body piece by piece instead of memory, and how many bytes at most."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Status, headers with lower-case names (a repeated one joined by commas), and the body, unpacked and whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Plain(HTTPConnection):
    """Without TLS: to this machine's own loopback where it is admitted, and nowhere else."""

    def __init__(self, door: "Door", target: SplitResult, deadline: Deadline) -> None:
        self._door, self._target, self._deadline = door, target, deadline
        super().__init__(target.hostname or "", target.port or 80)

    def _new_conn(self) -> DeadlineSocket:
        return self._door.connect(self._target.hostname or "", self.port, self._deadline, loopback_only=True)


class _Tls(HTTPSConnection):
    """With TLS, which the door sets up: straight to the host, or inside a tunnel through the proxy (CONNECT)."""

    def __init__(
        self,
        door: "Door",
        target: SplitResult,
        deadline: Deadline,
        ca_file: str | None,
        proxy: str | None,
        client: ClientCertificate | None,
    ) -> None:
        self._client = client
        self._door, self._target, self._deadline, self._ca_file = door, target, deadline, ca_file
        self._proxy = urlsplit(proxy) if proxy else None
        super().__init__(target.hostname or "", target.port or 443)
        if self._proxy is not None:
            self.set_tunnel(target.hostname or "", self.port)

    def _new_conn(self) -> DeadlineSocket:
        host = self._target.hostname or ""
        if self._proxy is None:
            return self._door.connect(host, self.port, self._deadline, usual_ports=USUAL_PORTS)
        self._door.judge_proxied(host, self.port, self._deadline, USUAL_PORTS)
        proxy, proxy_port = self._proxy.hostname or "", self._proxy.port or 80
        return self._door.connect(proxy, proxy_port, self._deadline, through_to=(host, self.port))

    def connect(self) -> None:
        sock = self._new_conn()
        self.sock = sock
        if self._proxy is not None:
            self._tunnel_or_say_why()
        self.sock = self._door.wrap_tls(sock, self._target.hostname or "", ca_file=self._ca_file, client=self._client)
        self.is_verified = True

    def _tunnel_or_say_why(self) -> None:
        try:
            self._tunnel()
        except TimeoutError:
            raise
        except OSError as problem:
            said = "".join(sign for sign in str(problem)[:200] if sign.isprintable())
            raise OutboundFailed(f"The proxy opens no connection to {self._target.hostname}: {said}.") from problem


def exchange(
    door: "Door",
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    timeout: float | None,
    limit: int,
    ca_file: str | None,
    client: ClientCertificate | None = None,
    sink: Sink | None = None,
) -> HttpAnswer:
    """Send one request and read the whole answer, at most `limit` bytes also after unpacking. Redirects are answers.

    A `client` certificate is shown to a server that asks for one. A body that `sink` takes is empty in the answer.

    Raises OutboundRefused before anything is sent, OutboundFailed for everything that goes wrong on the way.
    """
    target = _target(url)
    host = target.hostname or ""
    rules = door.rules()
    deadline = door.deadline(rules.timeout if timeout is None else timeout)
    proxy = rules.proxy_for(host) if target.scheme == "https" else None
    key = (target.scheme, host, target.port, proxy, ca_file)
    kept = door.kept if client is None and sink is None else None
    keeping = kept is not None and kept.keeps(key)
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    life = {} if keeping else {"Connection": "close"}
    sent = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip, deflate", **life, **headers}

    def fresh() -> HTTPConnection:
        if target.scheme == "https":
            return _Tls(door, target, deadline, ca_file, proxy, client)
        return _Plain(door, target, deadline)

    def slot() -> Slot:
        return door.slot(host, target.port or (443 if target.scheme == "https" else 80), deadline)

    again = kept.take(key, deadline, slot) if kept is not None else None
    connection = again or fresh()
    whole = False
    try:
        try:
            answer = _answered(connection, method, path, body, sent)
        except (http.client.HTTPException, urllib3.exceptions.ProtocolError, OSError) as ended:
            # It ended while it rested. What changes nothing when it is done twice is asked again, on one of its own.
            if again is None or method not in IDEMPOTENT or isinstance(ended, TimeoutError):
                raise
            connection.close()
            again, connection = None, fresh()
            answer = _answered(connection, method, path, body, sent)
        with closing(answer):
            received = {name.lower(): value for name, value in answer.headers.itermerged()}
            taken = sink(answer.status) if sink is not None else None
            if taken is not None:
                copy_body(answer, taken[1], host, taken[0])
                return HttpAnswer(answer.status, received, b"")
            read = read_body(answer, limit, host)
            whole = True
            return HttpAnswer(answer.status, received, read)
    except SinkBroken:
        raise
    except (TimeoutError, urllib3.exceptions.TimeoutError) as problem:
        raise timed_out(deadline) from problem
    except (http.client.HTTPException, urllib3.exceptions.HTTPError, OSError, zlib.error) as problem:
        if kept is not None and again is not None:
            kept.broke(key)
        raise OutboundFailed(
            f"The connection to {host} broke before there was a complete answer ({type(problem).__name__})."
        ) from problem
    finally:
        if kept is not None and keeping and whole:
            kept.put(key, connection)
        else:
            connection.close()


def _answered(
    connection: HTTPConnection, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
) -> HTTPResponse:
    """The answer as soon as its head is there."""
    connection.request(method, path, body, headers, preload_content=False, decode_content=False)
    return connection.getresponse()


def judge(door: "Door", url: str) -> None:
    """Whether `exchange` would let this address out, without a connection. Raises OutboundRefused, OutboundFailed."""
    target = _target(url)
    host, rules = target.hostname or "", door.rules()
    if target.scheme != "https":
        door.judge(host, target.port or 80, loopback_only=True, usual_ports=USUAL_PORTS)
    elif rules.proxy_for(host) is None:
        door.judge(host, target.port or 443, loopback_only=False, usual_ports=USUAL_PORTS)
    else:
        door.judge_proxied(host, target.port or 443, door.deadline(rules.timeout), USUAL_PORTS)


def _target(url: str) -> SplitResult:
    try:
        target = urlsplit(url)
        usable = target.scheme in ("http", "https") and bool(target.hostname) and target.port != 0
    except ValueError:
        usable = False
    if not usable or "@" in target.netloc or not url.isascii() or any(sign <= " " or sign == "\x7f" for sign in url):
        raise OutboundRefused("This is no address that Bursar calls: it must be https://host/….", code="url_refused")
    return target
