"""`bursar people`: who may sign in."""

from pathlib import Path

import click

from ..context import Context
from ..errors import InvalidInput
from .output import echo, emit_json, note, table
from .run import confirm_or_yes, json_option, operator, run, yes_option

PASSWORD_FILE_LIMIT = 10_000
_ROLE = click.Choice(["admin", "auditor"])


@click.group()
def people() -> None:
    """Who may sign in: list, add, invite, role, disable, enable, delete."""


@people.command(name="list")
@json_option
@run
def list_(_ctx: Context, as_json: bool) -> None:
    """List everybody with their role."""
    from ..access.models import Person

    found = list(Person.objects.order_by("email"))
    if as_json:
        emit_json(
            [
                {
                    "email": p.email,
                    "name": p.name,
                    "role": p.role,
                    "may_sign_in": p.is_active,
                    "last_sign_in": p.last_login,
                }
                for p in found
            ]
        )
    else:
        rows = ((p.email, p.name, p.role, p.is_active, p.last_login) for p in found)
        table(rows, ("E-MAIL", "NAME", "ROLE", "MAY SIGN IN", "LAST SIGN-IN"))


@people.command(
    epilog="""\b
Examples:
  bursar people add ada@example.org --role admin --password-file ada.txt
  pwgen -s 24 1 | bursar people add ada@example.org --role auditor --password-file -"""
)
@click.argument("email")
@click.option("--role", type=_ROLE, required=True, help="admin may change, auditor may look.")
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


@people.command(
    epilog="""\b
Example:
  bursar people invite ada@example.org --role auditor --name "Ada Byron\""""
)
@click.argument("email")
@click.option("--role", type=_ROLE, required=True, help="admin may change, auditor may look.")
@click.option("--name", default="", help="What the pages call the person; they may change it.")
@run
def invite(ctx: Context, email: str, role: str, name: str) -> None:
    """Print a link with which the person EMAIL sets a password, once, within three days."""
    from ..access.invitations import invite as make

    echo(f"{ctx.settings.base_url()}/join/{make(ctx, email, role, operator(), name)}")
    note("Whoever opens it first is let in: hand it over in a way that only that person reads.")


@people.command("password-link")
@click.argument("email")
@run
def password_link(ctx: Context, email: str) -> None:
    """Print a link with which EMAIL sets a new password, once, within three days."""
    from ..access.invitations import password_link as make

    echo(f"{ctx.settings.base_url()}/join/{make(ctx, email, operator())}")


@people.command()
@click.argument("email")
@run
def withdraw(_ctx: Context, email: str) -> None:
    """End the open invitation for EMAIL."""
    from ..access.invitations import withdraw as end

    echo(f"The invitation for {email} is withdrawn." if end(email) else f"There is no open invitation for {email}.")


@people.command()
@click.argument("email")
@click.argument("role", type=_ROLE)
@run
def role(_ctx: Context, email: str, role: str) -> None:
    """Make EMAIL an admin, who may change, or an auditor, who may look."""
    from ..access.roster import set_role

    echo(f"{email} is {role} now." if set_role(email, role) else f"{email} is {role} already.")


@people.command()
@click.argument("email")
@run
def disable(_ctx: Context, email: str) -> None:
    """Let EMAIL sign in no more. Open sessions end at once."""
    from ..access import roster

    echo(f"{email} may not sign in any more." if roster.disable(email) else f"{email} may not sign in anyway.")


@people.command()
@click.argument("email")
@run
def enable(_ctx: Context, email: str) -> None:
    """Let EMAIL sign in again, with the password from before."""
    from ..access import roster

    echo(f"{email} may sign in again." if roster.enable(email) else f"{email} may sign in anyway.")


@people.command("end-sessions")
@click.argument("email")
@run
def end_sessions(_ctx: Context, email: str) -> None:
    """Sign EMAIL out everywhere."""
    from ..access import roster

    roster.end_sessions(email)
    echo(f"{email} is signed out everywhere.")


@people.command()
@click.argument("email")
@yes_option
@run
def delete(_ctx: Context, email: str, yes: bool) -> None:
    """Remove EMAIL. What that person did keeps the name."""
    from ..access import roster

    found = roster.find_person(email)
    confirm_or_yes(f"Remove {found.email}?", yes)
    roster.delete(found.email)
    echo(f"{found.email} is removed.")


def _password(path: Path) -> str:
    try:
        with click.open_file(str(path), encoding="utf-8") as file:
            text = str(file.read(PASSWORD_FILE_LIMIT))
    except (OSError, UnicodeDecodeError) as problem:
        raise InvalidInput(f"The password file {path} can't be read ({type(problem).__name__}).") from None
    return text.partition("\n")[0].rstrip("\r")
