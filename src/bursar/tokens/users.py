"""Who uses a token configuration. Consumers register a source; the heart asks, and knows none of them by name."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

Source = Callable[[Collection[str]], Mapping[str, list[str]]]
"""Takes configuration ids, returns for each used one the names of its users, as a person reads them."""

Finder = Callable[[str], tuple[str, tuple[Any, ...]]]
"""Takes a word of a search, returns a SELECT of the configuration ids whose users' names hold it, with parameters."""

_sources: list[Source] = []
_finders: list[Finder] = []


def register(source: Source, finder: Finder | None = None) -> None:
    """Add a source once, from the consumer's AppConfig.ready; by `finder` searches find its users."""
    if source not in _sources:
        _sources.append(source)
    if finder is not None and finder not in _finders:
        _finders.append(finder)


def finding(word: str) -> list[tuple[str, tuple[Any, ...]]]:
    """The SELECTs that find the configurations whose users' names hold `word`."""
    return [finder(word) for finder in _finders]


def users_of(configuration_ids: Collection[str]) -> dict[str, list[str]]:
    """The users of each configuration, sorted; a configuration nobody uses has an empty list."""
    found: dict[str, list[str]] = {configuration_id: [] for configuration_id in configuration_ids}
    for source in _sources:
        for configuration_id, names in source(configuration_ids).items():
            found[configuration_id].extend(names)
    return {configuration_id: sorted(names) for configuration_id, names in found.items()}
