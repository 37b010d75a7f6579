"""Sockets that give every operation only what is left of the deadline, which may be exchanged at any time."""

import socket
import ssl
from typing import Any

from .deadline import Deadline
from .errors import OutboundTimeout
from .slots import Slot


class _Slotted(socket.socket):
    """Gives its slot back when it is closed for good: not before the last file that was made of it is."""

    slot: Slot | None = None

    def close(self) -> None:
        super().close()
        if self.slot is not None and self.fileno() == -1:
            self.slot.release()

    def uncount(self) -> None:
        """Count no longer among the connections to its host: for one that only waits, whose number another bounds."""
        if self.slot is not None:
            self.slot.release()


class DeadlineSocket(_Slotted):
    """A TCP socket; `socket.sendall` already counts its time-out for the whole of what it sends."""

    deadline: Deadline | None = None

    def connect_within(self, address: tuple[str, int], seconds: float) -> None:
        """Connect in at most `seconds`, so that a silent address leaves time for the next one."""
        self.settimeout(seconds)
        super().connect(address)

    def recv(self, *args: Any) -> bytes:
        self._arm()
        return super().recv(*args)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self._arm()
        return super().recv_into(*args, **kwargs)

    def send(self, *args: Any) -> int:
        self._arm()
        return super().send(*args)

    def sendall(self, *args: Any) -> None:
        self._arm()
        super().sendall(*args)

    def _arm(self) -> None:
        if self.deadline is not None:
            self.settimeout(self.deadline.remaining())


class DeadlineTlsSocket(_Slotted, ssl.SSLSocket):
    """The same inside TLS. `read` is below recv and recv_into, `send` below sendall."""

    deadline: Deadline | None = None

    def read(self, *args: Any, **kwargs: Any) -> Any:
        self._arm()
        return super().read(*args, **kwargs)

    def write(self, data: Any) -> int:
        self._arm()
        return super().write(data)

    def send(self, *args: Any) -> int:
        self._arm()
        return super().send(*args)

    def do_handshake(self, block: bool = False) -> None:
        self._arm()
        super().do_handshake(block)

    def _arm(self) -> None:
        if self.deadline is not None:
            self.settimeout(self.deadline.remaining())


AnySocket = DeadlineSocket | DeadlineTlsSocket


def timed_out(deadline: Deadline) -> OutboundTimeout:
    """What a socket's own TimeoutError means here."""
    return OutboundTimeout(f"There was no complete answer within {deadline.seconds:g} s.")
