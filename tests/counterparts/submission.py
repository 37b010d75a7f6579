"""Dovecot's submission service, and the relay behind it: a sink that takes every message and keeps it."""

import socketserver
import threading
from pathlib import Path
from typing import Any

from .dovecot import Dovecot, Introspecting
from .processes import free_port

CONFIGURATION = """
protocols = $protocols submission
hostname = localhost
submission_relay_host = 127.0.0.1
submission_relay_port = {relay}
service submission-login {{
  {chroot}
  inet_listener submission {{
    port = {port}
  }}
}}
"""


class Sink(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP (RFC 5321) as a relay needs to take mail; `messages` are what came."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.messages: list[bytes] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class _Session(socketserver.StreamRequestHandler):
    server: Sink

    def handle(self) -> None:
        self._say("220 sink")
        while line := self.rfile.readline():
            match line[:4].upper():
                case b"EHLO":
                    self._say("250-sink\r\n250 8BITMIME")
                case b"DATA":
                    self._say("354 go on")
                    lines = []
                    while (part := self.rfile.readline()) not in (b".\r\n", b""):
                        lines.append(part.removeprefix(b".") if part.startswith(b"..") else part)
                    self.server.messages.append(b"".join(lines))
                    self._say("250 kept")
                case b"QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 fine")

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


class Submission(Dovecot):
    """Dovecot with submission on `submission`, STARTTLS; what is sent ends in `sink`."""

    def __init__(self, provider: Introspecting) -> None:
        self.sink = Sink()
        self.submission = free_port()
        super().__init__(provider)

    def close(self) -> None:
        super().close()
        self.sink.close()

    def _configure(self, provider: Introspecting) -> None:
        super()._configure(provider)
        path: Path = self.directory / "dovecot.conf"
        text = path.read_text()
        chroot: Any = "chroot =" if "  chroot =\n  process_min_avail" in text else ""
        path.write_text(text + CONFIGURATION.format(port=self.submission, relay=self.sink.port, chroot=chroot))
