"""`bursar audit`: who did what when, and whether the log is as it was written."""

import sys

import click

from ..context import Context
from .output import echo, emit_json, note, table
from .run import json_option, run

SHOWN_FLAWS = 20


@click.group()
def audit() -> None:
    """The audit log: list, verify.

    One entry for each change that somebody asked for on a page or through
    the API, also where it was refused.
    """


@audit.command(
    name="list",
    epilog="""\b
Examples:
  bursar audit list
  bursar audit list ada@example.org --outcome refused
  bursar audit list "Sales inbox" --limit 500 --json""",
)
@click.argument("words", nargs=-1)
@click.option("--outcome", type=click.Choice(["done", "refused", "failed"]), help="Only what went so.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="The newest so many.")
@json_option
@run
def list_(ctx: Context, words: tuple[str, ...], outcome: str | None, limit: int, as_json: bool) -> None:
    """List the newest entries; with WORDS those that have each of them in person, action, name or address."""
    from ..audit.log import newest

    found, count = newest(ctx, 0, limit, words, outcome or "")
    if as_json:
        emit_json([each.as_json() for each in found])
        return
    rows = (
        (each.number, each.at, each.entry.actor, each.entry.action, each.entry.subject, each.entry.outcome)
        for each in found
    )
    table(rows, ("NUMBER", "AT", "WHO", "ACTION", "NAME", "OUTCOME"))
    if count > len(found):
        note(f"{count - len(found)} older ones: raise --limit.")


@audit.command()
@run
def verify(ctx: Context) -> None:
    """Say whether every entry is there and as it was written. Exit code 6 where one isn't."""
    from itertools import islice

    from ..audit.log import newest
    from ..audit.log import verify as flaws_of

    flaws = list(islice(flaws_of(ctx), SHOWN_FLAWS + 1))
    for flaw in flaws[:SHOWN_FLAWS]:
        echo(f"{flaw.number}: {flaw.what.replace('_', ' ')}")
    if flaws:
        more = "more than " if len(flaws) > SHOWN_FLAWS else ""
        note(
            f"{more}{min(len(flaws), SHOWN_FLAWS)} entries are not as they were written. "
            "Compare with a backup, and find out who can write the database."
        )
        sys.exit(6)
    _entries, count = newest(ctx, 0, 1)
    echo(f"{count} entries, each as it was written.")
