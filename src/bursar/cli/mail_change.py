"""`bursar mail set`, `show` and `log`: what an account is, how it is changed, and what its runs came to."""

from pathlib import Path
from shlex import quote
from typing import Any

import click

from ..errors import InvalidInput
from .output import echo, emit_json, note, printable, table
from .run import json_option, operator, run

TYPES = ["IMAP", "IMAPS", "IMAPTLS", "POP3", "POP3S", "POP3TLS", "MSGraph"]
VALIDITIES = ["valid", "invalid", "invalid-temporarily"]


@click.command("set")
@click.argument("name")
@click.option("--name", "new_name", help="A new name.")
@click.option("--type", "kind", type=click.Choice(TYPES), help="Brings the usual port of the type, too.")
@click.option("--host", help="The mail server; a stored password has to be given again.")
@click.option("--port", type=click.IntRange(1, 65535), help="Default: as it is, or the usual one of another type.")
@click.option("--login", help="The mailbox's address.")
@click.option("--auth", type=click.Choice(["token", "password"]), help="What the login is proved with.")
@click.option("--token", help="From now on log in with this token; a new label is made.")
@click.option("--password-file", metavar="F", help="From now on log in with this password; - for standard input.")
@click.option("--folder", help="The folder to collect; POP3 has none.")
@click.option("--ca", type=click.Path(dir_okay=False), help="Empty: the system's authorities.")
@click.option("--after", help="delete, seen, leave or move:FOLDER.")
@click.option("--trusted/--not-trusted", default=None, help="Keep or remove headers such as X-OTRS-Queue.")
@click.option("--deliver", help="Where messages go, as in `mail add`; what was refused is tried again there.")
@click.option("--by-recipient", metavar="FILE", help="Replaces the table; an empty file ends dispatching by recipient.")
@click.option("--interval", help="As in 30s, 5m, 1h; never: only when asked.")
@click.option("--validity", type=click.Choice(VALIDITIES), help="Only a valid account is collected.")
@click.option("--comment", help="For colleagues.")
@run
def set_(ctx: Any, name: str, **given: Any) -> None:
    """Change a mail account: all that is given, or nothing where one value is wrong.

    \b
    Examples:
      bursar mail set Support --interval 1m
      bursar mail set Support --validity invalid-temporarily
      bursar mail set Old --password-file secret
    """
    from ..mail.account import AccountType, parse_interval
    from ..mail.accounts import find
    from ..mail.change import amended, change
    from .mail_files import authentication, table_from

    account = find(name)
    if all(value is None for value in given.values()):
        raise InvalidInput(
            "Nothing to change is given.", code="usage", action="`bursar mail set --help` shows what can."
        )
    values = {key: value for key, value in given.items() if value is not None}
    changed: dict[str, Any] = {}
    auth, token, file = (values.pop(key, None) for key in ("auth", "token", "password_file"))
    if auth or token or file:
        changed["token"], changed["password"] = authentication(auth, token, file)
    if "kind" in values:
        changed["type"] = AccountType(values.pop("kind"))
    if "new_name" in values:
        changed["name"] = values.pop("new_name")
    if "ca" in values:
        ca = values.pop("ca")
        changed["ca_file"] = str(Path(ca).absolute()) if ca else ""
    if "by_recipient" in values:
        changed["recipients"] = table_from(values.pop("by_recipient"))
    if "interval" in values:
        changed["interval"] = parse_interval(values.pop("interval"))
    row = change(
        ctx, account, amended(account, changed | values), operator(), release=_says_where(given, held=account.held)
    )
    if row.held:
        note(f'Changed "{printable(row.name)}". It is held: `bursar mail confirm {quote(printable(row.name))}`.')
    else:
        note(f'Changed "{printable(row.name)}". Try it with `bursar mail test {quote(printable(row.name))}`.')


def _says_where(given: dict[str, Any], *, held: bool) -> bool:
    """Whether who changes the account has typed the server, or what is sent there: that is a yes to it.

    Of one that is held already somebody else has written the server, so it has to be typed anew, or confirmed.
    """
    names = ("host",) if held else ("kind", "host", "port", "token", "ca")
    return any(given[name] is not None for name in names)


@click.command()
@click.argument("name")
@json_option
@run
def show(ctx: Any, name: str, as_json: bool) -> None:  # noqa: ARG001 - every command gets the context
    """Show a mail account, everything but its password."""
    from dataclasses import fields

    from ..mail.accounts import find, view_of

    view = view_of(find(name))
    if as_json:
        emit_json(view)
        return
    rows = [(each.name.replace("_", " "), getattr(view, each.name)) for each in fields(view)]
    table([row for row in rows if row[0] != "recipients"], ("FIELD", "VALUE"))
    if view.recipients:
        echo()
        table(sorted(view.recipients.items()), ("RECIPIENT", "DESTINATION"))


@click.command()
@click.argument("name")
@click.option("--notes", is_flag=True, help="Also what happened during each run, line by line.")
@json_option
@run
def log(ctx: Any, name: str, notes: bool, as_json: bool) -> None:  # noqa: ARG001
    """Show the last runs of a mail account, the newest first."""
    from ..mail.log import runs_of

    runs = runs_of(name)
    if as_json:
        emit_json(runs)
        return
    heads = ("FINISHED", "TOOK", "RUNS", "FETCHED", "DELIVERED", "SKIPPED", "REPEATED", "BYTES", "ERROR")
    rows = [
        (r.finished_at, f"{r.seconds:.1f} s", r.runs, r.fetched, r.delivered, r.skipped, r.repeated, r.octets, r.error)
        for r in runs
    ]
    if not notes:
        table(rows, heads)
        return
    for row, each in zip(rows, runs, strict=True):
        table([row], heads)
        for line in each.notes:
            echo(f"  {printable(line)}")
