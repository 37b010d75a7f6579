"""Who calls a web service by its name. Those above register a source; a service that is called so is not deleted."""

from collections.abc import Callable
from dataclasses import dataclass

from ..errors import Refused


@dataclass(frozen=True, slots=True, order=True)
class Caller:
    """What calls: its kind as a person reads it, its name, the invoker, its id."""

    kind: str
    name: str
    invoker: str
    id: str

    def __str__(self) -> str:
        return f'{self.kind} "{self.name}"'


Source = Callable[[str], list[Caller]]
"""Takes a service's name, returns its callers."""

_sources: list[Source] = []


def register(source: Source) -> None:
    """Add a source once, from the caller's AppConfig.ready."""
    if source not in _sources:
        _sources.append(source)


def callers_of(name: str) -> list[Caller]:
    """The callers, sorted."""
    return sorted(caller for source in _sources for caller in source(name))


def check_unused(name: str) -> None:
    """Raises Refused (`in_use`) with the names of the callers."""
    found = list(dict.fromkeys(str(caller) for caller in callers_of(name)))
    if found:
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        raise Refused(
            f'"{name}" is called by {", ".join(found[:3])}{more}.',
            code="in_use",
            action="Give them another destination first.",
        )
