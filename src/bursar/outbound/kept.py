"""Connections that stay open between exchanges which follow one another at once (RFC 9112 §9.3).

One thread has them, for as long as one bundle of calls takes. A server that closes such a connection without saying
so gets one for each exchange from then on: whether it had read the request, nobody can tell, and none is sent twice.
"""

from urllib3.connection import HTTPConnection

from .deadline import Deadline

Key = tuple[str, str, int | None, str | None, str | None]
"""Scheme, host, port, proxy and file of authorities: what has to be the same for a connection to be used again."""


class Kept:
    """`silent` are the servers that broke one, shared by all of a process; `close` ends what is open."""

    def __init__(self, silent: set[Key]) -> None:
        self._silent = silent
        self._open: dict[Key, HTTPConnection] = {}

    def keeps(self, key: Key) -> bool:
        """Whether the server may be asked to leave the connection open."""
        return key not in self._silent

    def take(self, key: Key, deadline: Deadline) -> HTTPConnection | None:
        """An open connection, bound by this deadline from now on; None where there is none, or the server ended it."""
        connection = self._open.pop(key, None)
        if connection is None or connection.sock is None:
            return None
        if not connection.is_connected:
            connection.close()
            return None
        connection.sock.deadline = deadline  # type: ignore[union-attr]  # the door's sockets alone
        return connection

    def put(self, key: Key, connection: HTTPConnection) -> None:
        """Keep it for the next exchange, unless its server closes it."""
        if connection.sock is None or key in self._open:
            connection.close()
        else:
            self._open[key] = connection

    def broke(self, key: Key) -> None:
        """A connection that was used again ended without an answer."""
        self._silent.add(key)

    def close(self) -> None:
        """End them all."""
        while self._open:
            self._open.popitem()[1].close()
