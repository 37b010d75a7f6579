"""`bursar init`: make home, key and database."""

import click

from ..initialise import Initialised
from .output import echo
from .run import ending


@click.command(
    epilog="""\b
Examples:
  bursar init
  BURSAR_HOME=/var/lib/bursar bursar init
  BURSAR_DATABASE_URL=postgresql://bursar@db.example.internal/bursar bursar init"""
)
@ending
def init() -> None:
    """Make home, key and database, or bring a database up to date.

    Doing it again does no harm. The key is made only where none of BURSAR_KEY_FILE, BURSAR_KEY and
    BURSAR_KEY_COMMAND is set. Keep a copy of it, apart from the backups of the database: without it the
    database can't be read.
    """
    from .. import app

    for line in report(app.initialise()):
        echo(line)


def report(done: Initialised) -> list[str]:
    """What was done, in a sentence each."""
    lines = []
    if done.key_file:
        lines.append(f"Made the key {done.key_file}. Keep a copy of it, apart from the backups of the database.")
    if done.new_database:
        lines.append(f"Made the database of {done.home}.")
    elif done.migrations:
        lines.append(f"Brought the database of {done.home} up to date.")
    return lines or [f"{done.home} is ready; there was nothing to do."]
