"""Who uses a token configuration. Consumers register a source; the heart asks, and knows none of them by name."""

from collections.abc import Callable, Collection, Mapping

Source = Callable[[Collection[str]], Mapping[str, list[str]]]
"""Takes configuration ids, returns for each used one the names of its users, as a person reads them.

Or takes token ids, and returns the same for each used token: a labelled token has users of its own.
"""

_sources: list[Source] = []
_used_in: list[tuple[str, str]] = []
_by_token: dict[Source, Source] = {}


def register(
    source: Source,
    by_token: Source | None = None,
    used_in: tuple[str, str] | None = None,
) -> None:
    """Add a source once, from the consumer's AppConfig.ready.

    `by_token` is asked where one token counts; without it the users of a configuration use each of its tokens.
    `used_in` names the table and the column that hold a token's id, a row for each of its users with their `name`:
    the listing counts them for sorting, and searches find tokens by those names.
    """
    if source not in _sources:
        _sources.append(source)
    if used_in is not None and used_in not in _used_in:
        _used_in.append(used_in)
    if by_token is not None:
        _by_token[source] = by_token


def used_in() -> list[tuple[str, str]]:
    """The tables whose rows use a token each, with the column that names it."""
    return list(_used_in)


def users_of(configuration_ids: Collection[str]) -> dict[str, list[str]]:
    """The users of each configuration, sorted; a configuration nobody uses has an empty list."""
    found: dict[str, list[str]] = {configuration_id: [] for configuration_id in configuration_ids}
    for source in _sources:
        for configuration_id, names in source(configuration_ids).items():
            found[configuration_id].extend(names)
    return {configuration_id: sorted(names) for configuration_id, names in found.items()}


def token_users_of(tokens: Mapping[str, str]) -> dict[str, list[str]]:
    """The users of each of these tokens (by id, with their configurations), sorted; nobody's has an empty list."""
    found: dict[str, list[str]] = {token_id: [] for token_id in tokens}
    for source in _sources:
        by_token = _by_token.get(source)
        if by_token is not None:
            for token_id, names in by_token(tokens.keys()).items():
                found[token_id].extend(names)
            continue
        by_configuration = source(set(tokens.values()))
        for token_id, configuration_id in tokens.items():
            found[token_id].extend(by_configuration.get(configuration_id, ()))
    return {token_id: sorted(names) for token_id, names in found.items()}
