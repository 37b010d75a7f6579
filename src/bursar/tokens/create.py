"""A new token configuration from a provider's template, with what the running server adds to it."""

from collections.abc import Sequence
from dataclasses import replace

from ..context import Context
from ..errors import InvalidInput, Refused
from ..home import Home
from ..keyring import Secret
from ..providers import Template, template
from . import configure
from .document import from_template
from .document.assignments import Assignment
from .models import Configuration


def create(
    ctx: Context, slug: str, name: str, assignments: Sequence[Assignment], secret: Secret | None, by: str
) -> Configuration:
    """Add `name` from the template `slug`. Raises NotFound for an unknown template, InvalidInput where a placeholder
    is missing, a value is wrong or the name is given a second time, Refused where the name is taken or the practice
    provider isn't running."""
    chosen = template(slug)
    if any(path == "Name" for path, _ in assignments):
        raise InvalidInput(
            "The name is given twice, with --name and with --set Name=.",
            code="name_given_twice",
            action="Give it with --name alone.",
        )
    document = from_template(chosen, name, assignments, sources_of(chosen))
    return configure.add(ctx, replace(document, client_secret=secret) if secret else document, by)


def sources_of(chosen: Template) -> dict[str, str]:
    """What the running server fills into the template. Raises Refused where the practice provider isn't running."""
    if all(placeholder.source != "practice_port" for placeholder in chosen.placeholders):
        return {}
    port = Home.from_environ().serving().get("practice_port")
    if not port:
        raise Refused(
            "The practice provider is not running.",
            code="practice_not_running",
            action="Start it with `bursar serve --practice`, then add the configuration.",
        )
    return {"practice_port": str(port)}
