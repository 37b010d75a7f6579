"""`bursar webservice`: the services that Bursar calls, as YAML documents, and what they are."""

import shlex
from typing import Any

import click

from .exchange import export_options, import_options, label, read_file, say, write
from .output import echo, emit_json, note, printable, table
from .run import confirm_or_yes, json_option, operator, run, yes_option
from .webservice_run import curl, forget, jobs, log, retry, run_

EXAMPLE = """\b
A document:
  - Name: Tickets
    BaseURL: https://tickets.example.org/api
    Authentication: OAuth2
    Token: Ticket system
    Invokers:
      create:
        Path: /queues/:queue/tickets
        Method: POST
        Body: {title: subject, text: body}"""


@click.group()
def webservice() -> None:
    """Web services: call other systems with a token.

    A web service has an address, a proof (none, Basic, OAuth2, a header with the
    token) and invokers: its calls, each with a path, and with what goes into query,
    headers and body.
    """


@webservice.command("list")
@json_option
@run
def list_(ctx: Any, as_json: bool) -> None:  # noqa: ARG001 - every command gets the context
    """Show the web services."""
    from ..webservices.services import views

    found = views()
    if as_json:
        emit_json(found)
        return
    rows = [
        (v.name, v.base_url, v.authentication, v.token, f"{v.validity}, held" if v.held else v.validity, v.invokers)
        for v in found
    ]
    table(rows, ("NAME", "BASE URL", "AUTHENTICATION", "TOKEN", "VALIDITY", "INVOKERS"))


@webservice.command()
@click.argument("name")
@json_option
@run
def show(ctx: Any, name: str, as_json: bool) -> None:  # noqa: ARG001
    """Show a web service as its document, everything but its secrets."""
    from ..exchange import written
    from ..webservices.services import document_of, find

    document = document_of(find(name))
    if as_json:
        emit_json(document)
    else:
        echo(written([document]).rstrip("\n"))


@webservice.command()
@export_options("--with-secrets", "Write passwords and private keys too")
@run
def export(ctx: Any, names: tuple[str, ...], with_secrets: bool, **keys: Any) -> None:
    """Write the web services as YAML that `webservice import` reads. Tokens are never in it, only their names."""
    from ..webservices.transfer import export_services

    write(lambda: export_services(ctx, names or None, with_secrets=with_secrets), **keys)


@webservice.command("import", epilog=EXAMPLE)
@import_options("Replace services of the same name; secrets that FILE lacks stay.")
@run
def import_(ctx: Any, file: str, overwrite: bool, dry_run: bool, as_json: bool, **keys: Any) -> None:
    """Import web services from FILE, or from standard input with -: all of them, or none.

    Where a token or a stored secret would go to an address that nobody has
    confirmed, the service is held: `bursar webservice confirm` releases it.
    """
    from ..webservices.transfer import import_services

    result = import_services(
        ctx, read_file(file, **keys), label(file), overwrite=overwrite, dry_run=dry_run, by=operator()
    )
    say(result, dry_run=dry_run, as_json=as_json)
    if not dry_run:
        for name in result.held:
            say_held(name)


@webservice.command()
@click.argument("name")
@yes_option
@run
def confirm(ctx: Any, name: str, yes: bool) -> None:
    """Release what is held: the token and the secrets go to the address that the service has now."""
    from ..webservices.services import confirm as confirm_service
    from ..webservices.services import find, service_of

    row = find(name)
    if not row.held:
        note("Nothing was held.")
        return
    service = service_of(row)
    what = f'the token "{service.token}"' if service.token else "its stored secrets"
    confirm_or_yes(f"Send {printable(what)} to {printable(service.base_url)} from now on?", yes)
    confirm_service(ctx, row, operator(), seen=row.generation)
    note(f'Confirmed "{printable(name)}".')


def say_held(name: str) -> None:
    """Say what releases a service that is held."""
    step = f"bursar webservice confirm {shlex.quote(name)}"
    note(f'"{printable(name)}" is held: it isn\'t called until `{printable(step)}`.')


@webservice.command()
@click.argument("name")
@yes_option
@run
def delete(ctx: Any, name: str, yes: bool) -> None:  # noqa: ARG001
    """Delete a web service, its log, and the calls that it was to make yet."""
    from ..webservices.services import delete as delete_service
    from ..webservices.services import find

    row = find(name)
    confirm_or_yes(f'Delete the web service "{printable(name)}"?', yes)
    delete_service(row)
    note(f'Deleted "{printable(name)}".')


for command in (run_, log, curl, jobs, retry, forget):
    webservice.add_command(command)
