"""The long way: what memory can't answer is asked of `tokens.obtain`, in threads, so that no other name waits.

Callers of one name share one asking. One provider holds at most `LANE` of the threads.
"""

import asyncio
import logging
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ..errors import BursarError
from ..tokens.asker import Asker
from ..uses import Consumer

if TYPE_CHECKING:
    from ..context import Context
    from ..tokens.outcome import Obtained, Refusal

LANE = 16
THREADS = 128
QUICK_THREADS = 4

Work = Callable[["Context"], Any]

log = logging.getLogger("bursar.handout")


class Cold:
    """Every method raises BursarError (`storage_unavailable` and the like), or gives the heart's answer."""

    def __init__(self, ctx: "Context") -> None:
        self._ctx = ctx
        self._quick = ThreadPoolExecutor(QUICK_THREADS, thread_name_prefix="bursar-door")
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="bursar-handout")
        self._lanes: dict[str, asyncio.Semaphore] = {}
        self._flights: dict[Hashable, asyncio.Task[Any]] = {}

    async def obtain(self, reference: str, min_ttl: float, by: Consumer) -> "Obtained | Refusal":
        """`tokens.obtain.usable`: as `obtain`, but not counted, for each of the callers is counted for itself."""
        asker = Asker(by.kind, by.name)
        found: Obtained | Refusal = await self._share(
            ("obtain", reference, min_ttl), reference, lambda ctx: _obtain(ctx, reference, min_ttl, asker)
        )
        return found

    async def reject(self, reference: str, sha256: str, by: Consumer) -> "Obtained | Refusal":
        """`tokens.obtain.replacement`, likewise."""
        asker = Asker(by.kind, by.name)
        found: Obtained | Refusal = await self._share(
            ("reject", reference, sha256), reference, lambda ctx: _reject(ctx, reference, sha256, asker)
        )
        return found

    async def revoke_all(self, by: str) -> dict[str, Any]:
        """`tokens.revoke_all.revoke_all`, as JSON has it."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, _revoke_all, self._ctx, by)

    def close(self) -> None:
        """Take no more work. Calls under way go on: what they do was written down before they began it."""
        self._quick.shutdown(wait=False, cancel_futures=True)
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _share(self, key: Hashable, reference: str, work: Work) -> Any:
        task = self._flights.get(key)
        if task is None:
            task = self._flights[key] = asyncio.create_task(self._ask(reference, work))
            task.add_done_callback(lambda done: self._landed(key, done))
        # A caller that goes away must not take the answer from the others.
        return await asyncio.shield(task)

    def _landed(self, key: Hashable, task: "asyncio.Task[Any]") -> None:
        del self._flights[key]
        if not task.cancelled() and (problem := task.exception()) is not None and not isinstance(problem, BursarError):
            log.error("a hand-out failed in a way that Bursar did not expect", exc_info=problem)

    async def _ask(self, reference: str, work: Work) -> Any:
        loop = asyncio.get_running_loop()
        server = await loop.run_in_executor(self._quick, _server_of, self._ctx, reference)
        if not isinstance(server, str):
            return server
        lane = self._lanes.setdefault(server, asyncio.Semaphore(LANE))
        async with lane:
            return await loop.run_in_executor(self._pool, work, self._ctx)


def _server_of(ctx: "Context", reference: str) -> "str | Refusal":
    from ..tokens.facts import facts_of
    from ..tokens.obtain import find
    from ..tokens.rows import TokenRow

    row = find(ctx, reference)
    return facts_of(row).server if isinstance(row, TokenRow) else row


def _obtain(ctx: "Context", reference: str, min_ttl: float, asker: Asker) -> "Obtained | Refusal":
    from ..tokens.obtain import usable

    return usable(ctx, reference, min_ttl, asker)


def _reject(ctx: "Context", reference: str, sha256: str, asker: Asker) -> "Obtained | Refusal":
    from ..tokens.obtain import replacement

    return replacement(ctx, reference, sha256, asker)


def _revoke_all(ctx: "Context", by: str) -> dict[str, Any]:
    from ..tokens.revoke_all import revoke_all

    return asdict(revoke_all(ctx, by))
