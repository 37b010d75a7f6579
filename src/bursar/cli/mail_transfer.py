"""`bursar mail export` and `import`: accounts as YAML."""

from typing import Any

import click

from .exchange import import_options, named_option, read_file, say
from .output import echo
from .run import operator, run


@click.command()
@named_option
@click.option("--with-passwords", is_flag=True, help="Write the passwords in clear.")
@run
def export(ctx: Any, names: tuple[str, ...], with_passwords: bool) -> None:
    """Write the mail accounts as YAML that `mail import` reads. Tokens are never in it, only their names."""
    from ..mail.transfer import export_accounts

    echo(export_accounts(ctx, names or None, with_passwords=with_passwords).rstrip("\n"))


@click.command("import")
@import_options("Replace accounts of the same name; their ledger and log stay.")
@run
def import_(ctx: Any, file: str, overwrite: bool, dry_run: bool, as_json: bool) -> None:
    """Import mail accounts from FILE, or from standard input with -: all of them, or none."""
    from ..mail.transfer import import_accounts

    result = import_accounts(ctx, read_file(file), file, overwrite=overwrite, dry_run=dry_run, by=operator())
    say(result, dry_run=dry_run, as_json=as_json)
