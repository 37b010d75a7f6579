"""One HTTP exchange: bounded in time and size, no redirect, nothing from the environment (SEC-50, SEC-52)."""

import base64
import http.client
import ssl
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from .. import __version__
from .deadline import Deadline
from .errors import OutboundFailed, OutboundRefused
from .sockets import timed_out

if TYPE_CHECKING:
    from .door import Door

USER_AGENT = f"Bursar/{__version__}"
CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Status, headers with lower-case names (the last of a repeated one), and the body, decompressed and whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Connection(http.client.HTTPConnection):
    """http.client's connection over a socket of the door; through the proxy by CONNECT where TLS is wanted."""

    def __init__(
        self, door: "Door", target: SplitResult, proxy: str | None, deadline: Deadline, ca_file: str | None
    ) -> None:
        self._door, self._target, self._deadline, self._ca_file = door, target, deadline, ca_file
        self._proxy = urlsplit(proxy) if proxy else None
        super().__init__(target.hostname or "", _port(target))
        if self._proxy is not None and target.scheme == "https":
            self.set_tunnel(target.hostname or "", _port(target), _proxy_headers(self._proxy))

    def connect(self) -> None:
        tls = self._target.scheme == "https"
        host = self._target.hostname or ""
        if self._proxy is None:
            sock = self._door.connect(host, self.port, self._deadline, loopback_only=not tls)
        else:
            proxy_host = self._proxy.hostname or ""
            sock = self._door.connect(proxy_host, _port(self._proxy), self._deadline)
            if self._proxy.scheme == "https":
                raise OutboundRefused("A proxy is spoken to by http:// only.", code="proxy_unsupported")
        self.sock = sock
        if self._proxy is not None and tls:
            self._tunnel()  # type: ignore[attr-defined]
        if tls:
            self.sock = self._door.wrap_tls(sock, host, ca_file=self._ca_file)


def exchange(
    door: "Door",
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    timeout: float | None,
    limit: int,
    ca_file: str | None,
) -> HttpAnswer:
    """Send one request and read the whole answer, at most `limit` bytes also after decompression.

    Raises OutboundRefused before anything is sent, OutboundFailed for everything that goes wrong on the way.
    """
    target = urlsplit(url)
    if target.scheme not in ("http", "https") or not target.hostname or target.username is not None:
        raise OutboundRefused(f"{target.scheme or 'This'} is no address that Bursar calls.", code="url_refused")
    rules = door.rules()
    deadline = door.deadline(rules.timeout if timeout is None else timeout)
    proxy = rules.proxy_for(target.hostname) if target.scheme == "https" else None
    connection = _Connection(door, target, proxy, deadline, ca_file)
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    sent = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip, deflate", "Connection": "close", **headers}
    try:
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        received = {name.lower(): value for name, value in answer.getheaders()}
        encoding = received.get("content-encoding", "").strip().lower()
        return HttpAnswer(answer.status, received, _read(answer, encoding, limit, target.hostname))
    except TimeoutError:
        raise timed_out(deadline) from None
    except (http.client.HTTPException, ssl.SSLError, OSError, zlib.error) as problem:
        raise OutboundFailed(
            f"The connection to {target.hostname} broke before there was a complete answer ({type(problem).__name__})."
        ) from problem
    finally:
        connection.close()


def _read(answer: http.client.HTTPResponse, encoding: str, limit: int, host: str) -> bytes:
    unpack = None
    if encoding in ("gzip", "x-gzip"):
        unpack = zlib.decompressobj(16 + zlib.MAX_WBITS)
    elif encoding == "deflate":
        unpack = zlib.decompressobj()
    parts, size, raw = [], 0, 0
    while chunk := answer.read(CHUNK):
        raw += len(chunk)
        part = chunk if unpack is None else unpack.decompress(chunk, limit - size + 1)
        parts.append(part)
        size += len(part)
        if size > limit or raw > limit:
            raise OutboundFailed(f"{host} answered with more than {limit} bytes.", code="answer_too_large")
    if answer.length:  # Content-Length promised more than came
        raise OutboundFailed(f"The answer of {host} was cut off.")
    return b"".join(parts)


def _port(target: SplitResult) -> int:
    return target.port or (443 if target.scheme == "https" else 80)


def _proxy_headers(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
