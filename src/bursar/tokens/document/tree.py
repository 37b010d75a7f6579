"""From nodes to the plain tree that is stored: known keys typed, unknown ones kept or refused by name."""

from collections.abc import Mapping as Dict
from dataclasses import dataclass
from typing import Any

from . import schema
from .nodes import Mapping, Node, Scalar
from .scalars import BrokenRule, free_value, is_null
from .violations import Violations, quoted

_VALIDITIES = ("1", "2", "3")
_DATES = frozenset(("createtime", "createby", "changetime", "changeby"))


@dataclass(frozen=True, slots=True)
class RawEntry:
    """An entry whose keys and types are right; its rules are yet to be checked."""

    name: str
    valid_id: int
    tree: dict[str, Any]


def entry_name(node: Node) -> str | None:
    """The name an entry gives itself, if it can be read at all; for naming the entry in errors."""
    name = node.items.get("Name") if isinstance(node, Mapping) else None
    return name.text if isinstance(name, Scalar) else None


def read_entry(node: Node, violations: Violations) -> RawEntry | None:
    """The entry as plain values, None where violations were noted."""
    if not isinstance(node, Mapping):
        violations.add("", "must be a mapping with Name and Config")
        return None
    before = violations.count
    valid_id = 1
    for key, child in node.items.items():
        lower = key.lower().replace("_", "")
        if key in ("Name", "Config"):
            continue
        if lower == "validid":
            valid_id = _valid_id(child, key, violations)
        elif lower in _DATES:
            if not isinstance(child, Scalar):
                violations.add(key, "must be a single value")
        else:
            violations.add(_joined("", key), "is not a key of an entry; Name, Config, ValidID and its dates are")
    name = _name(node.items.get("Name"), violations)
    tree = _config(node.items.get("Config"), violations)
    return RawEntry(name, valid_id, tree) if violations.count == before else None


def _name(node: Node | None, violations: Violations) -> str:
    if node is None:
        violations.add("Name", "is missing")
    elif not isinstance(node, Scalar) or is_null(node):
        violations.add("Name", "must be a text")
    elif rule := schema.name_rule(node.text):
        violations.add("Name", rule)
    else:
        return node.text
    return ""


def _valid_id(node: Node, path: str, violations: Violations) -> int:
    if isinstance(node, Scalar):
        if is_null(node):
            return 1
        if node.text in _VALIDITIES:
            return int(node.text)
    violations.add(path, "must be 1 (valid), 2 (invalid) or 3 (invalid-temporarily)")
    return 1


def _config(node: Node | None, violations: Violations) -> dict[str, Any]:
    if not isinstance(node, Mapping):
        violations.add("Config", "is missing" if node is None else "must be a mapping")
        return {}
    tree: dict[str, Any] = {}
    for key, child in node.items.items():
        path = _joined("Config", key)
        if key == "Requests":
            tree[key] = _requests(child, path, violations)
        elif key == "Notifications":
            if not (isinstance(child, Scalar) and is_null(child)):
                tree[key] = _leaves(child, path, schema.NOTIFICATIONS, violations)
        elif key in schema.LEAVES:
            _leaf(tree, key, child, path, schema.LEAVES[key], violations)
        else:
            _extra(tree, key, child, path, violations)
    return tree


def _extra(tree: dict[str, Any], key: str, node: Node, path: str, violations: Violations) -> None:
    if not key or schema.has_control_character(key) or len(key) > schema.LONGEST_NAME:
        violations.add(path, "must be a name of 1 to 250 characters without control characters")
    elif key in schema.FILLED_BY_BURSAR:
        violations.add(path, "is filled in by Bursar, so it can't be set")
    elif not isinstance(node, Scalar):
        violations.add(path, "is not a key of the format, so it must hold a single value")
    else:
        try:
            tree[key] = free_value(node)
        except BrokenRule as rule:
            violations.add(path, str(rule))


def _leaf(tree: dict[str, Any], key: str, node: Node, path: str, read: schema.Reader, violations: Violations) -> None:
    """Put the typed value of a known key into `tree`; a null stays null or leaves the key out, as its kind wants."""
    if not isinstance(node, Scalar):
        violations.add(path, "must be a single value")
    elif is_null(node):
        if key in schema.NULLABLE:
            tree[key] = None
    else:
        try:
            tree[key] = read(node)
        except BrokenRule as rule:
            violations.add(path, str(rule))


def _leaves(node: Node, path: str, readers: Dict[str, schema.Reader], violations: Violations) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, child in _items(node, path, violations):
        if key in readers:
            _leaf(found, key, child, _joined(path, key), readers[key], violations)
        else:
            violations.add(_joined(path, key), f"is not known; {', '.join(readers)} are")
    return found


def _requests(node: Node, path: str, violations: Violations) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, child in _items(node, path, violations):
        if key in schema.REQUESTS:
            found[key] = _groups(child, _joined(path, key), violations)
        else:
            violations.add(_joined(path, key), f"is not a request; {', '.join(schema.REQUESTS)} are")
    return found


def _groups(node: Node, path: str, violations: Violations) -> dict[str, Any]:
    """One request: what is asked and how the answer is read."""
    found: dict[str, Any] = {}
    for key, child in _items(node, path, violations):
        here = _joined(path, key)
        if key == "Request":
            found[key] = _parts(child, here, ("Parameters", "AutofilledParametersMapping"), True, violations)
        elif key == "Response":
            found[key] = _parts(child, here, ("ParametersMapping",), False, violations)
        else:
            violations.add(here, "is not known; Request and Response are")
    return found


def _parts(node: Node, path: str, mappings: tuple[str, ...], has_url: bool, violations: Violations) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, child in _items(node, path, violations):
        here = _joined(path, key)
        if key == "URL" and has_url:
            if isinstance(child, Scalar) and not is_null(child):
                found[key] = child.text
            else:
                violations.add(here, "must be an address")
        elif key in mappings:
            found[key] = _texts(child, here, violations)
        else:
            violations.add(here, f"is not known; {', '.join((('URL',) if has_url else ()) + mappings)} may stand here")
    return found


def _texts(node: Node, path: str, violations: Violations) -> dict[str, str]:
    """Free names with texts. A value that is empty in the file is an empty text."""
    found: dict[str, str] = {}
    for key, child in _items(node, path, violations):
        if not isinstance(child, Scalar):
            violations.add(_joined(path, key), "must be a single value")
        elif not key or schema.has_control_character(key):
            violations.add(_joined(path, key), "must be a name without control characters")
        else:
            found[key] = "" if is_null(child) else child.text
    return found


def _items(node: Node, path: str, violations: Violations) -> list[tuple[str, Node]]:
    """The keys and values of a mapping; nothing for a null, and for anything else a violation."""
    if isinstance(node, Mapping):
        return list(node.items.items())
    if not (isinstance(node, Scalar) and is_null(node)):
        violations.add(path, "must be a mapping")
    return []


def _joined(path: str, key: str) -> str:
    """The path of `key` below `path`; a key that isn't a plain word is quoted, so that no text forges a line."""
    plain = key.isprintable() and 0 < len(key) <= 80 and key == key.strip()
    name = key if plain else quoted(key)
    return f"{path}.{name}" if path else name
