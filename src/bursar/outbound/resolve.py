"""Names to addresses by the system's resolver, within the deadline: a hanging name server holds nobody up."""

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable

from .addresses import Address
from .deadline import Deadline
from .errors import OutboundFailed, OutboundTimeout

Resolver = Callable[[str, int, Deadline], list[Address]]
"""Takes host, port and deadline; returns addresses in the order in which to try them. Raises OutboundFailed."""


def system_resolver(host: str, port: int, deadline: Deadline) -> list[Address]:
    """Ask getaddrinfo, which can't be interrupted, in a thread that is left behind when the deadline passes."""
    try:
        return [ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))]
    except ValueError:
        pass
    answer: queue.SimpleQueue[list[Address] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
            answer.put(list(dict.fromkeys(addresses)))
        except (OSError, UnicodeError) as problem:
            answer.put(problem)

    threading.Thread(target=ask, daemon=True, name="bursar-resolve").start()
    try:
        found = answer.get(timeout=deadline.remaining())
    except queue.Empty:
        raise OutboundTimeout(f"The name {host} was not resolved in time.") from None
    if isinstance(found, list):
        return found
    raise OutboundFailed(
        f"The name {host} can't be resolved.", action="Check the host name and the name server."
    ) from found
