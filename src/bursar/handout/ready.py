"""A token that can be handed out without asking anybody, as it lies in memory."""

import json
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ..uses import Tally

MICROS = 1_000_000
COMMON = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]


@dataclass(slots=True)
class Ready:
    """Times are seconds since 1970. `vain_until`: before it, asking the provider would be refused without a call.

    `version` is what was read of the rows it came from: it is out of date exactly when they read differently.
    """

    token_id: str
    configuration_id: str
    reference: str
    token: str
    token_type: str
    scope: str | None
    sha256: str
    issued_at: float
    expires_at: float
    vain_until: float
    version: tuple[object, ...]
    asked_at: float = 0.0
    _head: bytes = field(default=b"", init=False)
    _tail: bytes = field(default=b"", init=False)
    _body: bytes = field(default=b"", init=False)
    _answer: tuple[dict[str, Any], dict[str, Any]] | None = field(default=None, init=False)
    tallies: dict[str, Tally] = field(default_factory=dict, init=False)  # by the id of the key
    _second: int = field(default=-1, init=False)

    def __post_init__(self) -> None:
        self._head = (
            f'{{"access_token":{json.dumps(self.token)},"token_type":{json.dumps(self.token_type)},"expires_in":'
        ).encode()
        ends = datetime.fromtimestamp(self.expires_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._tail = f',"expires_at":"{ends}","scope":{json.dumps(self.scope, ensure_ascii=False)}}}'.encode()

    def serves(self, now: float, min_ttl: float) -> bool:
        """Whether it may be handed out as it is: by the rules of `tokens.obtain`."""
        left = self.expires_at - now
        if left > min_ttl:
            return True
        # A longer life can't be had: it is in its first half (never more than one refresh per half a lifetime), or the
        # provider is in trouble.
        return left > 0 and (now < self.issued_at + (self.expires_at - self.issued_at) / 2 or now < self.vain_until)

    def expires_in(self, now: float) -> int:
        """Whole seconds of life left."""
        return max(0, int(self.expires_at - now))

    def body(self, now: float) -> bytes:
        """The answer's JSON (RFC 6749 §5.1, never with a refresh token); made once a second."""
        left = self.expires_in(now)
        if left != self._second:
            self._body = self._head + str(left).encode() + self._tail
            self._second, self._answer = left, None
        return self._body

    def answer(self, now: float) -> tuple[dict[str, Any], dict[str, Any]]:
        """The two ASGI messages of a 200; made once a second."""
        body = self.body(now)
        if self._answer is None:
            headers = [*COMMON, (b"content-length", b"%d" % len(body))]
            start = {"type": "http.response.start", "status": 200, "headers": headers}
            self._answer = start, {"type": "http.response.body", "body": body}
        return self._answer


def vain_until(state: str, next_attempt_at: int | None) -> float:
    """Until when a refresh would be refused without a call, by the token's stored state (`tokens.hindrance`)."""
    if state in ("needs_authorization", "misconfigured"):
        return math.inf
    return next_attempt_at / MICROS if state == "retrying" and next_attempt_at is not None else 0.0
