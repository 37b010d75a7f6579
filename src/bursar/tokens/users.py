"""Who uses a token configuration. Consumers register a source; the heart asks, and knows none of them by name."""

from collections.abc import Callable, Collection, Mapping

Source = Callable[[Collection[str]], Mapping[str, list[str]]]
"""Takes configuration ids, returns for each used one the names of its users, as a person reads them."""

_sources: list[Source] = []


def register(source: Source) -> None:
    """Add a source once, from the consumer's AppConfig.ready."""
    if source not in _sources:
        _sources.append(source)


def users_of(configuration_ids: Collection[str]) -> dict[str, list[str]]:
    """The users of each configuration, sorted; a configuration nobody uses has an empty list."""
    found: dict[str, list[str]] = {configuration_id: [] for configuration_id in configuration_ids}
    for source in _sources:
        for configuration_id, names in source(configuration_ids).items():
            found[configuration_id].extend(names)
    return {configuration_id: sorted(names) for configuration_id, names in found.items()}
