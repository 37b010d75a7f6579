"""The one place where everybody who asks is served: from memory where that is right, else the long way; and counted.

Both doors, HTTP and the socket, stand before it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..uses import Tally
from .cold import Cold
from .key import Key
from .ready import MICROS, Ready
from .source import Source

if TYPE_CHECKING:
    from ..context import Context
    from ..tokens.outcome import Obtained, Refusal
    from ..uses import Consumer


@dataclass(frozen=True, slots=True)
class Given:
    """A token that was handed out."""

    token_id: str
    token: str
    token_type: str
    scope: str | None
    expires_at: float
    sha256: str


class Counter:
    """`now` is in seconds since 1970."""

    def __init__(self, ctx: "Context", source: Source, now: Callable[[], float] | None = None) -> None:
        self.source = source
        self.cold = Cold(ctx)
        self.now = now or time.time
        self._uses = ctx.uses
        ctx.uses.keep_writing(ctx.storage, ctx.stop)
        source.view.on_forget = lambda ready: ctx.uses.release(ready.tallies.values())

    def count(self, token_id: str, kind: str, consumer: str, name: str, address: str, now: float) -> None:
        """Record one hand-out; costs a microsecond (SEC-47)."""
        self._uses.count(token_id, kind, consumer, name, address, int(now * MICROS), 1)

    def tally(self, token_id: str, key: Key, at: int) -> Tally:
        """A counter for the event loop's own use; see `Uses.tally`."""
        return self._uses.tally(token_id, "key", key.id, key.name, at)

    async def get(self, reference: str, min_ttl: float, by: "Consumer", ready: Ready | None) -> "Given | Refusal":
        """A token with `min_ttl` seconds of life. `ready` is what the source has for it just now."""
        now = self.now()
        if ready is not None and ready.serves(now, min_ttl):
            ready.asked_at = now
            self.count(ready.token_id, by.kind, by.id, by.name, by.address, now)
            return Given(ready.token_id, ready.token, ready.token_type, ready.scope, ready.expires_at, ready.sha256)
        return self._given(await self.cold.obtain(reference, min_ttl, by), by)

    async def refused(self, reference: str, sha256: str, by: "Consumer") -> "Given | Refusal":
        """A server refused the token with this SHA-256: the one after it."""
        return self._given(await self.cold.reject(reference, sha256, by), by)

    def _given(self, found: "Obtained | Refusal", by: "Consumer") -> "Given | Refusal":
        from ..tokens.outcome import Obtained

        if not isinstance(found, Obtained):
            return found
        self.count(found.token_id, by.kind, by.id, by.name, by.address, self.now())
        return given_of(found)


def given_of(found: "Obtained") -> Given:
    """What `tokens.obtain` gave, opened."""
    return Given(
        found.token_id,
        found.access_token.reveal(),
        found.token_type,
        found.scope,
        found.expires_at.timestamp(),
        found.sha256,
    )
