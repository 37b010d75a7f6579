"""Both doors of a process, opened and closed together; the application that a server runs."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from .counter import Counter
from .door import HttpDoor
from .request import Application, Receive, Scope, Send
from .socket import SocketDoor
from .source import source_of

if TYPE_CHECKING:
    from ..context import Context

SOCKET = "bursar.sock"
TICK_SECONDS = 60.0


class Doors:
    """`application` is good within `async with`. `socket` is where the door on this machine is, None for none."""

    def __init__(
        self,
        ctx: "Context",
        database: dict[str, Any],
        behind: Application,
        *,
        socket: Path | None = None,
        group: str = "",
        now: Callable[[], float] | None = None,
    ) -> None:
        self.counter = Counter(ctx, source_of(database, ctx.keyring), now)
        self.application: Application = HttpDoor(self.counter, behind)
        self._socket = SocketDoor(self.counter, socket, group) if socket is not None else None
        self._ticking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.counter.source.open()
        if self._socket is not None:
            await self._socket.open()
        self._ticking = asyncio.create_task(self._tick())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticking
        if self._socket is not None:
            await self._socket.close()
        self.counter.cold.close()
        await self.counter.source.close()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)  # ends with the loop: `__aexit__` cancels it
            self.counter.source.view.sweep(self.counter.now())


async def nothing_else(scope: Scope, receive: Receive, send: Send) -> None:
    """What is behind a door that runs alone."""
    del receive
    if scope["type"] != "http":
        return
    from ..problem import problem

    status, headers, body = problem(404, "not_found", "Only tokens are handed out here; the pages are elsewhere.")
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
