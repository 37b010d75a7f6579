"""`bursar config templates`: the catalogue, and one template with what has to be done at its provider."""

from typing import TYPE_CHECKING, Any

import click

from .output import echo, emit_json, table
from .run import json_option, run

if TYPE_CHECKING:
    from ..context import Context
    from ..providers import Template


@click.command()
@click.argument("template", required=False)
@json_option
@run
def templates(ctx: "Context", template: str | None, as_json: bool) -> None:
    """List the provider templates that `config add` knows, or show what one of them wants.

    \b
    bursar config templates
    bursar config templates salesforce
    """
    from .. import providers

    if template is not None:
        chosen = providers.template(template)
        if as_json:
            emit_json(_plain(chosen))
        else:
            _show(chosen, ctx)
        return
    found = providers.templates()
    if as_json:
        emit_json([_plain(each) for each in found])
        return
    rows = [(t.slug, t.title, t.flow, [p.name for p in t.placeholders if not p.source]) for t in found]
    table(rows, ("TEMPLATE", "TITLE", "FLOW", "ASKS FOR"))


def _show(chosen: "Template", ctx: "Context") -> None:
    """Title, steps and notes as a page shows them beside its form, and the command that comes next."""
    flow = "the application itself" if chosen.flow == "client_credentials" else "a person signs in"
    echo(f"{chosen.title}: {flow} ({chosen.flow.replace('_', ' ')})")
    echo()
    for number, step in enumerate(chosen.steps, 1):
        echo(f"{number:2}. {step}")
    if chosen.flow == "authorization_code":
        echo(f"\nRedirect URI: {ctx.settings.redirect_uri()}")
    if chosen.notes:
        echo("\nWorth knowing:")
        for note in chosen.notes:
            echo(f"  - {note}")
    if chosen.mail:
        echo("\nMail: " + ", ".join(f"{each.protocol} {each.host}:{each.port}" for each in chosen.mail))
    wanted = "".join(f" --set {p.name}={p.example}" for p in chosen.placeholders if not p.source and p.default is None)
    public = chosen.config.get("ClientAuthentication") == "none"
    secret = "" if public else " --secret-file FILE"
    echo(f"\nThen: bursar config add --template {chosen.slug} --name NAME{wanted} --set ClientID=…{secret}")
    echo(f"Source: {chosen.source}, read {chosen.checked}")


def _plain(template: "Template") -> dict[str, Any]:
    return {
        "slug": template.slug,
        "title": template.title,
        "provider": template.provider,
        "flow": template.flow,
        "placeholders": [
            {"name": p.name, "label": p.label, "example": p.example, "default": p.default}
            for p in template.placeholders
            if p.source is None
        ],
        "steps": template.steps,
        "notes": template.notes,
        "mail": template.mail,
        "source": template.source,
        "checked": template.checked,
    }
