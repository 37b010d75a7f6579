"""An API key as the door holds it: who, until when, and what was decided before."""

from dataclasses import dataclass, field
from typing import Any

from ..access.key_rules import Rules, Verb

MOST_DECISIONS = 10_000


@dataclass(slots=True)
class Key:
    """`ends_at` in seconds since 1970. `version` is the row it was read from."""

    id: str
    name: str
    digest: bytes
    rules: Rules
    ends_at: float
    version: tuple[Any, ...]
    may_read: bool = field(init=False)
    _decided: dict[str, bool] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.may_read = self.may(Verb.READ)

    def permits(self, reference: str) -> bool:
        """Whether one of its patterns matches; remembered, for as long as the key isn't changed."""
        found = self._decided.get(reference)
        if found is None:
            found = self.rules.permits(reference)
            if len(self._decided) >= MOST_DECISIONS:
                self._decided.clear()
            self._decided[reference] = found
        return found

    def may(self, verb: Verb) -> bool:
        """Whether it has the verb."""
        return verb in self.rules.verbs

    def is_good(self, now: float, address: str) -> bool:
        """Whether it still counts, and counts from this address."""
        return now < self.ends_at and (not self.rules.networks or self.rules.admits(address))
