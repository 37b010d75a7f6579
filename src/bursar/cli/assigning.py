"""What commands about configurations share: `PATH=VALUE`, secrets from files, questions, and what is held."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .output import note, printable
from .run import confirm_or_yes

if TYPE_CHECKING:
    from ..keyring import Secret

_LARGEST_SECRET = 64 * 1024


def set_option(function: Any) -> Any:
    """Add `--set PATH=VALUE`; the command gets `assignments`."""
    option = click.option("--set", "assignments", multiple=True, metavar="PATH=VALUE", help="May be repeated.")
    return option(function)


def secret_option(function: Any) -> Any:
    """Add `--secret-file`; the command gets `secret_file` and passes it to `secret_from`."""
    text = "The file that holds the client secret; - reads it from standard input."
    return click.option("--secret-file", metavar="F", help=text)(function)


def ask(question: str, yes: bool) -> None:
    """Ask the person at the terminal; without one the command itself is the answer: it says by its name what it does,
    and destroys nothing."""
    confirm_or_yes(question, yes or not (sys.stdin.isatty() and sys.stderr.isatty()))


def pairs(assignments: tuple[str, ...]) -> list[tuple[str, str]]:
    """`PATH=VALUE` as pairs. Raises InvalidInput where the sign is missing."""
    from ..errors import InvalidInput

    for text in assignments:
        if "=" not in text:
            raise InvalidInput(f"{printable(text)} is not of the form PATH=VALUE.", code="assignment_malformed")
    return [(path, value) for path, _, value in (text.partition("=") for text in assignments)]


def secret_from(file: str | None) -> "Secret | None":
    """The client secret from a file or standard input; one newline at its end doesn't belong to it."""
    from ..errors import InvalidInput
    from ..tokens.configure import check_secret

    if file is None:
        return None
    data = read(file, _LARGEST_SECRET + 1)
    if len(data) > _LARGEST_SECRET:
        raise InvalidInput(f"{printable(file)} is larger than any client secret (64 kB).", code="secret_invalid")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise InvalidInput(f"{printable(file)} is not text.", code="secret_invalid") from None
    return check_secret(text.removesuffix("\n").removesuffix("\r"))


def read(file: str, limit: int) -> bytes:
    """Up to `limit` bytes of a file, or of standard input with `-`. Raises InvalidInput where it can't be read."""
    from ..errors import InvalidInput

    if file == "-":
        return sys.stdin.buffer.read(limit)
    try:
        with Path(file).open("rb") as opened:
            return opened.read(limit)
    except OSError as problem:
        raise InvalidInput(f"{printable(file)} can't be read: {problem.strerror}.", code="file_unreadable") from None


def say_held(names: list[str]) -> None:
    """Say of each configuration what releases what is held."""
    for name in names:
        step = f"bursar config confirm {shlex.quote(name)}"
        note(f'"{printable(name)}" is held: nothing held is sent until `{printable(step)}`.')
