"""An IMAP server of our own, for what Dovecot can't be made to do: it lies, hangs, hangs up, and keeps notes."""

import base64
import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

Hook = Callable[["Session", str, str], None]


class Stop(Exception):
    """The server hangs up."""


class FakeImap:
    """One mailbox, many connections. `hooks` answer commands instead of the default; `heard` is all that came in."""

    def __init__(self, messages: dict[int, bytes] | None = None, **hooks: Hook) -> None:
        self.messages = dict(messages or {})
        self.hooks = hooks
        self.capabilities = "IMAP4rev1 UIDPLUS MOVE AUTH=XOAUTH2"
        self.greeting = "* OK ready"
        self.uidvalidity = 1
        self.tls: tuple[Path, Path] | None = None
        self.deleted: set[int] = set()
        self.heard = b""
        self.logins: list[bytes] = []
        self.connections = 0
        self._stopping = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        self._stopping.set()
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

    def hang(self) -> None:
        """Say nothing more until the test ends."""
        self._stopping.wait(60)
        raise Stop

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
    """One connection. Hooks get (session, tag, the rest of the line)."""

    def __init__(self, server: FakeImap, sock: socket.socket) -> None:
        self.server = server
        self._sock = sock
        self._file = sock.makefile("rb")

    def end(self) -> None:
        self._file.close()
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()

    def send(self, line: str) -> None:
        self.raw(line.encode() + b"\r\n")

    def raw(self, data: bytes) -> None:
        self._sock.sendall(data)

    def line(self) -> bytes:
        line = self._file.readline()
        if not line:
            raise Stop
        self.server.heard += line
        return line.rstrip(b"\r\n")

    def one_command(self) -> None:
        tag, _, rest = self.line().decode(errors="replace").partition(" ")
        name, _, arguments = rest.partition(" ")
        if name == "UID":
            second, _, arguments = arguments.partition(" ")
            name = f"uid_{second}"
        name = name.lower()
        hook = self.server.hooks.get(name)
        if hook is not None:
            hook(self, tag, arguments)
        else:
            getattr(self, f"on_{name}", self.unknown)(tag, arguments)

    def unknown(self, _tag: str, _arguments: str) -> None:
        raise Stop

    def ok(self, tag: str, text: str = "done") -> None:
        self.send(f"{tag} OK {text}")

    def challenge(self, text: bytes) -> bytes:
        """Send a continuation and return the client's decoded answer."""
        self.send("+ " + base64.b64encode(text).decode())
        return base64.b64decode(self.line())

    def refuse(self, tag: str, reason: bytes, answer: str = "NO [AUTHENTICATIONFAILED] no") -> bytes:
        """Finish a refused XOAUTH2 as the servers do; returns what the client said to the challenge."""
        self.server.logins.append(self.challenge(b""))
        said = self.challenge(reason)
        self.send(f"{tag} {answer}")
        return said

    def start_tls(self) -> None:
        assert self.server.tls is not None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.server.tls)
        self._sock = context.wrap_socket(self._sock, server_side=True)
        self._file = self._sock.makefile("rb")

    def on_capability(self, tag: str, _: str) -> None:
        self.send(f"* CAPABILITY {self.server.capabilities}")
        self.ok(tag)

    def on_starttls(self, tag: str, _: str) -> None:
        self.ok(tag)
        self.start_tls()

    def on_authenticate(self, tag: str, _: str) -> None:
        self.server.logins.append(self.challenge(b""))
        self.ok(tag)

    def on_login(self, tag: str, arguments: str) -> None:
        self.server.logins.append(arguments.encode())
        self.ok(tag)

    def on_select(self, tag: str, _: str) -> None:
        self.send(f"* {len(self.server.messages)} EXISTS")
        self.send(f"* OK [UIDVALIDITY {self.server.uidvalidity}] valid")
        self.ok(tag, "[READ-WRITE] done")

    on_examine = on_select

    def on_uid_search(self, tag: str, what: str) -> None:
        uids = set(self.server.deleted if what == "DELETED" else self.server.messages)
        if what.startswith("UID "):
            low, high = (int(end) if end != "*" else max(uids) for end in what[4:].split(":"))
            uids &= set(range(min(low, high), max(low, high) + 1))
        self.send(" ".join(["* SEARCH", *(str(uid) for uid in sorted(uids))]))
        self.ok(tag)

    def on_fetch(self, tag: str, arguments: str) -> None:
        uids = sorted(self.server.messages)
        for place in map(int, arguments.partition(" ")[0].split(",")):
            self.send(f"* {place} FETCH (UID {uids[place - 1]})")
        self.ok(tag)

    def on_uid_fetch(self, tag: str, arguments: str) -> None:
        for uid in self.asked(arguments):
            if "BODY" in arguments:
                self.body(uid, self.server.messages[uid])
            else:
                self.send(f"* {uid} FETCH (UID {uid} RFC822.SIZE {len(self.server.messages[uid])})")
        self.ok(tag)

    def on_uid_store(self, tag: str, arguments: str) -> None:
        if "Deleted" in arguments:
            self.server.deleted |= set(self.asked(arguments))
        self.ok(tag)

    def on_uid_expunge(self, tag: str, arguments: str) -> None:
        for uid in self.asked(arguments):
            self.server.messages.pop(uid, None)
            self.server.deleted.discard(uid)
        self.ok(tag)

    def on_expunge(self, tag: str, _: str) -> None:
        for uid in self.server.deleted:
            self.server.messages.pop(uid, None)
        self.server.deleted = set()
        self.ok(tag)

    def on_list(self, tag: str, _: str) -> None:
        self.send('* LIST (\\HasNoChildren) "/" INBOX')
        self.send('* LIST (\\HasNoChildren) "/" "Entw&APw-rfe"')
        self.ok(tag)

    def on_logout(self, tag: str, _: str) -> None:
        self.send("* BYE bye")
        self.ok(tag)
        raise Stop

    def body(self, uid: int, message: bytes) -> None:
        self.raw(b"* %d FETCH (UID %d BODY[] {%d}\r\n" % (uid, uid, len(message)) + message + b")\r\n")

    def asked(self, arguments: str) -> list[int]:
        """The UIDs of a sequence set that are there."""
        spans = [span.split(":") for span in re.split(r"[ ]", arguments)[0].split(",")]
        wanted = {uid for span in spans for uid in range(int(span[0]), int(span[-1]) + 1)}
        return sorted(wanted & set(self.server.messages))
