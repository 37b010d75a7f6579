"""`bursar token`: authorize, request, get, refresh, revoke, and the list that says who has to act."""

import sys
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import click

from ..errors import InvalidInput, PersonMustAct
from .output import echo, emit_json, note, printable, table
from .run import confirm_or_yes, json_option, local_user, operator, run, yes_option


@click.group()
def token() -> None:
    """Tokens: get them, keep them, use them, end them.

    NAME is a token configuration's name; NAME#LABEL is a further token of it,
    for another mailbox of the same application.
    """


@token.command("list")
@json_option
@run
def list_(ctx: Any, as_json: bool) -> None:
    """Show every token: its state, its ends, and what a person has to do."""
    from ..tokens.overview import list_tokens

    views = list_tokens(ctx)
    if as_json:
        emit_json([_plain(view) for view in views])
        return
    if not views:
        note("There is no token configuration yet. `bursar config add --help` shows how to make one.")
        return
    table(
        [
            (
                v.reference,
                v.state.word,
                v.expires_at,
                v.refresh_expires_at or ("yes" if v.has_refresh_token else None),
                v.validity,
                v.held,
            )
            for v in views
        ],
        ("NAME", "STATE", "TOKEN ENDS", "REFRESH TOKEN", "VALIDITY", "HELD"),
    )
    for view in views:
        if view.error is not None:
            note(
                f"{printable(view.reference)}: {printable(view.error.sentence)} {printable(view.error.action)}".rstrip()
            )


@token.command()
@click.argument("name")
@click.option(
    "--paste", is_flag=True, help="For hosts that no browser reaches: paste the address you are sent back to."
)
@yes_option
@run
def authorize(ctx: Any, name: str, paste: bool, yes: bool) -> None:
    """Let a person sign in at the provider.

    Prints one line: a link, good once and for ten minutes, that a signed-in
    administrator opens. With --paste it prints the provider's own address,
    and reads from standard input the address to which the browser was sent
    back, whether or not that page could be loaded.

    \b
    Examples:
      bursar token authorize "Sales inbox"
      bursar token authorize "Sales inbox#returns@example.org"
      bursar token authorize --paste "Sales inbox"
    """
    from ..tokens.authorize import start, ticket

    if not paste:
        echo(f"{ctx.settings.base_url()}/authorize/{ticket(ctx, name, operator())}")
        return
    session = ctx.randomness.token(24)
    echo(start(ctx, name, operator(), session))
    sys.stdout.flush()
    note("Open this address, sign in, and paste the address you are sent back to:")
    _finish_pasted(ctx, sys.stdin.readline().strip(), session, yes)


def _finish_pasted(ctx: Any, address: str, session: str, yes: bool) -> None:
    from ..tokens.candidate import adopt
    from ..tokens.consent import finish
    from ..tokens.outcome import AccountChanged, Refusal

    if not address:
        raise InvalidInput("No address was pasted.", code="address_missing", action="Start again.")
    try:
        parameters = parse_qsl(urlsplit(address).query, keep_blank_values=True, max_num_fields=50)
    except ValueError:
        raise InvalidInput(
            "That is not an address that a provider sends people back to.", code="address_invalid"
        ) from None
    if not parameters:
        raise InvalidInput(
            "That is not an address that a provider sends people back to: it has no query.",
            code="address_invalid",
            action="Start again, and paste the whole address from the browser.",
        )
    outcome = finish(ctx, parameters, operator(), session)
    if isinstance(outcome, AccountChanged):
        question = f'"{outcome.name}" belonged to {outcome.before}; now {outcome.now} signed in. Use the new account?'
        if not (yes or (sys.stdin.isatty() and click.confirm(question, err=True))):
            raise PersonMustAct(
                f'{outcome.now} signed in, but "{outcome.name}" belongs to {outcome.before}, whose token stays in use.',
                code="account_changed",
                action="Sign in as the same account, or take the new one over on the page of tokens or with --yes.",
            )
        outcome = adopt(ctx, outcome.consent_id, operator())
    if isinstance(outcome, Refusal):
        raise outcome.as_error()
    note(
        f'Authorized: "{printable(outcome.name)}"' + (f" as {printable(outcome.account)}." if outcome.account else ".")
    )
    if outcome.warning:
        note(outcome.warning)


@token.command()
@click.argument("name")
@run
def request(ctx: Any, name: str) -> None:
    """Request a new token by client credentials, now."""
    from ..tokens.request import request as ask

    _renewed(ask(ctx, name, operator()))


@token.command()
@click.argument("name")
@run
def refresh(ctx: Any, name: str) -> None:
    """Use the refresh token now, whatever life the access token has left."""
    from ..tokens.refresh import refresh as ask

    _renewed(ask(ctx, name, operator()))


@token.command()
@click.argument("name")
@click.option("--min-ttl", type=click.FloatRange(min=0), default=0, metavar="SECONDS", help="Wanted life, at least.")
@click.option("--sasl", metavar="USER", help="Print the SASL XOAUTH2 string for this login instead, in base64.")
@click.option("--header", is_flag=True, help="Print the whole header, `Authorization: Bearer …`, instead.")
@click.option("--rejected", metavar="SHA256", help="A server refused the token with this SHA-256: get the next.")
@json_option
@run
def get(
    ctx: Any, name: str, min_ttl: float, sasl: str | None, header: bool, rejected: str | None, as_json: bool
) -> None:
    """Print a valid access token, refreshed first where that is needed.

    \b
    Examples:
      curl -H "$(bursar token get --header 'ERP connector')" https://…
      bursar token get --min-ttl 300 --json "Sales inbox"
      bursar token get --sasl sales@example.org "Sales inbox"

    While `bursar serve` runs it answers within milliseconds, by the socket
    in Bursar's home; else from the database.

    Exit codes: 0 a token, 3 no such name, 4 a person must act,
    5 temporary: try again, 6 held or not valid.
    """
    from ..handout.command import GetCommand, is_sha256, text_of
    from ..handout.counter import given_of
    from ..tokens.obtain import obtain, reject
    from ..tokens.outcome import Refusal

    if min_ttl != min_ttl or min_ttl == float("inf"):
        raise InvalidInput("--min-ttl wants a number of seconds.", code="usage")
    if (sasl is not None) + header + as_json > 1:
        raise InvalidInput("Only one of --sasl, --header and --json can be printed.", code="usage")
    if rejected is not None and not is_sha256(rejected):
        raise InvalidInput("--rejected wants the SHA-256 of a token, 64 hexadecimal digits.", code="usage")
    if rejected is None:
        found = obtain(ctx, name, min_ttl, local_user())
    else:
        found = reject(ctx, name, rejected.lower(), local_user())
    if isinstance(found, Refusal):
        raise found.as_error()
    command = GetCommand(name, min_ttl, sasl, as_json, header, rejected)
    echo(text_of(command, given_of(found), ctx.clock.now().timestamp()))


@token.command(
    epilog="""\b
Examples:
  bursar token revoke "Sales inbox"
  bursar token revoke --all"""
)
@click.argument("name", required=False)
@click.option("--all", "everything", is_flag=True, help="Every token there is: stop everything.")
@yes_option
@json_option
@run
def revoke(ctx: Any, name: str | None, everything: bool, yes: bool, as_json: bool) -> None:
    """Forget the token here at once, and tell the provider as soon as it answers.

    With --all every token ends, and nothing is handed out until somebody
    authorizes or requests again.
    """
    from ..tokens.outcome import Refusal
    from ..tokens.revoke import revoke as end

    if everything == (name is not None):
        raise InvalidInput("Revoke NAME or --all.", code="usage")
    if name is None:
        _revoke_all(ctx, yes, as_json)
        return
    ended = end(ctx, name, operator())
    if isinstance(ended, Refusal):
        raise ended.as_error()
    if as_json:
        emit_json({"revoked": ended.reference})
    else:
        note(f'Revoked: "{printable(ended.reference)}".')


def _revoke_all(ctx: Any, yes: bool, as_json: bool) -> None:
    from ..tokens.revoke_all import revoke_all

    confirm_or_yes("Revoke every token? Whatever uses one stops until somebody authorizes or requests again.", yes)
    stopped = revoke_all(ctx, operator())
    if as_json:
        emit_json(stopped)
        return
    note(f"Revoked: {stopped.revoked} token{'' if stopped.revoked == 1 else 's'}.")
    for name in stopped.untold:
        note(f"{printable(name)}: its provider was not reached; Bursar goes on telling it.")
    for name in stopped.unreachable:
        note(
            f"{printable(name)}: its provider can't be told (no RevocationURL, or held back); what it gave lives there"
            " until it ends by itself."
        )


def _renewed(outcome: Any) -> None:
    from ..tokens.outcome import Refusal

    if isinstance(outcome, Refusal):
        raise outcome.as_error()
    from ..clock import rfc3339

    note(f'A new token for "{printable(outcome.reference)}", valid until {rfc3339(outcome.expires_at)}.')


def _plain(view: Any) -> dict[str, Any]:
    error = view.error
    return {
        "name": view.name,
        "label": view.label,
        "flow": view.flow,
        "template": view.template,
        "validity": view.validity,
        "state": view.state.word,
        "expires_at": view.expires_at,
        "refresh_expires_at": view.refresh_expires_at,
        "has_refresh_token": view.has_refresh_token,
        "held": view.held,
        "error": None if error is None else {"code": error.code, "sentence": error.sentence, "action": error.action},
    }
