"""`bursar setting`: the system configuration."""

from typing import Any

import click

from ..context import Context
from ..errors import InvalidInput
from ..sysconfig.registry import Setting, matching
from ..sysconfig.registry import setting as registered
from .output import echo, emit_json, note, table
from .run import json_option, operator, run


@click.group()
def setting() -> None:
    """The system configuration: list, get, set, reset, history."""


@setting.command(
    name="list",
    epilog="""\b
Examples:
  bursar setting list
  bursar setting list proxy
  bursar setting list 'WebUserAgent::*' --json""",
)
@click.argument("pattern", required=False)
@json_option
@run
def list_(ctx: Context, pattern: str | None, as_json: bool) -> None:
    """List the settings, or those whose name or help matches PATTERN."""
    found = matching(pattern)
    texts, changed = ctx.settings.texts(each.name for each in found), ctx.settings.changed_names()
    if as_json:
        emit_json([_described(each, texts[each.name], each.name in changed) for each in found])
    else:
        table(((each.name, texts[each.name], each.name in changed) for each in found), ("NAME", "VALUE", "CHANGED"))


@setting.command()
@click.argument("name")
@json_option
@run
def get(ctx: Context, name: str, as_json: bool) -> None:
    """Print the value of the setting NAME; with --json its type, default and help too."""
    known = registered(name)
    text = ctx.settings.text(name)
    if as_json:
        emit_json(_described(known, text, ctx.settings.is_set(name)))
    else:
        echo(text)


@setting.command(
    name="set",
    epilog="""\b
Examples:
  bursar setting set HttpType https
  bursar setting set FQDN bursar.example.org
  bursar setting set Outbound::AllowedNetworks 'mail.example.internal,10.20.0.0/16'
  bursar setting set ScriptAlias ''""",
)
@click.argument("name")
@click.argument("value")
@run
def set_(ctx: Context, name: str, value: str) -> None:
    """Set NAME to VALUE. Every running process of this home uses it from then on."""
    _set(ctx, name, value)


@setting.command()
@click.argument("name")
@run
def reset(ctx: Context, name: str) -> None:
    """Set NAME back to its default."""
    before = ctx.settings.redirect_uri()
    ctx.settings.reset(name, operator(), ctx.clock.now())
    echo(f"{name} is {ctx.settings.text(name)!r} again.")
    _say_redirect_uri(ctx, before)


@setting.command(
    epilog="""\b
Examples:
  bursar setting history
  bursar setting history FQDN --json"""
)
@click.argument("name", required=False)
@json_option
@run
def history(ctx: Context, name: str | None, as_json: bool) -> None:
    """Say who changed a setting when, the newest first; all settings without NAME."""
    changes = ctx.settings.history(name)
    if as_json:
        emit_json([{"name": c.name, "before": c.before, "after": c.after, "by": c.by, "at": c.at} for c in changes])
        return
    if not changes:
        note("Nothing was changed yet.")
        return
    shown = [(c.at, c.by, c.name, _or_default(c.before), _or_default(c.after)) for c in changes]
    table(shown, ("WHEN", "WHO", "NAME", "BEFORE", "AFTER"))


def _or_default(value: str | None) -> str:
    return "(default)" if value is None else value or "(empty)"


@click.command(
    name="Admin::Config::Update",
    hidden=True,
    epilog="""\b
Example:
  bursar Admin::Config::Update --setting-name HttpType --value https""",
)
@click.option("--setting-name", "name", required=True, help="The setting, as `bursar setting list` names it.")
@click.option("--value", help="What to set it to.")
@click.option("--reset", "to_default", is_flag=True, help="Set it back to its default.")
@run
def update(ctx: Context, name: str, value: str | None, to_default: bool) -> None:
    """Set or reset a setting: `bursar setting set` under the name that administrators of OTRS and Znuny know."""
    if (value is None) != to_default:
        raise InvalidInput("Give either --value or --reset.")
    if value is None:
        ctx.settings.reset(name, operator(), ctx.clock.now())
        echo(f"{name} is {ctx.settings.text(name)!r} again.")
    else:
        _set(ctx, name, value)


def _set(ctx: Context, name: str, value: str) -> None:
    before = ctx.settings.redirect_uri()
    stored = ctx.settings.set(name, value, operator(), ctx.clock.now())
    echo(f"{name} is {stored!r} now.")
    _say_redirect_uri(ctx, before)


def _say_redirect_uri(ctx: Context, before: str) -> None:
    now = ctx.settings.redirect_uri()
    if now != before:
        note(f"The redirect URI is {now} now: register it at your providers.")


def _described(known: Setting, text: str, changed: bool) -> dict[str, Any]:
    return {
        "name": known.name,
        "value": text,
        "changed": changed,
        "type": known.type,
        "default": known.default,
        "help": known.help,
    }
