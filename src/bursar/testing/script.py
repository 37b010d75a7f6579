"""What a scripted provider does instead of (or after) answering properly."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

DRIP_SECONDS = 0.2


class Manner(Enum):
    """How an answer goes out."""

    ANSWER = auto()  # as given here
    GENUINE = auto()  # the real answer, late
    HANG = auto()  # never, until the provider stops
    CLOSE = auto()  # the connection is closed without a byte
    DRIP = auto()  # one byte at a time
    LOSE = auto()  # the request is carried out in full, then the connection is closed without a byte


@dataclass(frozen=True, slots=True)
class Script:
    """One scripted turn of the provider; used up by one request."""

    manner: Manner
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay: float = 0.0
    until: threading.Event | None = None

    @classmethod
    def answer(
        cls,
        status: int,
        body: Any = b"",
        headers: Mapping[str, str] | None = None,
        delay: float = 0.0,
        until: threading.Event | None = None,
    ) -> "Script":
        """Answer with `body`: bytes and str go out as they are, anything else as JSON; after `delay` seconds, and once
        `until` is set."""
        return cls(Manner.ANSWER, status, _typed(body, headers or {}), _encoded(body), delay, until)

    @classmethod
    def late(cls, seconds: float) -> "Script":
        """The genuine answer after `seconds`."""
        return cls(Manner.GENUINE, delay=seconds)

    @classmethod
    def held(cls, until: threading.Event) -> "Script":
        """The genuine answer, once `until` is set."""
        return cls(Manner.GENUINE, until=until)

    @classmethod
    def hang(cls) -> "Script":
        """No answer at all, with the connection open."""
        return cls(Manner.HANG)

    @classmethod
    def close(cls) -> "Script":
        """The connection is closed without an answer, and nothing was carried out."""
        return cls(Manner.CLOSE)

    @classmethod
    def lose_answer(cls) -> "Script":
        """The request is carried out (a refresh token rotates), and its answer gets lost: the hard case."""
        return cls(Manner.LOSE)

    @classmethod
    def drip(cls, body: Any, status: int = 200, every: float = DRIP_SECONDS) -> "Script":
        """The answer, headers included, one byte every `every` seconds."""
        return cls(Manner.DRIP, status, _typed(body, {}), _encoded(body), every)


def _encoded(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body)).encode()


def _typed(body: Any, headers: Mapping[str, str]) -> Mapping[str, str]:
    named = {name.lower() for name in headers}
    if isinstance(body, bytes | str) or "content-type" in named:
        return dict(headers)
    return {"Content-Type": "application/json", **headers}
