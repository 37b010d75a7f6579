"""A receiver of webhooks that checks signatures and answers as it is told."""

import base64
import hmac
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class WebhookReceiver:
    """`answers` are the statuses of the next requests, then 204. `retry_after` goes with 503 and 429."""

    secret: str = ""
    answers: list[int] = field(default_factory=list)
    retry_after: str = ""
    received: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)

    def __enter__(self) -> "WebhookReceiver":
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
                status = outer.answers.pop(0) if outer.answers else 204
                self.send_response(status)
                if outer.retry_after and status in (429, 503):
                    self.send_header("Retry-After", outer.retry_after)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/mail?queue=7"

    def is_signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        """As a receiver of the Standard Webhooks specification checks it."""
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.digest(key, signed, sha256)).decode()
        return hmac.compare_digest(headers["webhook-signature"], f"v1,{expected}")
