"""How commands answer: JSON for programs, aligned columns for people."""

import json
import os
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from typing import Any, TextIO

import click

from ..clock import rfc3339
from ..errors import Temporary


def emit_json(value: Any) -> None:
    """Print `value` as JSON: two spaces, UTF-8 as it is, datetimes in RFC 3339 UTC, dataclasses as objects.

    Raises TypeError for anything that has no JSON form, a `Secret` above all.
    """
    echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False, default=_plain))


def table(rows: Iterable[Sequence[Any]], headers: Sequence[str]) -> None:
    """Print rows in aligned columns under their headers; what is missing is shown as a dash."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(headers, *cells, strict=True)]
    for line in [list(headers), *cells]:
        padded = [text + " " * (width - _width(text)) for text, width in zip(line, widths, strict=True)]
        echo("  ".join(padded).rstrip())


def echo(text: str | bytes = "", *, end: str = "\n") -> None:
    """Print a line to standard output, or bytes as they are: the answer itself.

    Raises BrokenPipeError where nobody reads it any more, Temporary (`output_failed`) where it can't be written.
    """
    try:
        click.echo(text if isinstance(text, bytes) else text + end, nl=False)
    except BrokenPipeError:
        raise
    except OSError as problem:
        give_up(sys.stdout)
        raise Temporary(
            f"The answer can't be written to standard output: {problem.strerror}.",
            code="output_failed",
            action="Make room there, then ask again. What the command changed stays changed.",
        ) from None


def note(text: str) -> None:
    """Print one line to standard error: what is good to know beside the answer. Where it can't be, it is left out."""
    try:
        click.echo(text, err=True)
    except OSError:
        give_up(sys.stderr)


def give_up(stream: TextIO) -> None:
    """Let nobody, the interpreter's end included, try again to write what is left for this stream."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def printable(text: str) -> str:
    """The text with its control characters escaped, so that no name or answer can move the cursor of a terminal."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def _cell(value: Any) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return str(rfc3339(value))
    if isinstance(value, list | tuple):
        return printable(", ".join(map(str, value))) or "-"
    return printable(str(value))


def _width(text: str) -> int:
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
