"""The address to serve on: read from text, and tried before anything else is started."""

import errno
import ipaddress
import os
import re
import socket
from dataclasses import dataclass

from ..errors import InvalidInput, Refused

DEFAULT = "127.0.0.1:8085"


@dataclass(frozen=True, slots=True)
class Listen:
    """Host (a name or an address, without brackets) and port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Listen":
        """Read `host:port`, `[address]:port` or `:port`, the last for every address. Raises InvalidInput."""
        match = re.fullmatch(r"(?:\[(?P<six>[^\]]+)\]|(?P<host>[^:\[\]\s]*)):(?P<port>[0-9]{1,5})", text.strip())
        if match is None or int(match["port"]) > 65535:
            raise InvalidInput(
                f"{text!r} is not an address to listen on.", action="Give it as host:port, as in 127.0.0.1:8085."
            )
        return cls(match["six"] or match["host"] or "0.0.0.0", int(match["port"]))  # noqa: S104 - asked for by `:port`

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def claimed(self) -> "Listen":
        """The same as an address and a port that are free just now: 0 becomes one. Raises Refused for a busy one.

        The server binds with SO_REUSEPORT, under which two servers would share a port without a word; this asks first.
        """
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(
                self.host, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
                bound = probe.getsockname()
        except OSError as problem:
            raise Refused(
                f"Bursar can't listen on {self}: {_reason(problem)}.",
                code="port_busy" if problem.errno == errno.EADDRINUSE else "cannot_listen",
                action="Stop what listens there, or choose another address with --listen or BURSAR_LISTEN.",
            ) from None
        return Listen(str(bound[0]), int(bound[1]))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _reason(problem: OSError) -> str:
    if problem.errno == errno.EADDRINUSE:
        return "another program listens there already"
    if isinstance(problem, socket.gaierror):
        return "there is no such host"
    return os.strerror(problem.errno) if problem.errno else str(problem)
