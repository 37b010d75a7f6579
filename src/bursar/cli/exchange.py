"""Export and import of mail accounts and web services: what their commands share."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from .age import age_keys, opened
from .mail_files import data_of
from .output import echo, emit_json, note, printable
from .run import json_option

if TYPE_CHECKING:
    from ..exchange import ImportResult

Command = Callable[..., Any]

_RECIPIENT = "Encrypt for R, with age; may be repeated."
named_option = click.option("--name", "names", multiple=True, help="Only this one; may be repeated.")


def export_options(flag: str, flag_help: str) -> Callable[[Command], Command]:
    """--name, the flag that adds secrets, and --age-recipient or --age-passphrase-file to encrypt with."""

    def decorate(command: Command) -> Command:
        for each in (
            click.option("--age-passphrase-file", metavar="F", help="Encrypt with the passphrase in F's first line."),
            click.option("--age-recipient", "recipients", multiple=True, metavar="R", help=_RECIPIENT),
            click.option(flag, "with_secrets", is_flag=True, help=f"{flag_help}, in clear unless --age-… is given."),
            named_option,
        ):
            command = each(command)
        return command

    return decorate


def write(exporting: Callable[[], str], recipients: tuple[str, ...], age_passphrase_file: str | None) -> None:
    """Write what is exported to standard output, encrypted where that is asked for. Raises InvalidInput, NotFound."""
    keys = age_keys(recipients, age_passphrase_file)
    text = exporting()
    if not keys:
        echo(text.rstrip("\n"))
        return
    from ..tokens.age_file import encrypted

    echo(encrypted(text.encode(), **keys))


def import_options(overwrites: str) -> Callable[[Command], Command]:
    """FILE, --overwrite with its help text, --dry-run, the keys of a file of age, and --json."""

    def decorate(command: Command) -> Command:
        for each in (
            json_option,
            click.option(
                "--age-passphrase-file", metavar="F", help="Opens a file of age: its passphrase is F's first line."
            ),
            click.option("--age-identity-file", metavar="F", help="Opens a file of age: an identity, or an SSH key."),
            click.option("--dry-run", is_flag=True, help="Only say what would happen."),
            click.option("--overwrite", is_flag=True, help=overwrites),
            click.argument("file"),
        ):
            command = each(command)
        return command

    return decorate


def read_file(file: str, age_identity_file: str | None, age_passphrase_file: str | None) -> bytes:
    """What is imported, opened where it is a file of age; - is standard input. Raises InvalidInput."""
    from ..exchange import LARGEST_FILE

    return opened(data_of(file, LARGEST_FILE, "import"), age_identity_file, age_passphrase_file)


def label(file: str) -> str:
    """How a file is called in what is said of it."""
    return "standard input" if file == "-" else printable(file)


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
