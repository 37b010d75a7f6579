"""`bursar mail export`, `import` and `confirm`: accounts as YAML, and the yes to where one sends its token."""

from shlex import quote
from typing import Any

import click

from .exchange import export_options, import_options, label, read_file, say, write
from .output import note, printable
from .run import confirm_or_yes, operator, run, yes_option


@click.command()
@export_options("--with-passwords", "Write the passwords too")
@run
def export(ctx: Any, names: tuple[str, ...], with_secrets: bool, **keys: Any) -> None:
    """Write the mail accounts as YAML that `mail import` reads. Tokens are never in it, only their names."""
    from ..mail.transfer import export_accounts

    write(lambda: export_accounts(ctx, names or None, with_passwords=with_secrets), **keys)


@click.command("import")
@import_options("Replace accounts of the same name; their ledger and log stay.")
@run
def import_(ctx: Any, file: str, overwrite: bool, dry_run: bool, as_json: bool, **keys: Any) -> None:
    """Import mail accounts from FILE, or from standard input with -: all of them, or none.

    Where a token would go to a server that its provider isn't known for and that
    nobody has confirmed, the account is held: `bursar mail confirm` releases it.
    """
    from ..mail.transfer import import_accounts

    result = import_accounts(
        ctx, read_file(file, **keys), label(file), overwrite=overwrite, dry_run=dry_run, by=operator()
    )
    say(result, dry_run=dry_run, as_json=as_json)
    if not dry_run:
        for name in result.held:
            step = f"bursar mail confirm {quote(printable(name))}"
            note(f'"{printable(name)}" is held: it isn\'t collected until `{step}`.')


@click.command()
@click.argument("names", nargs=-1, required=True)
@yes_option
@run
def confirm(ctx: Any, names: tuple[str, ...], yes: bool) -> None:
    """Release accounts that are held.

    Their tokens go to the servers that they have now. So do those of other held
    accounts of the same token configuration at the same server.
    """
    from ..mail.accounts import find, reference_of
    from ..mail.hold import confirm as confirm_account

    released: set[str] = set()
    for name in [find(name).name for name in dict.fromkeys(names)]:
        account = find(name)
        if name in released:
            continue
        if not account.held:
            note(f'"{printable(account.name)}" isn\'t held.')
            continue
        token, server = reference_of(account), f"{account.host}:{account.port}"
        confirm_or_yes(f'Send the token "{printable(token)}" to {printable(server)} from now on?', yes)
        others = confirm_account(ctx, account, operator(), seen=account.generation)
        released.update(other.name for other in others)
        for each in (account, *others):
            note(f'Confirmed "{printable(each.name)}".')
