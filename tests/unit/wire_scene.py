"""A server that answers whatever a test wants, byte for byte, and remembers what it was sent; and a door to it."""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

from bursar.clock import Clock, SystemClock
from bursar.outbound import AllowedNetworks, Door, OutboundRules
from bursar.outbound.resolve import Resolver, system_resolver
from bursar.outbound.slots import AT_ONCE

LOOPBACK = "127.0.0.0/8,::1/128"

Answering = Callable[[socket.socket, "Server"], None]


class Server:
    """Listens on loopback; every connection is answered in a thread of its own.

    `heard` are the requests, raw: complete once the `with` is over.
    """

    def __init__(
        self, answering: bytes | Answering, context: ssl.SSLContext | None = None, address: str = "127.0.0.1"
    ) -> None:
        self._answering = answering
        self._context = context
        self._listener = socket.create_server(
            (address, 0), family=socket.AF_INET6 if ":" in address else socket.AF_INET
        )
        self._open: list[socket.socket] = []
        self._workers: list[threading.Thread] = []
        self.port = self._listener.getsockname()[1]
        self.heard: list[bytes] = []
        self.connections = 0
        self.stopped = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        scheme = "https" if self._context else "http"
        return f"{scheme}://127.0.0.1:{self.port}/token"

    def __enter__(self) -> "Server":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopped.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
        for worker in self._workers:
            worker.join(5)
        for each in self._open:
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(client)
            self._workers.append(threading.Thread(target=self._serve, args=(client,), daemon=True))
            self._workers[-1].start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError):
            if self._context is not None:
                client = self._context.wrap_socket(client, server_side=True)
                self._open.append(client)
            request = read_request(client)
            if request:
                self.heard.append(request)
            if isinstance(self._answering, bytes):
                client.sendall(self._answering)
            else:
                self._answering(client, self)
        client.close()


def read_request(client: socket.socket) -> bytes:
    """One request with its body, as it came."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = client.recv(65536)
        if not chunk:
            return data
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        chunk = client.recv(65536)
        if not chunk:
            break
        body += chunk
    return head + b"\r\n\r\n" + body


def http(status: int, body: bytes = b"", **headers: str) -> bytes:
    """An answer of HTTP with its length."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def door(
    allowed: str = LOOPBACK,
    *,
    proxy: str | None = None,
    no_proxy: tuple[str, ...] = (),
    timeout: float = 5.0,
    resolve: Resolver = system_resolver,
    at_once: int = AT_ONCE,
    clock: Clock | None = None,
) -> Door:
    """A door by the machine's clock, with these rules."""
    rules = OutboundRules(AllowedNetworks.parse(allowed), proxy, no_proxy, timeout)
    return Door(lambda: rules, clock or SystemClock(), resolve, at_once)
