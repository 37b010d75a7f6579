"""A small HTTP/1.1 server for fakes: it records what it is asked, and can misbehave on the wire as a `Script` says."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .script import Manner, Script

LARGEST_BODY = 1 << 20


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived; header names in lower case, `at` in seconds since 1970 by the fake's clock."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def form(self) -> dict[str, str]:
        """The form-encoded body; of a member that is sent twice, the last (see `members` for all)."""
        return dict(self.members)

    @property
    def members(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True)

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of the address."""
        return dict(parse_qsl(self.query, keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Answering = Callable[[Request], tuple[Reply | None, Script | None]]


class Server(ThreadingHTTPServer):
    """Listens on 127.0.0.1 only. `answering` says for each request what goes out, and in which manner."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(
        self,
        port: int,
        answering: Answering,
        seconds: Callable[[], float],
        stopping: threading.Event,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.answering = answering
        self.seconds = seconds
        self.stopping = stopping
        self.tls = tls
        self.connections = 0
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls is not None:
            # The handshake happens in the connection's own thread, at its first read.
            connection = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        with self._guard:
            self.connections += 1
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no event for a fake: tests cut connections on purpose."""

    def hang_up(self) -> None:
        """End the connections that are still open, so that no thread waits for a client that keeps one."""
        with self._guard:
            remaining = list(self._open)
        for connection in remaining:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "BursarTesting"
    sys_version = ""
    server: Server

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are in the provider's own list; nothing is written to the terminal."""

    def _serve(self) -> None:
        request = self._request()
        if request is None:
            return
        reply, script = self.server.answering(request)
        manner = script.manner if script else Manner.ANSWER
        if script and manner is Manner.HANG:
            self.server.stopping.wait()
        if manner in (Manner.HANG, Manner.CLOSE, Manner.LOSE):
            self.close_connection = True
            return
        assert reply is not None
        if script and manner is Manner.DRIP:
            self._drip(reply, script.delay)
            return
        if script and script.delay:
            self.server.stopping.wait(script.delay)
        while script and script.until and not script.until.wait(0.05) and not self.server.stopping.is_set():
            pass
        self.wfile.write(self._wire(reply))

    do_GET = do_POST = do_HEAD = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve

    def _request(self) -> Request | None:
        target = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            self.close_connection = True
            self.wfile.write(self._wire(Reply(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)))
            return None
        body = self.rfile.read(int(length))
        return Request(self.command, target.path, target.query, headers, body, self.server.seconds())

    def _wire(self, reply: Reply) -> bytes:
        try:
            reason = HTTPStatus(reply.status).phrase
        except ValueError:
            reason = "Unnamed"
        lines = [f"HTTP/1.1 {reply.status} {reason}", f"Date: {self.date_time_string()}"]
        if "content-length" not in {name.lower() for name in reply.headers}:
            lines.append(f"Content-Length: {len(reply.body)}")
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        head = "\r\n".join(lines).encode() + b"\r\n\r\n"
        return head if self.command == "HEAD" else head + reply.body

    def _drip(self, reply: Reply, every: float) -> None:
        for byte in self._wire(reply):
            if self.server.stopping.wait(every):
                break
            self.wfile.write(bytes((byte,)))
        self.close_connection = True
