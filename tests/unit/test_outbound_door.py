"""The door connects to exactly what it judged, in time, and says how to admit what it refuses."""

import ipaddress
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from bursar.clock import SystemClock
from bursar.outbound import (
    AllowedNetworks,
    Deadline,
    Door,
    OutboundFailed,
    OutboundRefused,
    OutboundRules,
    OutboundTimeout,
)
from bursar.outbound.addresses import Address
from bursar.outbound.resolve import Resolver, SystemResolver
from tests.unit.wire_scene import Server, door, http


def names(*addresses: str) -> Resolver:
    """A name server that knows one answer."""
    return lambda host, port, deadline: [ipaddress.ip_address(each) for each in addresses]


def test_the_refusal_prints_the_command_that_admits_and_keeps_the_entries_there_are() -> None:
    """SEC-49: to the letter, with entries and without."""
    there = door("10.0.0.0/8,idp.example:8443", resolve=names("192.168.7.7"))
    with pytest.raises(OutboundRefused) as caught:
        there.connect("keycloak.corp", 443, there.deadline(5))
    assert (
        "`bursar setting set Outbound::AllowedNetworks '10.0.0.0/8,idp.example:8443,keycloak.corp'`"
        in caught.value.action
    )
    assert "192.168.7.7" in caught.value.sentence
    assert caught.value.exit_code == 6
    with pytest.raises(OutboundRefused) as caught:
        door("").connect("[::1]", 443, there.deadline(5))
    assert "`bursar setting set Outbound::AllowedNetworks '::1'`" in caught.value.action


@pytest.mark.parametrize("host", ["keycloak.corp", "[::1]", "127.0.0.1"])
def test_the_printed_command_does_admit(host: str) -> None:
    """The text between the quotes is a setting that lets the same connection pass."""
    resolve = names("127.0.0.1" if host != "[::1]" else "::1")
    with pytest.raises(OutboundRefused) as caught:
        door("10.0.0.0/8", resolve=resolve).connect(host, 1, Deadline.after(SystemClock(), 5))
    allowed = caught.value.action.split("'")[1]
    with pytest.raises(OutboundFailed):
        door(allowed, resolve=resolve).connect(host, 1, Deadline.after(SystemClock(), 5))


def test_what_only_runs_for_a_while_is_not_written_into_the_printed_command() -> None:
    """The practice provider is admitted while it runs; a person who copies the command doesn't admit it for ever."""
    rules = OutboundRules(AllowedNetworks.parse("10.0.0.0/8,127.0.0.1:9124"), setting="10.0.0.0/8")
    there = Door(lambda: rules, SystemClock(), names("192.168.7.7"))
    with pytest.raises(OutboundRefused) as caught:
        there.connect("keycloak.corp", 443, there.deadline(5))
    assert "'10.0.0.0/8,keycloak.corp'" in caught.value.action


def test_a_name_is_looked_up_once_and_the_judged_address_is_the_one_that_is_used() -> None:
    """SEC-49: a name server that says a public address first and loopback second reaches nothing."""
    asked: list[str] = []

    def rebinding(host: str, port: int, deadline: Deadline) -> list[Address]:
        asked.append(host)
        return [ipaddress.ip_address("192.0.2.1" if len(asked) == 1 else "127.0.0.1")]

    with Server(http(200)) as server:
        there = door("192.0.2.1/32", timeout=0.3, resolve=rebinding)
        with pytest.raises(OutboundFailed):
            there.connect("evil.example", server.port, there.deadline(0.3))
        assert asked == ["evil.example"]
        assert server.connections == 0


def test_of_several_addresses_those_that_are_not_admitted_are_left_out_and_the_next_is_tried() -> None:
    """SEC-49: 127.0.0.2 is admitted and answers; 127.0.0.3 is admitted and silent; 10.0.0.1 is never tried."""
    with Server(http(200)) as server:
        there = door("127.0.0.1,127.0.0.3", resolve=names("10.0.0.1", "127.0.0.3", "127.0.0.1"))
        sock = there.connect("idp.example", server.port, there.deadline(5))
        assert sock.getpeername() == ("127.0.0.1", server.port)
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        sock.close()


@contextmanager
def silent(address: str, port: int) -> Iterator[None]:
    """Whoever connects there gets no answer: the queue of the listener is full."""
    held = [socket.socket()]
    held[0].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held[0].bind((address, port))
    held[0].listen(0)
    for _ in range(3):
        held.append(socket.socket())
        held[-1].setblocking(False)
        held[-1].connect_ex((address, port))
    yield
    for each in held:
        each.close()


def test_an_address_that_stays_silent_leaves_time_for_the_next_one() -> None:
    with Server(http(200)) as server, silent("127.0.0.3", server.port):
        there = door(resolve=names("127.0.0.3", "127.0.0.1"))
        sock = there.connect("idp.example", server.port, there.deadline(1))
        assert sock.getpeername()[0] == "127.0.0.1"
        sock.close()
        only = door(resolve=names("127.0.0.3"))
        with pytest.raises(OutboundTimeout):
            only.connect("idp.example", server.port, only.deadline(0.2))


def test_a_name_server_that_hangs_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """SEC-52: the deadline is total, the name's look-up included."""
    released = threading.Event()

    def hanging(*args: object, **kwargs: object) -> list[object]:
        released.wait(20)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    there = door()
    begun = SystemClock().monotonic()
    with pytest.raises(OutboundTimeout):
        there.connect("idp.example", 443, there.deadline(0.2))
    assert SystemClock().monotonic() - begun < 2
    released.set()


def test_look_ups_that_hang_cost_one_thread_a_name_and_a_bounded_number_in_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """SEC-52: however often is asked while the name server hangs; when it answers, those who wait get the answer."""
    released, asked = threading.Event(), []

    def hanging(name: str, *args: object, **kwargs: object) -> list[object]:
        asked.append(name)
        released.wait(20)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    resolve = SystemResolver(at_once=2)

    def after(seconds: float) -> Deadline:
        return Deadline.after(SystemClock(), seconds)

    for name in ("idp.example", "IDP.example", "other.example", "idp.example"):
        with pytest.raises(OutboundTimeout):
            resolve(name, 443, after(0.02))
    with pytest.raises(OutboundFailed, match="2 look-ups are waiting"):
        resolve("third.example", 443, after(0.02))
    assert asked == ["idp.example", "other.example"]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(resolve, "idp.example", 443, after(20))
        released.set()
        assert waiting.result() == [ipaddress.ip_address("192.0.2.1")]
    assert resolve("third.example", 443, after(20))


def test_a_name_that_does_not_exist_is_temporary_trouble() -> None:
    there = door()
    with pytest.raises(OutboundFailed) as caught:
        there.connect("no-such-host.invalid", 443, there.deadline(5))
    assert caught.value.exit_code == 5


def test_without_tls_only_admitted_loopback_is_reached() -> None:
    """SEC-48, SEC-49: neither loopback that nobody admitted, nor an admitted server elsewhere."""
    with Server(http(200)) as server:
        with pytest.raises(OutboundRefused) as caught:
            door("").http("GET", server.url)
        assert caught.value.code == "address_refused"
        assert "'127.0.0.1'" in caught.value.action
        there = door("10.0.0.0/8", resolve=names("10.1.2.3"))
        with pytest.raises(OutboundRefused) as caught:
            there.http("GET", "http://idp.example/token")
        assert caught.value.code == "plaintext_refused"
        there = door("", resolve=names("93.184.215.14"))
        with pytest.raises(OutboundRefused) as caught:
            there.http("GET", "http://idp.example/token")
        assert caught.value.code == "plaintext_refused"
        assert server.connections == 0
        assert door(f"127.0.0.1:{server.port}").http("GET", server.url).status == 200


def test_https_at_an_odd_port_of_a_public_host_is_refused_unless_admitted() -> None:
    """SEC-48: no odd ports unless allowed. The command admits host and port."""
    there = door("", resolve=names("93.184.215.14"))
    with pytest.raises(OutboundRefused) as caught:
        there.http("POST", "https://idp.example:25/token")
    assert "'idp.example:25'" in caught.value.action
    with pytest.raises(OutboundRefused) as caught:
        there.http("POST", "https://[2606:4700::1111]:9000/token")
    assert caught.value.code == "address_refused"
    admitted = door("idp.example:25", timeout=0.05, resolve=names("192.0.2.1"))
    with pytest.raises(OutboundFailed):
        admitted.http("POST", "https://idp.example:25/token")


def test_so_many_connections_a_host_at_once_and_others_are_not_held_up() -> None:
    """SEC-52: the third call waits within its own deadline; another port, which is another server, is free."""
    let_go = threading.Event()

    def slow(client: socket.socket, server: Server) -> None:
        let_go.wait(20)
        client.sendall(http(200))

    with Server(slow) as server, Server(http(204)) as other, ThreadPoolExecutor(2) as pool:
        there = door(at_once=2, timeout=20)
        calls = [pool.submit(there.http, "GET", server.url) for _ in range(2)]
        while server.connections < 2:
            let_go.wait(0.01)
        with pytest.raises(OutboundFailed) as caught:
            there.http("GET", server.url, timeout=0.1)
        assert caught.value.code == "host_busy"
        assert server.connections == 2
        assert there.http("GET", other.url).status == 204
        let_go.set()
        assert [call.result().status for call in calls] == [200, 200]
        assert there.http("GET", server.url).status == 200


def test_changed_rules_count_for_the_very_next_connection() -> None:
    rules = OutboundRules(AllowedNetworks.parse("127.0.0.1"))
    now = [rules]
    with Server(http(200)) as server:
        there = Door(lambda: now[0], SystemClock())
        assert there.http("GET", server.url).status == 200
        now[0] = OutboundRules(AllowedNetworks())
        with pytest.raises(OutboundRefused):
            there.http("GET", server.url)
