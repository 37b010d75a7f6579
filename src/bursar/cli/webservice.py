"""`bursar webservice`: the services that Bursar calls, as YAML documents, and what they are."""

from typing import Any

import click

from .output import echo, emit_json, note, printable, table
from .run import confirm_or_yes, json_option, operator, run, yes_option
from .webservice_run import curl, jobs, log, retry, run_

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
    rows = [(v.name, v.base_url, v.authentication, v.token, v.validity, v.invokers) for v in found]
    table(rows, ("NAME", "BASE URL", "AUTHENTICATION", "TOKEN", "VALIDITY", "INVOKERS"))


@webservice.command()
@click.argument("name")
@json_option
@run
def show(ctx: Any, name: str, as_json: bool) -> None:  # noqa: ARG001
    """Show a web service as its document, everything but its secrets."""
    from ..webservices.services import document_of, find
    from ..webservices.transfer import written

    document = document_of(find(name))
    if as_json:
        emit_json(document)
    else:
        echo(written([document]).rstrip("\n"))


@webservice.command()
@click.option("--name", "names", multiple=True, help="Only this one; may be repeated.")
@click.option("--with-secrets", is_flag=True, help="Write passwords and private keys in clear.")
@run
def export(ctx: Any, names: tuple[str, ...], with_secrets: bool) -> None:
    """Write the web services as YAML that `webservice import` reads. Tokens are never in it, only their names."""
    from ..webservices.transfer import export_services

    echo(export_services(ctx, names or None, with_secrets=with_secrets).rstrip("\n"))


@webservice.command("import", epilog=EXAMPLE)
@click.argument("file")
@click.option("--overwrite", is_flag=True, help="Replace services of the same name; secrets that FILE lacks stay.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@json_option
@run
def import_(ctx: Any, file: str, overwrite: bool, dry_run: bool, as_json: bool) -> None:
    """Import web services from FILE, or from standard input with -: all of them, or none."""
    from ..webservices.transfer import LARGEST_FILE, import_services
    from .mail_files import data_of

    data = data_of(file, LARGEST_FILE, "import")
    result = import_services(ctx, data, file, overwrite=overwrite, dry_run=dry_run, by=operator())
    if as_json:
        emit_json(result)
        return
    would = "would be " if dry_run else ""
    for names, what in ((result.added, "added"), (result.overwritten, "overwritten"), (result.skipped, "skipped")):
        for name in names:
            note(f'"{printable(name)}" {would if what != "skipped" else ""}{what}.')


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


for command in (run_, log, curl, jobs, retry):
    webservice.add_command(command)
