"""A POP3 server of our own, for what Dovecot can't be made to do: it lies, hangs up, and keeps notes."""

import base64
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

Hook = Callable[["Session", str], None]


class Stop(Exception):
    """The server hangs up."""


class FakePop3:
    """One mailbox. `messages` maps UIDLs to bytes; `hooks` answer commands instead; `heard` is all that was said."""

    def __init__(self, messages: dict[str, bytes] | None = None, **hooks: Hook) -> None:
        self.messages = dict(messages or {})
        self.hooks = hooks
        self.capabilities = ["UIDL", "PIPELINING", "SASL XOAUTH2", "USER"]
        self.greeting = "+OK ready"
        self.tls: tuple[Path, Path] | None = None
        self.heard = b""
        self.logins: list[bytes] = []
        self.connections = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for sock in self._open:
            sock.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listening.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            self._open.append(sock)
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        session = Session(self, sock)
        with contextlib.suppress(Stop, OSError):
            session.send(self.greeting)
            while True:
                session.one_command()
        session.end()


class Session:
    """One connection. Hooks get (session, the rest of the line)."""

    def __init__(self, server: FakePop3, sock: socket.socket) -> None:
        self.server = server
        self._sock = sock
        self._file = sock.makefile("rb")
        self._there = list(server.messages.items())
        self._deleted: set[int] = set()

    def end(self) -> None:
        self._file.close()
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()

    def send(self, *lines: str) -> None:
        self.raw("".join(line + "\r\n" for line in lines).encode())

    def raw(self, data: bytes) -> None:
        self._sock.sendall(data)

    def line(self) -> bytes:
        line = self._file.readline()
        if not line:
            raise Stop
        self.server.heard += line
        return line.rstrip(b"\r\n")

    def one_command(self) -> None:
        name, _, rest = self.line().decode(errors="replace").partition(" ")
        hook = self.server.hooks.get(name.lower())
        if hook is not None:
            hook(self, rest)
        else:
            getattr(self, f"on_{name.lower()}", self.unknown)(rest)

    def unknown(self, _: str) -> None:
        self.send("-ERR unknown")

    def challenge(self, text: bytes) -> bytes:
        self.send("+ " + base64.b64encode(text).decode())
        return base64.b64decode(self.line())

    def start_tls(self) -> None:
        assert self.server.tls is not None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.server.tls)
        self._sock = context.wrap_socket(self._sock, server_side=True)
        self._file = self._sock.makefile("rb")

    def on_capa(self, _: str) -> None:
        self.send("+OK", *self.server.capabilities, ".")

    def on_stls(self, _: str) -> None:
        self.send("+OK begin")
        self.start_tls()

    def on_auth(self, rest: str) -> None:
        _, _, response = rest.partition(" ")
        self.server.logins.append(base64.b64decode(response) if response else self.challenge(b""))
        self.send("+OK in")

    def on_user(self, _: str) -> None:
        self.send("+OK go on")

    def on_pass(self, password: str) -> None:
        self.server.logins.append(password.encode())
        self.send("+OK in")

    def on_stat(self, _: str) -> None:
        self.send(f"+OK {len(self._there)} {sum(len(body) for _, body in self._there)}")

    def on_uidl(self, _: str) -> None:
        self.send("+OK", *(f"{n} {uidl}" for n, (uidl, _) in enumerate(self._there, 1)), ".")

    def on_list(self, _: str) -> None:
        self.send("+OK", *(f"{n} {len(body)}" for n, (_, body) in enumerate(self._there, 1)), ".")

    def on_retr(self, number: str) -> None:
        stuffed = (b"\r\n" + self._there[int(number) - 1][1]).replace(b"\r\n.", b"\r\n..")[2:]
        self.raw(b"+OK\r\n" + stuffed + b".\r\n")

    def on_dele(self, number: str) -> None:
        self._deleted.add(int(number) - 1)
        self.send("+OK")

    def on_quit(self, _: str) -> None:
        for at in self._deleted:
            self.server.messages.pop(self._there[at][0], None)
        self.send("+OK bye")
        raise Stop
