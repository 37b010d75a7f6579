"""`bursar mail quarantine | retry | signing-secret`: what a destination refused, and how a webhook knows us."""

import sys
from typing import Any

import click

from .output import echo, emit_json, note, printable, table
from .run import confirm_or_yes, json_option, run, yes_option


@click.command()
@click.argument("name", required=False)
@json_option
@run
def quarantine(ctx: Any, name: str | None, as_json: bool) -> None:  # noqa: ARG001 - every command gets the context
    """Show the messages that a destination refused for good, of one account or of all.

    They stay on the mail server, and are not tried again until you say so:
    `bursar mail retry`, or by giving the account another destination.
    """
    from ..mail.quarantine import quarantined

    found = quarantined(name)
    if as_json:
        emit_json(found)
        return
    if not found:
        echo("Nothing is in quarantine.")
        return
    rows = [(m.id, m.account, m.place, m.refused_at, m.sender, m.subject[:40], m.reason) for m in found]
    table(rows, ("NUMBER", "ACCOUNT", "PLACE", "SINCE", "FROM", "SUBJECT", "REASON"))


@click.command()
@click.argument("name")
@click.argument("numbers", nargs=-1, type=click.IntRange(min=1))
@run
def retry(ctx: Any, name: str, numbers: tuple[int, ...]) -> None:  # noqa: ARG001 - every command gets the context
    """Let the next run try messages in quarantine again: those NUMBERS, or all of the account's."""
    from ..mail.quarantine import retry as try_again

    count = try_again(name, numbers or None)
    if not count:
        note(f'Nothing of "{printable(name)}" is in quarantine.')
        return
    some = "One message is" if count == 1 else f"{count} messages are"
    note(f"{some} tried again by the next run: `bursar mail fetch {printable(name)}`.")


@click.command("signing-secret")
@click.argument("name")
@yes_option
@run
def signing_secret(ctx: Any, name: str, yes: bool) -> None:
    """Make the secret that an account's webhooks are signed with, and print it: it is shown this once.

    A receiver checks `webhook-signature` with it, as the Standard Webhooks
    specification says. A new one takes the place of the one before at once.
    """
    from ..mail.accounts import find
    from ..mail.signing import renew_signing_secret

    account = find(name)
    if account.signing_secret is not None:
        asked = sys.stdin.isatty() and sys.stderr.isatty()
        confirm_or_yes(f'Replace the signing secret of "{printable(name)}"?', yes or not asked)
    echo(renew_signing_secret(ctx, account).reveal())
