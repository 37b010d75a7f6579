"""Bytes of one connection, read under deadlines and bounds; replaces imaplib's file object."""

from collections.abc import Callable

from ..clock import Clock
from ..outbound import Deadline
from ..outbound.sockets import AnySocket
from .dialogue import ConnectionLost

IDLE_SECONDS = 30.0
CHUNK = 1 << 16


class Wire:
    """Reads lines and literals. Each wait is bounded twice: by silence (30 s) and by the command's own deadline;
    what may come is bounded by `budget`, in bytes, which each command sets anew.

    Raises ConnectionLost at the end of the stream and beyond the budget; the socket itself raises
    `outbound.OutboundFailed` or OSError.
    """

    def __init__(self, sock: AnySocket, clock: Clock, deadline: Callable[[], Deadline], budget: int) -> None:
        self.budget = budget
        self._sock = sock
        self._clock = clock
        self._deadline = deadline
        self._buffer = bytearray()
        self._read = 0

    @property
    def pending(self) -> int:
        """Bytes that came but were not asked for yet. Before a TLS handshake there may be none (SEC-55)."""
        return len(self._buffer) - self._read

    def line(self) -> bytes:
        """The next line with its line end."""
        searched = 0
        while (end := self._buffer.find(b"\n", self._read + searched)) < 0:
            searched = self.pending
            self._fill()
        return self._take(end + 1 - self._read)

    def exactly(self, size: int) -> bytes:
        """The next `size` bytes, byte for byte."""
        if size > self.pending + self.budget:
            raise ConnectionLost(f"the server announced {size} bytes, more than was asked for")
        while self.pending < size:
            self._fill()
        return self._take(size)

    def back(self, data: bytes) -> None:
        """Put `data` in front of what comes next."""
        if self._read >= len(data) and self._buffer[self._read - len(data) : self._read] == data:
            self._read -= len(data)
        else:
            self._buffer[self._read : self._read] = data

    def until(self, mark: bytes, most: int) -> bytes | int:
        """All up to and with `mark`. Beyond `most` bytes it is read on, dropped, and its size is the answer."""
        searched = dropped = 0
        while (end := self._buffer.find(mark, self._read + searched)) < 0:
            searched = max(0, self.pending - len(mark) + 1)
            if searched > most or dropped:
                dropped += searched
                self._read += searched
                searched = 0
            self._fill()
        size = end + len(mark) - self._read
        if dropped or size > most:
            self._read += size
            return dropped + size
        return self._take(size)

    def forget(self) -> None:
        """Give back what came and will not be read: a closed connection may live on for a while."""
        self._buffer, self._read = bytearray(), 0

    def _take(self, size: int) -> bytes:
        with memoryview(self._buffer) as view:
            taken = bytes(view[self._read : self._read + size])
        self._read += size
        return taken

    def _fill(self) -> None:
        if self._read:
            del self._buffer[: self._read]
            self._read = 0
        left = self._deadline().remaining()
        self._sock.deadline = Deadline.after(self._clock, min(IDLE_SECONDS, left))
        received = self._sock.recv(CHUNK)
        if not received:
            raise ConnectionLost("the server closed the connection")
        self.budget -= len(received)
        if self.budget < 0:
            raise ConnectionLost("the server sent more than was asked for")
        self._buffer += received
