"""granian inside our own process: one event loop, one signal handler, one end (docs/decisions/0002)."""

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Any

import uvloop
from granian.constants import Interfaces, SSLProtocols
from granian.errors import FatalError
from granian.log import LogLevels
from granian.server.embed import Server

from ..errors import BursarError
from .background import Background
from .listen import Listen

DRAIN_SECONDS = 20.0  # a little more than WebUserAgent::Timeout's default: a provider call under way may end
QUIET: dict[str, Any] = {
    "handlers": {},
    "loggers": {
        "_granian": {"handlers": [], "propagate": True},
        "granian.access": {"handlers": [], "propagate": False},
    },
}

log = logging.getLogger("bursar.server")


def serve(
    application: Any,
    listen: Listen,
    stop: threading.Event,
    *,
    tls: tuple[Path, Path] | None = None,
    background: Callable[[], None] | None = None,
    around: AbstractAsyncContextManager[Any] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way and return. `stop` is set when the end begins.

    `around` is open in the server's event loop while it serves. `background` runs in a thread of its own and returns
    after `stop`. Raises BursarError where it, or the server,
    failed.
    """
    uvloop.run(_serve_within(application, listen, stop, tls, background, around))


async def _serve_within(
    application: Any,
    listen: Listen,
    stop: threading.Event,
    tls: tuple[Path, Path] | None,
    background: Callable[[], None] | None,
    around: AbstractAsyncContextManager[Any] | None,
) -> None:
    async with around or nullcontext():
        await _serve(application, listen, stop, tls, background)


async def _serve(
    application: Any,
    listen: Listen,
    stop: threading.Event,
    tls: tuple[Path, Path] | None,
    background: Callable[[], None] | None,
) -> None:
    loop = asyncio.get_running_loop()
    server = Server(
        application,
        address=listen.host,
        port=listen.port,
        interface=Interfaces.ASGINL,
        websockets=False,
        log_level=LogLevels.error,
        log_dictconfig=QUIET,
        ssl_cert=tls[0] if tls else None,
        ssl_key=tls[1] if tls else None,
        ssl_protocol_min=SSLProtocols.tls12,
    )

    def end() -> None:
        stop.set()
        server.stop()  # type: ignore[no-untyped-call]

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)

    def end_from_thread() -> None:
        loop.call_soon_threadsafe(end)

    beside = Background(background, end_from_thread) if background else None
    if beside:
        beside.start()
    try:
        await server.serve()
    except FatalError as problem:
        raise BursarError(f"The server on {listen} ended: {problem}.", code="server_failed") from None
    finally:
        stop.set()
        if beside and not await asyncio.to_thread(beside.join, DRAIN_SECONDS):
            log.warning("A call was still under way after %d seconds and is left behind.", DRAIN_SECONDS)
            _leave()
    if beside and beside.failed:
        raise BursarError("The scheduler ended by an error; the log says which.", code="scheduler_failed")
    if server.interrupt_children:
        raise BursarError(f"The server on {listen} ended by itself; the log says why.", code="server_failed")


def _leave() -> None:
    """End now, without waiting for threads: whatever they do was written down before they began it (SEC-68)."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
