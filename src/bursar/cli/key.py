"""`bursar key`: API keys, with which programs get tokens over HTTP."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click

from ..access.key_rules import Rules, Verb, parse_allow, parse_expires, parse_from, parse_verbs
from ..errors import InvalidInput
from .output import echo, emit_json, note, printable, table
from .run import confirm_or_yes, json_option, operator, run, yes_option

USUAL_VERBS = "read,refresh"


@click.group()
def key() -> None:
    """API keys for programs: new, list, set, revoke.

    A program sends its key as `Authorization: Bearer …` to /api/v1/tokens/NAME.
    """


def _rights(function: Callable[..., Any]) -> Callable[..., Any]:
    options = (
        click.option("--allow", multiple=True, metavar="PATTERN", help="Names it may have, as 'mail-*'. Repeatable."),
        click.option(
            "--verbs", metavar="LIST", help=f"Of {', '.join(Verb)}, separated by commas; {USUAL_VERBS} by default."
        ),
        click.option("--expires", metavar="WHEN", help="90d, 12h, 2027-01-31 or never."),
        click.option("--from", "networks", multiple=True, metavar="CIDR", help="Where it may be used. Repeatable."),
    )
    for option in reversed(options):
        function = option(function)
    return function


@key.command(
    epilog="""\b
Examples:
  bursar key new --name reader --allow 'mail-*'
  bursar key new --name erp --allow 'ERP connector' --expires 90d --from 10.20.0.0/16 > erp.key
  bursar key new --name backup --allow '*' --verbs read"""
)
@click.option("--name", required=True, help="How people and the record of hand-outs call it.")
@_rights
@run
def new(
    ctx: Any, name: str, allow: tuple[str, ...], verbs: str | None, expires: str | None, networks: tuple[str, ...]
) -> None:
    """Make a key and print it, alone, this once: only its hash is stored.

    A pattern matches whole names, NAME or NAME#LABEL: * stands for any
    characters, ? for one. Verbs: read gets tokens, refresh reports a token
    that a server refused, manage changes Bursar through its API.
    """
    from ..access.keys import new_key

    rules = Rules(parse_allow(allow), parse_verbs(verbs or USUAL_VERBS), parse_from(networks))
    ends = parse_expires(expires or "never", ctx.clock.now())
    _, secret = new_key(ctx, name, rules, ends, operator())
    echo(secret.reveal())


@key.command("list")
@click.option("--revoked", is_flag=True, help="The revoked ones too.")
@json_option
@run
def list_(ctx: Any, revoked: bool, as_json: bool) -> None:
    """List the keys: what each may do, and when it was used last."""
    from ..access.keys import list_keys

    found = list_keys(ctx, revoked=revoked)
    if as_json:
        emit_json([asdict(view) for view in found])
        return
    if not found:
        note("There is no API key yet. `bursar key new --help` shows how to make one.")
        return
    table(
        [
            (
                v.name,
                v.hint + "…",
                v.state,
                v.allow,
                v.verbs,
                v.networks,
                v.expires_at,
                v.last_used_at,
                v.last_used_from,
            )
            for v in found
        ],
        ("NAME", "KEY", "STATE", "ALLOW", "VERBS", "FROM", "EXPIRES", "LAST USED", "LAST FROM"),
    )


@key.command()
@click.argument("name")
@json_option
@run
def show(ctx: Any, name: str, as_json: bool) -> None:
    """Show one key, and which tokens it was handed, when and how often."""
    from ..access.keys import list_keys
    from ..errors import NotFound
    from ..handout.usage import uses_by

    found = next((view for view in list_keys(ctx) if view.name == name), None)
    if found is None:
        raise NotFound(f'There is no key "{name}".', code="key_not_found", action="`bursar key list` shows the names.")
    uses = uses_by("key", found.id)
    if as_json:
        used = [
            {"token": u.reference, "first_at": u.first_at, "last_at": u.last_at, "count": u.count, "from": u.address}
            for u in uses
        ]
        emit_json(asdict(found) | {"uses": used})
        return
    for label, value in (
        ("Key", found.hint + "…"),
        ("State", found.state),
        ("Allow", ", ".join(found.allow)),
        ("Verbs", ", ".join(found.verbs)),
        ("From", ", ".join(found.networks) or "everywhere"),
        ("Expires", found.expires_at or "never"),
    ):
        echo(f"{label + ':':<10}{printable(str(value))}")
    echo()
    table(
        [(u.reference, u.first_at, u.last_at, u.count, u.address) for u in uses],
        ("TOKEN", "FIRST", "LAST", "TIMES", "LAST FROM"),
    )


@key.command(
    "set",
    epilog="""\b
Example:
  bursar key set reader --allow 'mail-*' --allow 'Sales inbox' --expires 30d""",
)
@click.argument("name")
@_rights
@run
def set_(
    ctx: Any, name: str, allow: tuple[str, ...], verbs: str | None, expires: str | None, networks: tuple[str, ...]
) -> None:
    """Change what a key may do; what is not named stays. --from '' lets it be used from everywhere."""
    from ..access.keys import change_key

    changes: dict[str, Any] = {}
    if expires:
        changes["expires_at"] = parse_expires(expires, ctx.clock.now())
    if allow:
        changes["allow"] = parse_allow(allow)
    if verbs:
        changes["verbs"] = parse_verbs(verbs)
    if networks:
        changes["networks"] = parse_from(networks)
    if not changes:
        raise InvalidInput("Nothing to change was named.", code="usage", action="`bursar key set --help` shows how.")
    change_key(ctx, name, operator(), **changes)
    note(f'Changed: "{printable(name)}". It counts from the next request on.')


@key.command()
@click.argument("name")
@yes_option
@run
def revoke(ctx: Any, name: str, yes: bool) -> None:
    """End a key. It is refused from the next request on; what it was handed stays on record."""
    from ..access.keys import revoke_key

    confirm_or_yes(f'Revoke the key "{printable(name)}"? The programs that use it get no tokens any more.', yes)
    revoke_key(ctx, name, operator())
    note(f'Revoked: "{printable(name)}".')
