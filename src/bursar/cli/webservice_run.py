"""`bursar webservice run`, `log`, `curl`, `jobs` and `retry`: calls, made and looked at."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import click

from ..errors import InvalidInput
from .output import echo, emit_json, note, printable, table
from .run import json_option, operator, run

LARGEST_DATA = 16 << 20
LARGEST_DOWNLOAD = 1 << 40
DEFAULT_DOWNLOAD = 4 << 30


@click.command("run")
@click.argument("service")
@click.argument("invoker")
@click.option("--data", "file", metavar="FILE", help="The data, in JSON; - for standard input. Default: none, {}.")
@click.option("--sample", is_flag=True, help="Call with the invoker's own sample.")
@click.option("--output", metavar="FILE", help="Write the body of the answer to FILE as it comes, however large.")
@click.option(
    "--max-size",
    type=click.IntRange(1, LARGEST_DOWNLOAD),
    default=DEFAULT_DOWNLOAD,
    show_default=True,
    help="How many bytes --output takes.",
)
@json_option
@run
def run_(
    ctx: Any,
    service: str,
    invoker: str,
    file: str | None,
    sample: bool,
    output: str | None,
    max_size: int,
    as_json: bool,
) -> int:
    """Call an invoker of a web service once, and print what it wants of the answer.

    What passes by itself is tried again by the worker where the service's retry policy
    says so; the exit code is 5 then.

    \b
    Examples:
      bursar webservice run Tickets create --data ticket.json
      echo '{"id": 7}' | bursar webservice run Tickets show --data - --json
      bursar webservice run Files export --output export.zip
    """
    from ..webservices.jobs import run as run_invoker
    from ..webservices.services import find, service_of

    row = find(service)
    chosen = service_of(row).invoker(invoker)
    if sample and file is not None:
        raise InvalidInput("--sample and --data exclude each other.")
    data = chosen.sample if sample else _data(file)
    download = _Download(output, max_size) if output else None
    try:
        outcome = run_invoker(ctx, row, invoker, data, operator(), sink=download.sink if download else None)
    except BaseException:
        if download:
            download.discard()
        raise
    if download:
        download.finish(outcome.error is None)
    _say(outcome, as_json, download.size if download else None)
    return outcome.error.exit_code if outcome.error is not None else 0


@click.command()
@click.argument("service")
@click.option("--search", "word", default="", help="In addresses, bodies, errors; a status such as 503.")
@click.option("--failed", is_flag=True, help="Only calls that failed.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@json_option
@run
def log(ctx: Any, service: str, word: str, failed: bool, limit: int, as_json: bool) -> None:  # noqa: ARG001
    """Show the last calls of a web service, the newest first. Tokens and passwords are in none of them."""
    from ..webservices.log import calls, view_of
    from ..webservices.services import find

    found = [view_of(each) for each in calls(find(service), word, failed=failed)[:limit]]
    if as_json:
        emit_json(found)
        return
    rows = [(c.id, c.at, c.invoker, c.origin, c.tries, f"{c.seconds:.2f} s", c.status, c.error) for c in found]
    table(rows, ("ID", "AT", "INVOKER", "BY", "TRY", "TOOK", "STATUS", "ERROR"))


@click.command()
@click.argument("service")
@click.argument("call")
@run
def curl(ctx: Any, service: str, call: str) -> None:  # noqa: ARG001
    """Print a call of the log as a command of curl's. It asks Bursar for the token, and holds none."""
    from ..webservices.log import as_curl, find_call
    from ..webservices.services import find, service_of

    row = find(service)
    echo(as_curl(find_call(row, call), service_of(row)))


@click.command()
@click.argument("service", required=False)
@json_option
@run
def jobs(ctx: Any, service: str | None, as_json: bool) -> None:  # noqa: ARG001
    """Show the calls that wait for their next try, and those that were given up."""
    from ..webservices.jobs import views
    from ..webservices.services import find

    found = views(find(service) if service else None)
    if as_json:
        emit_json(found)
        return
    rows = [(j.id, j.service, j.invoker, j.origin, j.state, j.tries, j.first_at, j.next_at, j.error) for j in found]
    table(rows, ("ID", "SERVICE", "INVOKER", "BY", "STATE", "TRIES", "FIRST", "NEXT", "ERROR"))


@click.command()
@click.argument("job")
@run
def retry(ctx: Any, job: str) -> None:
    """Try a call that was given up, or that waits, again now: the worker makes it, with the same idempotency key."""
    from ..webservices.jobs import try_again

    try_again(ctx, job)
    note("The worker calls within a second or two.")


@click.command()
@click.argument("job")
@run
def forget(ctx: Any, job: str) -> None:
    """Drop a call that was given up, or that waits. Its tries stay in the log."""
    from ..webservices.jobs import forget as forget_job

    forget_job(ctx, job)
    note("The call is forgotten.")


class _Download:
    """A file that takes the body; it has its name only once it is whole."""

    def __init__(self, name: str, most: int) -> None:
        self._path = Path(name)
        self._part = self._path.with_name(self._path.name + ".part")
        self._most = most
        self._file: IO[bytes] | None = None
        self.size = 0

    def sink(self, status: int) -> tuple[Callable[[bytes], object], int] | None:
        """What takes the body of a success; every other body is read as usual."""
        if not 200 <= status < 300:
            return None
        self.discard()
        try:
            self._file = self._part.open("wb")
        except OSError as problem:
            raise InvalidInput(f"--output: {self._part} can't be written: {problem.strerror}.") from None
        return self._write, self._most

    def finish(self, good: bool) -> None:
        """Give the file its name, or take it away."""
        if not good or self._file is None:
            self.discard()
            return
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.replace(self._path)

    def discard(self) -> None:
        """Take away what is not whole."""
        if self._file is not None:
            self._file.close()
            self._part.unlink(missing_ok=True)
            self._file, self.size = None, 0

    def _write(self, piece: bytes) -> None:
        assert self._file is not None
        self._file.write(piece)
        self.size += len(piece)


def _data(file: str | None) -> Any:
    from .mail_files import data_of

    if file is None:
        return {}
    try:
        return json.loads(data_of(file, LARGEST_DATA, "--data"))
    except (ValueError, RecursionError) as problem:
        raise InvalidInput(f"--data: {file} is no JSON: {problem}.", code="data_invalid") from None


def _say(outcome: Any, as_json: bool, size: int | None) -> None:
    error = outcome.error
    if as_json:
        emit_json(
            {
                "call": outcome.call_id,
                "status": outcome.status,
                "output": outcome.output,
                "size": size,
                "seconds": round(outcome.took, 3),
                "token_renewed": outcome.renewed,
                "error": error and {"code": error.code, "sentence": error.sentence, "action": error.action},
                "again_in": outcome.again and round(outcome.again),
            }
        )
    elif error is None and size is not None:
        note(f"{size} bytes written.")
    elif error is None and outcome.output is not None:
        text = (
            outcome.output
            if isinstance(outcome.output, str)
            else json.dumps(outcome.output, ensure_ascii=False, indent=2)
        )
        echo(printable_lines(text) if sys.stdout.isatty() else text)
    if error is not None and not as_json:
        note(f"bursar: {printable(str(error))}")
    if outcome.again is not None:
        note(f"It is tried again in {outcome.again:.0f} s; `bursar webservice jobs` shows what waits.")


def printable_lines(text: str) -> str:
    """The text line by line, without signs that move a terminal's cursor."""
    return "\n".join(printable(line) for line in text.splitlines())
