"""`bursar worker`: the scheduler alone."""

import signal
from types import FrameType

import click

from ..context import Context
from .output import note
from .run import run


@click.command(
    epilog="""\b
Example, beside a server that leaves the work to it:
  bursar serve --no-worker
  bursar worker"""
)
@click.option(
    "--nice",
    type=click.IntRange(0, 19),
    default=5,
    show_default=True,
    envvar="BURSAR_WORKER_NICE",
    show_envvar=True,
    help="How far it steps back for others on a busy machine; 0 for not at all.",
)
@run
def worker(ctx: Context, nice: int) -> None:
    """Keep tokens alive and collect mail, in a process without pages, until SIGTERM.

    Any number of workers and servers may share a database: of each token and mail
    account one of them takes care at a time. Its work is done ahead of time, so on a
    busy machine it lets programs go first that wait for an answer (see nice(1)).
    """
    from ..background_priority import step_back
    from ..memory import share_arenas
    from ..scheduler import workers
    from ..server import logs

    def end(_number: int, _frame: FrameType | None) -> None:
        ctx.stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    step_back(nice)
    share_arenas()
    logs.configure()
    note("Bursar's worker is running. It ends with SIGTERM or Ctrl-C.")
    workers.run(ctx)
    ctx.uses.close(ctx.storage)
    ctx.storage.close()
