"""What sets two documents apart, place by place. Secrets are not in documents, so none can be in a difference."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .document import TokenConfigurationDocument

LONGEST = 200  # characters of a value that are shown


@dataclass(frozen=True, slots=True)
class Difference:
    """One place: its dotted path and both values as text, None where there is none."""

    path: str
    before: str | None
    after: str | None


def differences(before: TokenConfigurationDocument, after: TokenConfigurationDocument) -> list[Difference]:
    """The places that differ, in order of their paths; name and validity first."""
    return between(_tree(before), _tree(after))


def between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """The same for plain mappings, which must hold no secret."""
    old, new = _flat(before), _flat(after)
    paths = sorted(old.keys() | new.keys(), key=lambda path: (path not in ("Name", "Validity"), path))
    return [
        Difference(path, _shown(old.get(path)), _shown(new.get(path)))
        for path in paths
        if old.get(path) != new.get(path)
    ]


def _tree(document: TokenConfigurationDocument) -> dict[str, Any]:
    tree = {"Name": document.name, "Validity": document.validity.value, **document.tree()}
    tree.pop("ClientSecret", None)
    return tree


def _flat(tree: Mapping[str, Any]) -> dict[str, str]:
    """Every value under its path; empty ones count as absent, as they do when a token is asked for."""
    found: dict[str, str] = {}
    waiting: list[tuple[str, Any]] = [("", tree)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += [(f"{path}.{key}" if path else str(key), each) for key, each in value.items()]
        elif value is not None and value != "":
            found[path] = str(value)
    return found


def _shown(text: str | None) -> str | None:
    return text if text is None or len(text) <= LONGEST else text[: LONGEST - 1] + "…"
