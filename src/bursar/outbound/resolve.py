"""Names to addresses by the system's resolver, within the deadline: a hanging name server holds nobody up."""

import ipaddress
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future

from .addresses import Address
from .deadline import Deadline
from .errors import OutboundFailed, OutboundTimeout

Resolver = Callable[[str, int, Deadline], list[Address]]
"""Takes host, port and deadline; returns addresses in the order in which to try them. Raises OutboundFailed."""

LOOKUPS_AT_ONCE = 64


class SystemResolver:
    """Asks getaddrinfo, which can't be interrupted, in a thread that is left behind when the deadline passes.

    Who asks for a name that is being looked up joins that look-up, so that a name server which hangs costs one thread
    a name, and never more than `LOOKUPS_AT_ONCE` in all.
    """

    def __init__(self, at_once: int = LOOKUPS_AT_ONCE) -> None:
        self._at_once = at_once
        self._lock = threading.Lock()
        self._under_way: dict[str, Future[list[Address]]] = {}

    def __call__(self, host: str, port: int, deadline: Deadline) -> list[Address]:
        del port  # the same addresses at every port
        try:
            return [ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))]
        except ValueError:
            pass
        try:
            return self._answer(host).result(timeout=deadline.remaining())
        except TimeoutError:
            raise OutboundTimeout(f"The name {host} was not resolved in time.") from None
        except (OSError, UnicodeError) as problem:
            raise OutboundFailed(
                f"The name {host} can't be resolved.", action="Check the host name and the name server."
            ) from problem

    def _answer(self, host: str) -> "Future[list[Address]]":
        name = host.lower()
        with self._lock:
            found = self._under_way.get(name)
            if found is not None:
                return found
            if len(self._under_way) >= self._at_once:
                raise OutboundFailed(
                    f"The name {host} was not looked up: {self._at_once} look-ups are waiting for the name server.",
                    action="Check the name server.",
                )
            answer: Future[list[Address]] = Future()
            self._under_way[name] = answer
        threading.Thread(target=self._ask, args=(name, answer), daemon=True, name="bursar-resolve").start()
        return answer

    def _ask(self, name: str, answer: "Future[list[Address]]") -> None:
        try:
            found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
            addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
        except BaseException as problem:  # noqa: BLE001 - handed to those who wait for it
            self._forget(name)
            answer.set_exception(problem)
        else:
            self._forget(name)
            answer.set_result(list(dict.fromkeys(addresses)))

    def _forget(self, name: str) -> None:
        with self._lock:
            del self._under_way[name]


system_resolver = SystemResolver()
