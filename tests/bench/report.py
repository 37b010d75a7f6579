"""Writes a benchmark's section into docs/benchmarks.md; other sections stay as they are."""

import os
import platform
from collections.abc import Sequence

from tests.counterparts.processes import REPOSITORY

FILE = REPOSITORY / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

`make bench` measures on this machine and writes these sections. Figures differ from machine to machine and from run to
run: compare the rows of one table, which were measured one after the other.
"""


def section(key: str, title: str, text: str) -> None:
    """Put the section in place of its former self, or at the end."""
    begin, end = f"<!-- begin {key} -->", f"<!-- end {key} -->"
    whole = FILE.read_text("utf-8") if FILE.exists() else HEAD
    new = f"{begin}\n## {title}\n\n{text.strip()}\n{end}"
    if begin in whole and end in whole:
        before, _, rest = whole.partition(begin)
        whole = before + new + rest.partition(end)[2]
    else:
        whole = f"{whole.rstrip()}\n\n{new}\n"
    FILE.write_text(whole, "utf-8")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def machine() -> str:
    """What the figures were measured on."""
    return f"{os.cpu_count()} cores, Linux {platform.release().split('-')[0]}, Python {platform.python_version()}"
