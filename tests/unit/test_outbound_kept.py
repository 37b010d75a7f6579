"""Connections that a bundle of calls keeps open: used again where the server leaves them, never relied upon."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bursar.outbound import AllowedNetworks, OutboundFailed, OutboundRefused, OutboundRules
from bursar.testing import FakeClock
from tests.unit.wire_scene import LOOPBACK, Server, door, http, read_request

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def several(times: int) -> object:
    """Answers so many further requests on the same connection, then closes it without a word."""

    def answering(client: socket.socket, server: Server) -> None:
        client.sendall(ANSWER)
        for _ in range(times):
            request = read_request(client)
            if not request:
                return
            server.heard.append(request)
            client.sendall(ANSWER)

    return answering


def test_calls_of_a_bundle_share_a_connection_and_it_ends_with_them() -> None:
    with Server(several(9)) as server:  # type: ignore[arg-type]
        there = door()
        with there.for_bundle(there.rules()) as bundle:
            assert [bundle.http("POST", server.url, body=b"a=1").body for _ in range(3)] == [b"ok"] * 3
            assert server.connections == 1
        there.http("POST", server.url)
        assert server.connections == 2
    assert [b"Connection: close" in each for each in server.heard] == [False, False, False, True]


def test_a_server_that_closes_gets_a_new_connection() -> None:
    """SEC-52: said (`Connection: close`), or only done before the next request: each request is sent once."""
    for answer in (http(200, b"ok"), ANSWER):
        closed = threading.Event()

        def once(
            client: socket.socket, server: Server, answer: bytes = answer, closed: threading.Event = closed
        ) -> None:
            client.sendall(answer)
            client.shutdown(socket.SHUT_RDWR)
            closed.set()

        with Server(once) as server:
            there = door()
            with there.for_bundle(there.rules()) as bundle:
                for _ in range(3):
                    closed.clear()
                    assert bundle.http("POST", server.url).body == b"ok"
                    assert closed.wait(5)
        assert server.connections == len(server.heard) == 3


def test_a_request_on_a_connection_that_breaks_is_not_sent_again() -> None:
    """SEC-22: whether it was read nobody knows; the server gets a connection for each from then on."""

    def breaking(client: socket.socket, server: Server) -> None:
        client.sendall(ANSWER)
        server.heard.append(read_request(client))  # and no answer

    with Server(breaking) as server:
        there = door()
        with there.for_bundle(there.rules()) as bundle:
            bundle.http("POST", server.url, body=b"n=1")
            with pytest.raises(OutboundFailed):
                bundle.http("POST", server.url, body=b"n=2")
            bundle.http("POST", server.url, body=b"n=3")
            bundle.http("POST", server.url, body=b"n=4")
    heard = [each.rpartition(b"\r\n\r\n")[2] for each in server.heard if each]
    assert sorted(heard) == [b"n=1", b"n=2", b"n=3", b"n=4"]
    assert server.connections == 3


def test_every_exchange_has_its_own_deadline() -> None:
    """SEC-52: also on a connection that an earlier one opened."""

    def slow(client: socket.socket, server: Server) -> None:
        client.sendall(ANSWER)
        read_request(client)
        server.stopped.wait(20)

    with Server(slow) as server:
        there = door()
        with there.for_bundle(there.rules()) as bundle:
            bundle.http("POST", server.url, timeout=20)
            with pytest.raises(OutboundFailed) as caught:
                bundle.http("POST", server.url, timeout=0.2)
    assert caught.value.code == "timeout"


def test_other_rules_mean_another_connection() -> None:
    """SEC-49: what is kept belongs to one bundle, whose rules judged it."""
    with Server(several(9)) as server:  # type: ignore[arg-type]
        there = door(LOOPBACK)
        with there.for_bundle(there.rules()) as bundle:
            bundle.http("POST", server.url)
            with there.for_bundle(OutboundRules(AllowedNetworks.parse(""))) as stricter, pytest.raises(OutboundRefused):
                stricter.http("POST", server.url)
    assert server.connections == 1


def test_what_may_be_asked_twice_is_asked_again_where_a_kept_connection_ends() -> None:
    """RFC 9110 §9.2.2: a GET, at once and on a connection of its own; the server is kept connected to all the same."""

    def breaking(client: socket.socket, server: Server) -> None:
        client.sendall(ANSWER)
        server.heard.append(read_request(client))  # and no answer

    with Server(breaking) as server:
        there = door()
        with there.keeping(1) as bundle:
            assert [bundle.http("GET", f"{server.url}{number}").body for number in range(4)] == [b"ok"] * 4
    assert server.connections == 4


def test_threads_keep_so_many_connections_as_are_wanted_and_no_more() -> None:
    """SEC-52: one that rests takes no slot of its host's, and counts again when it is used."""
    both = threading.Barrier(3, timeout=20)

    def together(client: socket.socket, server: Server) -> None:
        both.wait()
        several(9)(client, server)  # type: ignore[operator]

    with Server(together) as server:
        there = door(at_once=3)
        with there.keeping(2) as bundle, ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda _: bundle.http("GET", server.url), range(3)))
            assert server.connections == 3
            deadline = there.deadline(5)
            slots = [there.slot("127.0.0.1", server.port, deadline) for _ in range(3)]
            with pytest.raises(OutboundFailed) as caught:
                bundle.http("GET", server.url, timeout=0.2)
            assert caught.value.code == "host_busy"
            for slot in slots:
                slot.release()
            assert bundle.kept is not None
            assert [len(each) for each in bundle.kept._open.values()] == [1], "the one that found no slot is closed"


def test_a_connection_that_rested_long_is_not_trusted() -> None:
    """What lies between forgets it without a word; a request on it would wait for its whole deadline."""
    with Server(several(9)) as server:  # type: ignore[arg-type]
        clock = FakeClock()
        there = door(clock=clock)
        with there.keeping(1) as bundle:
            bundle.http("GET", server.url)
            clock.advance(20)
            bundle.http("GET", server.url)
            assert server.connections == 1
            clock.advance(31)
            bundle.http("GET", server.url)
    assert server.connections == 2
