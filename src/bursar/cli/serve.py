"""`bursar serve`: the pages, and the scheduler beside them."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..home import Home
from .output import note
from .run import ending

if TYPE_CHECKING:
    from ..context import Context
    from ..server.listen import Listen


@click.command(
    epilog="""\b
Examples:
  bursar serve --practice
  bursar serve --listen 127.0.0.1:9000
  bursar serve --listen 0.0.0.0:443 --tls-cert fullchain.pem --tls-key privkey.pem"""
)
@click.option("--listen", envvar="BURSAR_LISTEN", show_envvar=True, help="host:port, 127.0.0.1:8085 by default.")
@click.option("--practice", is_flag=True, help="Run a provider to practise with, for this machine alone.")
@click.option("--no-worker", is_flag=True, help="Leave keeping tokens alive and collecting mail to `bursar worker`.")
@click.option("--tls-cert", type=click.Path(dir_okay=False, path_type=Path), help="Certificate chain, PEM.")
@click.option("--tls-key", type=click.Path(dir_okay=False, path_type=Path), help="Its private key, PEM.")
@ending
def serve(listen: str | None, practice: bool, no_worker: bool, tls_cert: Path | None, tls_key: Path | None) -> None:
    """Serve the pages, keep tokens alive and collect mail, until SIGTERM or Ctrl-C.

    An empty home is made ready first, as `bursar init` does it. While there is nobody who could sign in, a one-time
    link for the first administrator is printed.
    """
    from .. import app
    from ..server.listen import DEFAULT, Listen
    from ..server.tls import tls_files

    tls = tls_files(tls_cert, tls_key)
    address = Listen.parse(listen or DEFAULT).claimed()
    if app.is_new():
        from .init import report

        for line in report(app.initialise()):
            note(line)
    else:
        app.boot()
    _serve(address, tls, practice, no_worker)


def _serve(address: "Listen", tls: tuple[Path, Path] | None, practice: bool, no_worker: bool) -> None:
    # These import models, which Django allows only after boot.
    from .. import app
    from ..handout.doors import SOCKET, Doors
    from ..server import embedded, greeting, logs
    from ..server.serving import announced
    from ..web.asgi import application

    ctx, home = app.context(), Home.from_environ()
    logs.configure()
    with ExitStack() as running:
        practice_port = running.enter_context(greeting.practising(home)) if practice else None
        running.enter_context(announced(home, port=address.port, tls=tls is not None, practice_port=practice_port))
        running.callback(ctx.storage.close)
        running.callback(ctx.uses.close, ctx.storage)
        for line in greeting.lines(ctx, address, practice_port):
            note(line)
        doors = Doors(
            ctx,
            app.database(),
            application,
            socket=home.path / SOCKET,
            group=ctx.settings.text("HandOut::SocketGroup"),
        )
        beside = None if no_worker else _scheduler(ctx)
        embedded.serve(doors.application, address, ctx.stop, tls=tls, background=beside, around=doors)


def _scheduler(ctx: "Context") -> Callable[[], None]:
    from ..scheduler import workers

    return lambda: workers.run(ctx)
