"""Export and import of mail accounts and web services: what their commands share."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from .mail_files import data_of
from .output import emit_json, note, printable
from .run import json_option

if TYPE_CHECKING:
    from ..exchange import ImportResult

Command = Callable[..., Any]

named_option = click.option("--name", "names", multiple=True, help="Only this one; may be repeated.")


def import_options(overwrites: str) -> Callable[[Command], Command]:
    """FILE, --overwrite with its help text, --dry-run and --json."""

    def decorate(command: Command) -> Command:
        for each in (
            json_option,
            click.option("--dry-run", is_flag=True, help="Only say what would happen."),
            click.option("--overwrite", is_flag=True, help=overwrites),
            click.argument("file"),
        ):
            command = each(command)
        return command

    return decorate


def read_file(file: str) -> bytes:
    """What is imported; - is standard input. Raises InvalidInput."""
    from ..exchange import LARGEST_FILE

    return data_of(file, LARGEST_FILE, "import")


def say(result: "ImportResult", *, dry_run: bool, as_json: bool) -> None:
    """What became of each entry, on standard error; with --json the whole on standard output."""
    if as_json:
        emit_json(result.as_json())
        return
    if not result.entries:
        note("There is nothing in it to import.")
    for entry in result.entries:
        would = "would be " if dry_run and entry.outcome in ("added", "overwritten") else ""
        held = ", and held" if dry_run and entry.held else ""
        note(f'"{printable(entry.name)}" {would}{entry.outcome}{held}.')
        if dry_run:
            for place in entry.differences:
                before = "nothing" if place.before is None else printable(place.before)
                after = "nothing" if place.after is None else printable(place.after)
                note(f"    {printable(place.path)}: {before} → {after}")
