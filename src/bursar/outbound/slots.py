"""How many connections to one host and port may be open at once in this process (SEC-52).

A server that answers slowly, or a loop that asks too often, then costs a bounded number of sockets and threads there,
and nothing elsewhere. Who comes too early waits, within the deadline, for one that ends.
"""

import queue

from .deadline import Deadline
from .errors import OutboundFailed

AT_ONCE = 16


class Slot:
    """The right to one connection. Given back once: by `release`, or when whoever has it is forgotten."""

    __slots__ = ("_free",)

    def __init__(self, free: "queue.SimpleQueue[None]") -> None:
        self._free: queue.SimpleQueue[None] | None = free

    def release(self) -> None:
        free, self._free = self._free, None
        if free is not None:
            free.put(None)

    def __del__(self) -> None:
        self.release()


class Slots:
    """The slots of every host. SimpleQueue, because its `put` may come in the middle of a `get` of the same thread,
    which is when the garbage collector may find a forgotten slot."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._hosts: dict[tuple[str, int], queue.SimpleQueue[None]] = {}

    def take(self, host: str, port: int, deadline: Deadline) -> Slot:
        """A slot for this host and port. Raises OutboundFailed (`host_busy`) where none is free in time."""
        free = self._of(host.lower().rstrip("."), port)
        try:
            free.get(timeout=deadline.remaining())
        except queue.Empty:
            raise OutboundFailed(
                f"Bursar has {self._at_once} connections to {host} port {port} open, and none of them ended in time.",
                code="host_busy",
            ) from None
        return Slot(free)

    def _of(self, host: str, port: int) -> "queue.SimpleQueue[None]":
        found = self._hosts.get((host, port))
        if found is None:
            fresh: queue.SimpleQueue[None] = queue.SimpleQueue()
            for _ in range(self._at_once):
                fresh.put(None)
            found = self._hosts.setdefault((host, port), fresh)
        return found
