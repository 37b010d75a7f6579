"""`PATH=VALUE`: assignments to a document's tree by dotted path, typed by the schema."""

import difflib
from typing import Any

from ...errors import InvalidInput
from . import schema
from .nodes import Scalar
from .scalars import BrokenRule, free_value

_FREE = {("Request", "Parameters"), ("Request", "AutofilledParametersMapping"), ("Response", "ParametersMapping")}


def assign(tree: dict[str, Any], path: str, value: str) -> None:
    """Set what `path` names in `tree` to `value`; an empty value empties it: null, or gone.

    A leading `Config.` is taken as said, since errors name paths with it. Raises InvalidInput
    (`path_unknown`, `value_invalid`, `secret_on_command_line`).
    """
    parts = path.removeprefix("Config.").split(".")
    if parts == ["ClientSecret"]:
        raise InvalidInput(
            "A client secret is never taken from the command line, where other users of the machine could read it.",
            code="secret_on_command_line",
            action="Give the file that holds it with --secret-file, or - to read it from standard input.",
        )
    node = Scalar(value, True, 0)
    match parts:
        case [key] if key in schema.LEAVES:
            _set(tree, key, node, schema.LEAVES[key], path)
        case ["Notifications", key] if key in schema.NOTIFICATIONS:
            _set(tree.setdefault("Notifications", {}), key, node, schema.NOTIFICATIONS[key], path)
        case ["Requests", kind] if kind in schema.REQUESTS and not value:
            tree.get("Requests", {}).pop(kind, None)
        case ["Requests", kind, "Request", "URL"] if kind in schema.REQUESTS:
            _request(tree, kind, "Request")["URL"] = value
        case ["Requests", kind, group, mapping, *rest] if (
            kind in schema.REQUESTS and (group, mapping) in _FREE and "".join(rest)
        ):
            texts = _request(tree, kind, group).setdefault(mapping, {})
            if value:
                texts[".".join(rest)] = value
            else:
                texts.pop(".".join(rest), None)
        case [*_] if (key := ".".join(parts)) in free_names(tree):
            _set(tree, key, node, free_value, path)
        case _:
            raise unknown(tree, path)


def free_names(tree: dict[str, Any]) -> set[str]:
    """Keys of no fixed meaning that this document has, or that a request of it fills a parameter from."""
    fixed = schema.LEAVES.keys() | {"Requests", "Notifications"} | schema.FILLED_BY_BURSAR
    wanted = {
        source
        for parts in tree.get("Requests", {}).values()
        for source in parts.get("Request", {}).get("AutofilledParametersMapping", {}).values()
    }
    return (tree.keys() | wanted) - fixed


def unknown(tree: dict[str, Any], path: str) -> InvalidInput:
    """The error for a path that names nothing, with the paths that come near it."""
    known = sorted(known_paths(tree))
    wanted = path.removeprefix("Config.").lower()
    by_lower = {name.lower(): name for name in known}
    near = [by_lower[name] for name in difflib.get_close_matches(wanted, by_lower, n=3, cutoff=0.5)]
    near += [name for name in known if name.lower().endswith("." + wanted) and name not in near]
    action = f"Near it are: {', '.join(near[:6])}." if near else f"Paths are: {', '.join(known)}."
    return InvalidInput(f"{path} is not a path of this configuration.", code="path_unknown", action=action)


def known_paths(tree: dict[str, Any]) -> set[str]:
    """What can be assigned in this document."""
    known = {"Name", "Validity"} | (schema.LEAVES.keys() - {"ClientSecret"}) | free_names(tree)
    known |= {f"Notifications.{key}" for key in schema.NOTIFICATIONS}
    for kind, parts in tree.get("Requests", {}).items():
        known.add(f"Requests.{kind}.Request.URL")
        for group, mapping in _FREE:
            known |= {f"Requests.{kind}.{group}.{mapping}.{key}" for key in parts.get(group, {}).get(mapping, {})}
    return known


def _request(tree: dict[str, Any], kind: str, group: str) -> dict[str, Any]:
    found: dict[str, Any] = tree.setdefault("Requests", {}).setdefault(kind, {}).setdefault(group, {})
    return found


def _set(tree: dict[str, Any], key: str, node: Scalar, read: schema.Reader, path: str) -> None:
    if node.text:
        try:
            tree[key] = read(node)
        except BrokenRule as rule:
            raise InvalidInput(f"{path}: {rule}", code="value_invalid") from None
    elif key in schema.NULLABLE:
        tree[key] = None
    else:
        tree.pop(key, None)
