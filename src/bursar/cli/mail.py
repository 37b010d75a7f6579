"""`bursar mail`: accounts, and what they collect."""

from pathlib import Path
from shlex import quote
from typing import Any

import click

from .mail_change import TYPES, VALIDITIES, log, set_, show
from .mail_quarantine import quarantine, retry, signing_secret
from .mail_transfer import confirm, export, import_
from .output import echo, emit_json, note, printable, table
from .run import confirm_or_yes, json_option, operator, run, yes_option


@click.group()
def mail() -> None:
    """Mail accounts: collect mailboxes with a token or a password, deliver each message exactly once."""


@mail.command()
@click.option("--name", required=True, help="How the account is called here.")
@click.option(
    "--type",
    "kind",
    type=click.Choice(TYPES),
    help="IMAPS, POP3S: TLS first. IMAPTLS, POP3TLS: STARTTLS. IMAP, POP3: plain, within this machine only. MSGraph: "
    "Microsoft Graph. Default: the provider's, where its template knows it, else IMAPS.",
)
@click.option("--host", help="The mail server. Default: the provider's, where its template knows it.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Default: the provider's, or the type's: 993 for IMAPS, 995 for POP3S, 443 for MSGraph, 143 or 110 else.",
)
@click.option("--login", required=True, help="The mailbox's address; for a shared mailbox its own, not yours.")
@click.option("--auth", type=click.Choice(["token", "password"]), help="What the login is proved with. Default: token.")
@click.option("--token", help="The token configuration, NAME or NAME#LABEL; a new label is made.")
@click.option("--password-file", metavar="F", help="The password's file, or - for standard input.")
@click.option("--folder", help="The folder to collect; POP3 has none. Default: INBOX.")
@click.option("--ca", default="", type=click.Path(dir_okay=False), help="Trust this authority (PEM) for the server.")
@click.option("--after", default="delete", show_default=True, help="delete, seen, leave or move:FOLDER.")
@click.option("--trusted", is_flag=True, help="Keep headers such as X-OTRS-Queue that steer a ticket system.")
@click.option(
    "--deliver",
    required=True,
    help="maildir:PATH, mbox:PATH, lmtp:HOST:PORT, smtp:HOST:PORT, pipe:COMMAND, webhook:URL (signed: see "
    "`bursar mail signing-secret`) or invoker:SERVICE/INVOKER.",
)
@click.option("--by-recipient", metavar="FILE", help="Lines of ADDRESS DESTINATION; --deliver is for all others.")
@click.option(
    "--interval", default="5m", show_default=True, help="How often, as in 30s, 5m, 1h; never: only when asked."
)
@click.option(
    "--validity",
    type=click.Choice(VALIDITIES),
    default="valid",
    show_default=True,
    help="Only a valid one is collected.",
)
@click.option("--comment", default="", help="For colleagues.")
@run
def add(ctx: Any, kind: str | None, ca: str, **given: Any) -> None:
    """Add a mail account.

    \b
    Examples:
      bursar mail add --name Support --token "Exchange Online" \\
        --login support@example.org --deliver maildir:/var/mail/support
      bursar mail add --name Old --type POP3S --host pop.example.org --login old \\
        --auth password --password-file secret --deliver maildir:/var/mail/old --interval 10m
    """
    from ..mail.account import AccountType, interval_text, parse_interval
    from ..mail.accounts import NewAccount
    from ..mail.accounts import add as add_account
    from .mail_files import authentication, table_from

    token, password = authentication(given.pop("auth"), given.pop("token"), given.pop("password_file"))
    table = given.pop("by_recipient")
    new = NewAccount(
        type=AccountType(kind) if kind else None,
        ca_file=str(Path(ca).absolute()) if ca else "",
        token=token,
        password=password,
        recipients=table_from(table) if table else {},
        interval=parse_interval(given.pop("interval")),
        **given,
    )
    account = add_account(ctx, new, operator(), release=True)  # who types the server says yes to it
    note(f'Added "{printable(account.name)}". Try it with `bursar mail test {quote(printable(account.name))}`.')
    if any(to.startswith("webhook:") for to in (account.deliver, *new.recipients.values())):
        secret = f"bursar mail signing-secret {quote(printable(account.name))}"
        note(f"Nothing is posted until `{secret}` has made what it is signed with.")
    if account.interval:
        every = interval_text(account.interval)
        note(f"`bursar serve` and `bursar worker` collect it every {every}, `bursar mail fetch` at once.")
    else:
        note("It is collected by `bursar mail fetch` alone.")


@mail.command("list")
@json_option
@run
def list_(ctx: Any, as_json: bool) -> None:  # noqa: ARG001 - every command gets the context
    """Show the mail accounts."""
    from ..mail.accounts import views

    accounts = views()
    if as_json:
        emit_json(accounts)
        return
    if not accounts:
        note("There is no mail account yet: `bursar mail add --help`.")
    rows = [
        (a.name, a.type, f"{a.host}:{a.port}", a.login, a.token, a.folder, a.after, a.deliver, _validity(a))
        for a in accounts
    ]
    table(rows, ("NAME", "TYPE", "SERVER", "LOGIN", "TOKEN", "FOLDER", "AFTER", "DELIVER", "VALIDITY"))


def _validity(account: Any) -> str:
    return f"{account.validity}, held" if account.held else str(account.validity)


@mail.command()
@click.argument("names", nargs=-1)
@json_option
@run
def fetch(ctx: Any, names: tuple[str, ...], as_json: bool) -> int:
    """Collect the named accounts, or all.

    Exit code: 4 if any account needs a person, else 5 if any failed or is
    busy, else 0; 6 where all that failed would connect to what isn't admitted.
    """
    from ..mail.fetch import fetch as fetch_accounts
    from ..mail.result import exit_code
    from ..memory import share_arenas

    share_arenas()
    ctx.storage.keep_small()
    results = []
    for result in fetch_accounts(ctx, names):
        results.append(result)
        if not as_json:
            _show(result)
    if as_json:
        emit_json([result.as_json() for result in results])
    elif not results:
        note("There is no valid mail account to collect.")
    return exit_code(results)


def _show(result: Any) -> None:
    name = printable(result.name)
    counts = f"{name}: {result.fetched} fetched, {result.delivered} delivered, {result.skipped} skipped"
    echo(f"{counts}; {printable(str(result.error))}" if result.error else counts)
    for line in result.skips:
        note(f"{name}: {printable(line)}")


@mail.command()
@click.argument("name")
@json_option
@run
def test(ctx: Any, name: str, as_json: bool) -> int:
    """Go the way to the mailbox and on to the destination, step by step, and explain the first step that fails.

    Changes nothing on either side.
    """
    from ..mail.accounts import find, target_of
    from ..mail.looking import look_of
    from ..mail.probe import probe

    account = find(name)
    steps = []
    for step in probe(ctx, target_of(ctx, account), account.folder, look_of(ctx, account)):
        steps.append(step)
        if not as_json:
            echo(f"{'failed' if step.error else 'ok':<7} {step.step:<13} {printable(str(step.error or step.seen))}")
    if as_json:
        emit_json([_step(step) for step in steps])
    else:
        _explain(steps[-1])
    last = steps[-1].error
    return last.exit_code if last is not None else 0


def _explain(step: Any) -> None:
    """What the server said, and the ways out, below a step that failed."""
    for line in step.said:
        note(f"        {printable(line)}")
    for choice in step.choices:
        note(f"      - {printable(choice.title)}: {printable(choice.text)}")
        if choice.command:
            note(f"        {printable(choice.command)}")


def _step(step: Any) -> dict[str, Any]:
    error = step.error
    explained = error and {"code": error.code, "sentence": error.sentence, "action": error.action}
    return {"step": step.step, "ok": error is None, "seen": step.seen or None, "error": explained}


@mail.command()
@click.argument("name")
@yes_option
@run
def delete(ctx: Any, name: str, yes: bool) -> None:
    """Delete an account, its ledger and its log. What it delivered stays; so does what is on the server."""
    from ..mail.accounts import delete as delete_account
    from ..mail.accounts import find

    find(name)
    confirm_or_yes(f'Delete the mail account "{printable(name)}"?', yes)
    delete_account(ctx, name)
    note(f'Deleted "{printable(name)}".')


for command in (set_, show, log, export, import_, confirm, quarantine, retry, signing_secret):
    mail.add_command(command)
