"""`bursar config discover` and `bursar config recheck`: configurations from what a provider says of itself."""

from typing import TYPE_CHECKING

import click

from .assigning import ask, pairs, say_held, secret_from, secret_option, set_option
from .output import emit_json, note, printable, table
from .run import confirm_or_yes, json_option, operator, run, yes_option

if TYPE_CHECKING:
    from ..context import Context
    from ..tokens.discover import Found

FLOWS = {"code": "authorization_code", "credentials": "client_credentials"}


@click.command()
@click.argument("issuer")
@click.option("--name", help="Add it under this name; without, only say what was found.")
@click.option("--flow", type=click.Choice(tuple(FLOWS)), help="A person signs in (code), or the application itself.")
@click.option("--tenant", default="", help="Microsoft's Directory (tenant) ID, where the issuer names none.")
@set_option
@secret_option
@yes_option
@json_option
@run
def discover(
    ctx: "Context",
    issuer: str,
    name: str | None,
    flow: str | None,
    tenant: str,
    assignments: tuple[str, ...],
    secret_file: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Ask ISSUER what it says of itself (OpenID Connect Discovery, RFC 8414), and add a configuration of it.

    \b
    bursar config discover https://sso.example.org/realms/staff
    bursar config discover https://sso.example.org/realms/staff --name Staff --set ClientID=… --secret-file F

    The issuer must name itself exactly so, and its addresses must be such that Bursar may call them. They are kept as
    they are now: `bursar config recheck NAME` says later whether the provider says other things.
    """
    from ..oauth2.vocabulary import Flow
    from ..tokens.discover import add_found, look, plain

    found = look(ctx, issuer, tenant=tenant, flow=Flow(FLOWS[flow]) if flow else None)
    if as_json:
        emit_json(plain(found))
    else:
        _say(found)
    if name is None:
        if not as_json:
            note("Nothing was added. Add it with --name NAME --set ClientID=… --secret-file F.")
        return
    if found.other_hosts:
        hosts = ", ".join(found.other_hosts)
        confirm_or_yes(f"Send what belongs to {printable(found.metadata.issuer)} to {printable(hosts)}?", yes)
    row = add_found(ctx, found, name, pairs(assignments), secret_from(secret_file), operator())
    note(f'Added "{printable(row.name)}".')


@click.command()
@click.argument("name")
@click.option("--apply", "wanted", is_flag=True, help="Take over what differs; stored secret and tokens are held.")
@yes_option
@json_option
@run
def recheck(ctx: "Context", name: str, wanted: bool, yes: bool, as_json: bool) -> None:
    """Ask the issuer of NAME again, and say what differs from the configuration. Nothing is changed without --apply."""
    from ..tokens.discover import apply
    from ..tokens.discover import recheck as ask_again

    differences = ask_again(ctx, name)
    if as_json:
        emit_json(differences)
    elif differences:
        table([(d.path, d.ours, d.theirs) for d in differences], ("PATH", "CONFIGURATION", "PROVIDER"))
    else:
        note("Nothing differs.")
    if not wanted or not differences:
        return
    ask(f'Change "{printable(name)}" to what the provider says?', yes)
    change = apply(ctx, name, differences, operator())
    note(f'Changed "{printable(change.configuration.name)}".')
    if change.held:
        say_held([change.configuration.name])


def _say(found: "Found") -> None:
    facts = [("Issuer", found.metadata.issuer), ("Flow", found.proposal.flow.value)]
    facts += [(name, str(url)) for name, url in found.metadata.endpoints().items()]
    facts += [("Client authentication", found.proposal.authentication.value)]
    facts += [("PKCE", found.proposal.tree.get("PKCE", "S256")), ("Scope", found.proposal.scope)]
    table(facts, ("FOUND", ""))
    for sentence in found.proposal.notes:
        note(printable(sentence))
    if len(found.flows) > 1:
        note("Both flows are there: choose with --flow code or --flow credentials.")
    if found.templates:
        note(f"A template knows this provider better: {', '.join(found.templates)}.")
