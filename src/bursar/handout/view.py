"""The keys and ready tokens of this process, as they were read last; a source keeps that true.

Opened tokens stay in memory while they are asked for, and five minutes after.
"""

from collections.abc import Callable

from .key import Key
from .ready import Ready

IDLE_SECONDS = 300.0
MOST_KEYS = 10_000


class View:
    """`keys` by the SHA-256 of the key, `ready` by the reference that was asked for."""

    def __init__(self) -> None:
        self.keys: dict[bytes, Key] = {}
        self.ready: dict[str, Ready] = {}
        self.on_forget: Callable[[Ready], None] = lambda _: None
        self._by_token: dict[str, str] = {}

    def keep(self, ready: Ready) -> Ready:
        """Remember a token under its reference."""
        if (before := self.ready.get(ready.reference)) is not None:
            self.forget_token(before.token_id)
        self.ready[ready.reference] = ready
        self._by_token[ready.token_id] = ready.reference
        return ready

    def keep_key(self, key: Key) -> Key:
        """Remember a key."""
        if len(self.keys) >= MOST_KEYS:
            self.keys.clear()
        self.keys[key.digest] = key
        return key

    def forget_token(self, token_id: str) -> None:
        """Its row changed."""
        reference = self._by_token.pop(token_id, None)
        found = None if reference is None else self.ready.pop(reference, None)
        if found is not None:
            self.on_forget(found)

    def forget_tokens(self) -> None:
        """Names or validities changed: any reference may lead somewhere else now."""
        forgotten, self.ready = list(self.ready.values()), {}
        self._by_token.clear()
        for ready in forgotten:
            self.on_forget(ready)

    def forget_all(self) -> None:
        """Nothing is known for sure any more."""
        self.forget_tokens()
        self.keys.clear()

    def sweep(self, now: float) -> None:
        """Forget tokens that nobody asked for lately, and those that ended. Called every minute."""
        for ready in list(self.ready.values()):
            if ready.asked_at < now - IDLE_SECONDS or ready.expires_at <= now:
                self.forget_token(ready.token_id)
