"""The door: looks a name up once, judges every address, and connects to exactly one that it judged (SEC-49)."""

import ipaddress
import socket
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from typing import TYPE_CHECKING

from ..clock import Clock
from . import tls
from .addresses import Address, is_public, plain
from .deadline import Deadline
from .errors import OutboundFailed, OutboundRefused
from .kept import Kept, Key
from .resolve import Resolver, system_resolver
from .rules import OutboundRules
from .slots import AT_ONCE, Slot, Slots
from .sockets import AnySocket, DeadlineSocket, DeadlineTlsSocket, timed_out

if TYPE_CHECKING:
    from .http import HttpAnswer, Sink

ANSWER_LIMIT = 1 << 20


class Door:
    """Opens connections. The rules are asked anew for each, so a changed setting counts at once."""

    def __init__(
        self,
        rules: Callable[[], OutboundRules],
        clock: Clock,
        resolve: Resolver = system_resolver,
        at_once: int = AT_ONCE,
    ) -> None:
        self.rules = rules
        self.clock = clock
        self._resolve = resolve
        self._slots = Slots(at_once)
        self._silent: set[Key] = set()
        self.kept: Kept | None = None

    def with_rules(self, rules: OutboundRules) -> "Door":
        """The same door by rules that were read this moment: for many calls that follow at once."""
        door = copy(self)
        door.rules = lambda: rules
        return door

    @contextmanager
    def for_bundle(self, rules: OutboundRules) -> Iterator["Door"]:
        """The same door by these rules, for one thread's calls that follow one another at once: what they need not
        open anew stays open until the end."""
        with self.with_rules(rules).keeping(1) as door:
            yield door

    @contextmanager
    def keeping(self, at_most: int) -> Iterator["Door"]:
        """The same door for calls of so many threads that follow one another: connections stay open until the end.

        The rules are asked anew for each that is opened; one that is open goes on, as a session would.
        """
        door = copy(self)
        door.kept = Kept(self._silent, self.clock, at_most)
        try:
            yield door
        finally:
            door.kept.close()

    def deadline(self, seconds: float) -> Deadline:
        """A deadline on this door's clock."""
        return Deadline.after(self.clock, seconds)

    def connect(
        self,
        host: str,
        port: int,
        deadline: Deadline,
        *,
        loopback_only: bool = False,
        usual_ports: Collection[int] | None = None,
        through_to: tuple[str, int] | None = None,
    ) -> DeadlineSocket:
        """A connected socket whose every operation is bound by `deadline`.

        It counts among those that may be open at once to this host and port, or to `through_to` where this is a proxy.
        Raises OutboundRefused where no address of the host is public or admitted (with `loopback_only`, which plain
        text wants: none that is loopback and admitted; with `usual_ports`: a port beside them is not admitted),
        OutboundFailed where none of the others answers.
        """
        addresses = self._judge(host, port, deadline, loopback_only, usual_ports)
        slot = self._slots.take(*(through_to or (host, port)), deadline)
        try:
            sock = _first_to_answer(addresses, host, port, deadline)
        except BaseException:
            slot.release()
            raise
        sock.slot = slot
        return sock

    def slot(self, host: str, port: int, deadline: Deadline) -> Slot:
        """The right to one more connection to this host and port. Raises OutboundFailed (`host_busy`)."""
        return self._slots.take(host, port, deadline)

    def judge_proxied(self, host: str, port: int, deadline: Deadline, usual_ports: Collection[int]) -> None:
        """Judge what is to be reached through a proxy, as far as that can be: addresses, `localhost`, and the port.

        What lies behind other names only the proxy will know. Raises OutboundRefused.
        """
        bare = host.removeprefix("[").removesuffix("]").lower()
        if bare == "localhost" or _is_address(bare):
            self._judge(host, port, deadline, False, usual_ports)
            return
        rules = self.rules()
        if port not in usual_ports and not rules.allowed.admits_name(bare, port):
            raise _odd_port(bare, bare, port, rules)

    def judge_url(self, url: str) -> None:
        """Judge an address as `http` would, without connecting. Raises OutboundRefused, or OutboundFailed where its
        name can't be looked up."""
        from .http import judge

        judge(self, url)

    def judge(self, host: str, port: int, *, loopback_only: bool, usual_ports: Collection[int]) -> None:
        """Judge a host to which no connection is made yet; see `connect`."""
        deadline = self.deadline(self.rules().timeout)
        self._judge(host, port, deadline, loopback_only, None if loopback_only else usual_ports)

    def wrap_tls(
        self,
        sock: DeadlineSocket,
        host: str,
        *,
        ca_file: str | None = None,
        client: tls.ClientCertificate | None = None,
    ) -> DeadlineTlsSocket:
        """TLS over a connected socket, verified; see `tls.wrap`."""
        return tls.wrap(sock, host, ca_file, client)

    def http(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float | None = None,
        limit: int = ANSWER_LIMIT,
        ca_file: str | None = None,
        client: tls.ClientCertificate | None = None,
        sink: "Sink | None" = None,
    ) -> "HttpAnswer":
        """One HTTP exchange; see `http.exchange`."""
        from .http import exchange

        return exchange(self, method, url, headers or {}, body, timeout, limit, ca_file, client, sink)

    def _judge(
        self, host: str, port: int, deadline: Deadline, loopback_only: bool, usual_ports: Collection[int] | None
    ) -> list[Address]:
        rules = self.rules()
        found = self._resolve(host, port, deadline)
        if not found:
            raise OutboundFailed(f"The name {host} has no address.")
        admitted = [a for a in found if rules.allowed.admits(host, port, a)]
        if loopback_only:
            good = [a for a in admitted if plain(a).is_loopback]
            if not good and not any(plain(a).is_loopback for a in found):
                raise OutboundRefused(
                    f"{host} would be sent secrets without encryption, which only this machine's loopback may be.",
                    code="plaintext_refused",
                    action="Use TLS.",
                )
        elif usual_ports is not None and port not in usual_ports:
            good = admitted
        else:
            good = [a for a in found if a in admitted or is_public(a)]
        if not good:
            raise refusal(host, port, found[0], rules)
        return good


def refusal(host: str, port: int, address: Address, rules: OutboundRules) -> OutboundRefused:
    """The refusal of an address, with the exact command that admits it and keeps the entries that are there."""
    bare = host.removeprefix("[").removesuffix("]")
    named = f"{bare} ({address})" if bare != str(address) else bare
    if is_public(address):
        return _odd_port(named, bare, port, rules)
    why = f"{named} is not a public address, so Bursar doesn't connect to port {port} there."
    return OutboundRefused(why, action=_admitting(bare, rules))


def _odd_port(named: str, bare: str, port: int, rules: OutboundRules) -> OutboundRefused:
    entry = f"[{bare}]:{port}" if ":" in bare else f"{bare}:{port}"
    why = f"{named} is to be called at port {port}, which is not a usual one."
    return OutboundRefused(why, action=_admitting(entry, rules))


def _admitting(entry: str, rules: OutboundRules) -> str:
    command = f"bursar setting set Outbound::AllowedNetworks '{rules.with_entry(entry)}'"
    return f"If it is a server of yours, admit it: `{command}`."


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _first_to_answer(addresses: list[Address], host: str, port: int, deadline: Deadline) -> DeadlineSocket:
    problem: OSError | None = None
    for tried, address in enumerate(addresses):
        try:
            return _open(address, port, deadline, len(addresses) - tried)
        except OSError as error:
            problem = error
    if isinstance(problem, TimeoutError):
        raise timed_out(deadline) from problem
    raise OutboundFailed(f"{host} port {port} can't be reached: {tls.reason(problem)}.") from problem


def _open(address: Address, port: int, deadline: Deadline, left: int) -> DeadlineSocket:
    """Connect; with `left` addresses to try, this one gets its share of the time."""
    seconds = deadline.remaining() / left
    sock = DeadlineSocket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
    try:
        sock.deadline = deadline
        sock.connect_within((str(address), port), seconds)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        sock.close()
        raise
    return sock


__all__ = ["ANSWER_LIMIT", "AnySocket", "Door", "refusal"]
