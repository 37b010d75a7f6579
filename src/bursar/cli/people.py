"""`bursar people`: who may sign in."""

from pathlib import Path

import click

from ..context import Context
from ..errors import InvalidInput
from .output import echo, emit_json, table
from .run import json_option, run

PASSWORD_FILE_LIMIT = 10_000


@click.group()
def people() -> None:
    """Who may sign in: list, add."""


@people.command(name="list")
@json_option
@run
def list_(_ctx: Context, as_json: bool) -> None:
    """List everybody with their role."""
    from ..access.models import Person

    found = list(Person.objects.order_by("email"))
    if as_json:
        emit_json([{"email": p.email, "name": p.name, "role": p.role, "last_sign_in": p.last_login} for p in found])
    else:
        table(((p.email, p.name, p.role, p.last_login) for p in found), ("E-MAIL", "NAME", "ROLE", "LAST SIGN-IN"))


@people.command(
    epilog="""\b
Examples:
  bursar people add ada@example.org --role admin --password-file ada.txt
  pwgen -s 24 1 | bursar people add ada@example.org --role auditor --password-file -"""
)
@click.argument("email")
@click.option(
    "--role", type=click.Choice(["admin", "auditor"]), required=True, help="admin may change, auditor may look."
)
@click.option(
    "--password-file",
    type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
    required=True,
    help="A file whose first line is the password; - for standard input.",
)
@click.option("--name", default="", help="What the pages call the person.")
@run
def add(_ctx: Context, email: str, role: str, password_file: Path, name: str) -> None:
    """Let the person with the address EMAIL sign in."""
    from ..access.people import add_person

    person = add_person(email, role, _password(password_file), name)
    echo(f"{person.email} may sign in now, as {role}.")


def _password(path: Path) -> str:
    try:
        with click.open_file(str(path), encoding="utf-8") as file:
            text = str(file.read(PASSWORD_FILE_LIMIT))
    except (OSError, UnicodeDecodeError) as problem:
        raise InvalidInput(f"The password file {path} can't be read ({type(problem).__name__}).") from None
    return text.partition("\n")[0].rstrip("\r")
