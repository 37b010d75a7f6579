"""A broken rule in a YAML text as a page shows it beside the text."""

from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_EXCERPT = 200


@dataclass(frozen=True, slots=True)
class Mark:
    """Where (line 0: it is about no line), what stands there, and what is wrong."""

    line: int
    path: str
    rule: str
    excerpt: str


def excerpt(lines: Sequence[str], line: int) -> str:
    """What stands in that line; empty where there is none."""
    return lines[line - 1].strip()[:LONGEST_EXCERPT] if 0 < line <= len(lines) else ""
