"""Where in the YAML of a web service's form a rule is broken."""

import re

from ...errors import BursarError
from ...exchange import mappings
from ...sentences import said
from ...tokens.document.nodes import Mapping, Node
from ..yaml_mark import Mark, excerpt

_LINE = re.compile(r"YAML: line (\d{1,7}): ")


def mark_of(text: str, sentence: str) -> Mark:
    """The place of what `sentence` says: by its line, or by the path that it begins with."""
    found = _LINE.match(sentence)
    if found:
        line, rule = int(found[1]), said(sentence[found.end() :].removesuffix("."))
        return Mark(line, "", f"{rule[:1].upper()}{rule[1:]}.", excerpt(text.split("\n"), line))
    line = _line_of(text, sentence.partition(" ")[0])
    return Mark(line, "", said(sentence), excerpt(text.split("\n"), line))


def _line_of(text: str, path: str) -> int:
    try:
        node: Node | None = next(iter(mappings(text.encode("utf-8", "replace"), "YAML")), None)
    except BursarError:
        return 0
    line = 0
    while path and isinstance(node, Mapping):
        key = next((key for key in node.items if path == key or path.startswith(f"{key}.")), None)
        if key is None:
            break
        node, path = node.items[key], path[len(key) + 1 :]
        line = node.line
    return line
