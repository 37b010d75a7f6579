"""What surrounds every command: the home is opened, and whatever goes wrong ends in one sentence and an exit code."""

import functools
import getpass
import os
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from ..errors import BursarError, InvalidInput
from ..home import Home
from ..ids import new_id
from ..uses import Consumer
from .output import give_up, note

F = TypeVar("F", bound=Callable[..., Any])

BROKEN_PIPE_EXIT = 141  # what a shell reports for a program that SIGPIPE ended


def run(function: Callable[..., Any]) -> Callable[..., Any]:
    """Boot, call `function(ctx, ...)` with the `Context` of the process, and end as `ending` does.

    Put it below click's decorators: `@click.command() @click.argument(...) @run`.
    """

    @ending
    @functools.wraps(function)
    def command(*args: Any, **kwargs: Any) -> Any:
        from .. import app

        app.boot()
        ctx = app.context()
        try:
            return function(ctx, *args, **kwargs)
        finally:
            ctx.uses.close(ctx.storage)  # the tokens that the command took

    return command


def ending(function: Callable[..., Any]) -> Callable[..., Any]:
    """Turn errors into exit codes: a BursarError into its sentence and code, anything else into a reference and 1.

    What the function returns is the exit code where it is an int.
    """

    @functools.wraps(function)
    def command(*args: Any, **kwargs: Any) -> None:
        try:
            code = function(*args, **kwargs)
        except BursarError as error:
            note(f"bursar: {error}")
            sys.exit(error.exit_code)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except BrokenPipeError:
            give_up(sys.stdout)  # whoever read our output has gone
            sys.exit(BROKEN_PIPE_EXIT)
        except Exception as problem:  # noqa: BLE001 - the last resort: said in one line, kept for whoever looks into it
            note(f"bursar: {_unexpected(problem)}")
            sys.exit(1)
        if isinstance(code, int) and code:
            sys.exit(code)

    return command


def json_option(function: F) -> F:
    """Add `--json`; the command gets `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")(function)


def yes_option(function: F) -> F:
    """Add `--yes`; the command gets `yes` and passes it to `confirm_or_yes`."""
    return click.option("--yes", is_flag=True, help="Do it without asking.")(function)


def confirm_or_yes(question: str, yes: bool) -> None:
    """Go on if `--yes` was given or the person at the terminal agrees. Raises InvalidInput where there is nobody."""
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise InvalidInput(
            f"{question} Nobody can be asked here.", code="confirmation_missing", action="Say so with --yes."
        )
    click.confirm(question, abort=True, err=True)


def operator() -> str:
    """Who types the command, as it is recorded with a change: `cli:` and the name of the system's user."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):
        return f"cli:{os.getuid()}"


def local_user() -> Consumer:
    """Who types the command, as hand-outs are recorded."""
    name = operator().removeprefix("cli:")
    return Consumer("user", name, name)


def _unexpected(problem: Exception) -> str:
    """One line for the person; where in the program it was goes to a file, without messages, which may hold secrets."""
    reference = new_id()[-8:]
    frames = traceback.extract_tb(problem.__traceback__)
    lines = [f"{datetime.now(UTC).isoformat()} {reference} {type(problem).__module__}.{type(problem).__qualname__}\n"]
    lines += [f"  {frame.filename}:{frame.lineno} {frame.name}\n" for frame in frames]
    said = f"Bursar met something it did not expect ({type(problem).__name__}, reference {reference})."
    log = Home.from_environ().path / "unexpected.log"
    try:
        with open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
            file.writelines(lines)
    except OSError:
        return said
    return f"{said} Where it happened is in {log}: report it with that."
