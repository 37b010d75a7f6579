"""Connections that stay open between exchanges which follow one another at once (RFC 9112 §9.3).

They belong to one bundle of calls, and go with it. A server that closes such a connection without saying so gets one
for each exchange from then on: whether it had read the request, nobody can tell, and only what may be asked twice
(RFC 9110 §9.2.2) is sent twice.
"""

import threading
from collections.abc import Callable

from urllib3.connection import HTTPConnection

from ..clock import Clock
from .deadline import Deadline
from .slots import Slot

Key = tuple[str, str, int | None, str | None, str | None]
"""Scheme, host, port, proxy and file of authorities: what has to be the same for a connection to be used again."""

LONGEST_REST = 30.0  # seconds; what lies between may have forgotten a connection that rests longer, without a word


class Kept:
    """At most `at_most` resting connections to a place. Threads may share it.

    One that rests isn't counted among those to its host (`slots`): `close` ends what is open. `silent` are the servers
    that broke one, shared by all of a process.
    """

    def __init__(self, silent: set[Key], clock: Clock, at_most: int = 1) -> None:
        self._silent = silent
        self._clock = clock
        self._at_most = at_most
        self._lock = threading.Lock()
        self._closed = False
        self._open: dict[Key, list[tuple[HTTPConnection, float]]] = {}

    def keeps(self, key: Key) -> bool:
        """Whether the server may be asked to leave the connection open."""
        return key not in self._silent

    def take(self, key: Key, deadline: Deadline, slot: Callable[[], Slot]) -> HTTPConnection | None:
        """An open connection, bound by this deadline from now on; None where there is none, or the server ended it.

        `slot` counts it among those to its host again.
        """
        while (resting := self._pop(key)) is not None:
            connection, since = resting
            if connection.is_connected and self._clock.monotonic() - since <= LONGEST_REST:
                try:
                    connection.sock.slot = slot()  # type: ignore[union-attr]  # the door's sockets alone
                except BaseException:
                    connection.close()
                    raise
                connection.sock.deadline = deadline  # type: ignore[union-attr]
                return connection
            connection.close()
        return None

    def put(self, key: Key, connection: HTTPConnection) -> None:
        """Keep it for the next exchange, unless its server closes it or there are enough."""
        with self._lock:
            resting = self._open.setdefault(key, [])
            keeping = connection.sock is not None and not self._closed and len(resting) < self._at_most
            if keeping:
                connection.sock.uncount()  # type: ignore[union-attr]
                resting.append((connection, self._clock.monotonic()))
        if not keeping:
            connection.close()

    def broke(self, key: Key) -> None:
        """A connection that was used again ended without an answer."""
        self._silent.add(key)

    def close(self) -> None:
        """End them all; none is kept from now on."""
        with self._lock:
            self._closed = True
            resting = [connection for each in self._open.values() for connection, _ in each]
            self._open.clear()
        for connection in resting:
            connection.close()

    def _pop(self, key: Key) -> tuple[HTTPConnection, float] | None:
        with self._lock:
            resting = self._open.get(key)
            return resting.pop() if resting else None
