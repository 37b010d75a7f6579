"""Who wants a new token: written beside every call to a provider, so that the life of a token says by whom."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asker:
    """`kind` is person, scheduler, or what kind of consumer asked; `name` is the person's or the consumer's."""

    kind: str
    name: str = ""

    @property
    def is_person(self) -> bool:
        """A person's word overrides the back-off and earlier verdicts."""
        return self.kind == "person"


SCHEDULER = Asker("scheduler")
CONSUMER = Asker("consumer")
"""A consumer that didn't say which."""


def person(name: str) -> Asker:
    """Somebody pressed a button, or typed a command."""
    return Asker("person", name)
