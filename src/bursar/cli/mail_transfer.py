"""`bursar mail export` and `import`: accounts as YAML."""

from typing import Any

import click

from .output import echo, emit_json, note, printable
from .run import json_option, operator, run


@click.command()
@click.option("--name", "names", multiple=True, help="Only this one; may be repeated.")
@click.option("--with-passwords", is_flag=True, help="Write the passwords in clear.")
@run
def export(ctx: Any, names: tuple[str, ...], with_passwords: bool) -> None:
    """Write the mail accounts as YAML that `mail import` reads. Tokens are never in it, only their names."""
    from ..mail.transfer import export_accounts

    echo(export_accounts(ctx, names or None, with_passwords=with_passwords).rstrip("\n"))


@click.command("import")
@click.argument("file")
@click.option("--overwrite", is_flag=True, help="Replace accounts of the same name; their ledger and log stay.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@json_option
@run
def import_(ctx: Any, file: str, overwrite: bool, dry_run: bool, as_json: bool) -> None:
    """Import mail accounts from FILE, or from standard input with -: all of them, or none."""
    from ..mail.transfer import LARGEST_FILE, import_accounts
    from .mail_files import data_of

    data = data_of(file, LARGEST_FILE, "import")
    result = import_accounts(ctx, data, file, overwrite=overwrite, dry_run=dry_run, by=operator())
    if as_json:
        emit_json(result)
        return
    would = "would be " if dry_run else ""
    for names, what in ((result.added, "added"), (result.overwritten, "overwritten"), (result.skipped, "skipped")):
        for name in names:
            note(f'"{printable(name)}" {would if what != "skipped" else ""}{what}.')
