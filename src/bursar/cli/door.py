"""`bursar door`: the hand-out in a process of its own."""

import click

from ..context import Context
from .output import note
from .run import run

DEFAULT = "127.0.0.1:8086"


@click.command(
    epilog="""\b
Example, beside a server for the pages:
  bursar serve --listen 127.0.0.1:8085
  bursar door --listen 127.0.0.1:8086
A reverse proxy sends /api/v1/tokens/ to the door, and the rest to the server."""
)
@click.option("--listen", default=DEFAULT, show_default=True, help="host:port.")
@run
def door(ctx: Context, listen: str) -> None:
    """Hand out tokens over HTTP, in a process without pages and scheduler, until SIGTERM.

    `bursar serve` hands them out too. A door of its own isn't slowed down by
    the pages, and any number of doors may share a database.
    """
    from .. import app
    from ..handout.doors import Doors, nothing_else
    from ..server import embedded, logs
    from ..server.listen import Listen

    address = Listen.parse(listen).claimed()
    logs.configure()
    note(f"Bursar hands out tokens on {address}. It ends with SIGTERM or Ctrl-C.")
    doors = Doors(ctx, app.database(), nothing_else)
    embedded.serve(doors.application, address, ctx.stop, around=doors)
    ctx.uses.close(ctx.storage)
    ctx.storage.close()
