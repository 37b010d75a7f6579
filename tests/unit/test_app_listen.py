"""The address to serve on."""

import socket

import pytest

from bursar.errors import InvalidInput, Refused
from bursar.server.listen import Listen


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:8085", "127.0.0.1", 8085),
        ("[::1]:80", "::1", 80),
        (":9000", "0.0.0.0", 9000),
        ("localhost:0", "localhost", 0),
    ],
)
def test_an_address_is_host_and_port(text: str, host: str, port: int) -> None:
    assert Listen.parse(text) == Listen(host, port)


@pytest.mark.parametrize("text", ["", "8085", "127.0.0.1", "::1:80", "x:99999", "x:-1", "x: 1", "http://x:1"])
def test_anything_else_is_not_an_address(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not an address to listen on"):
        Listen.parse(text)


def test_a_port_that_is_taken_is_refused_even_if_its_owner_would_share_it() -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Refused, match="another program listens there already") as caught:
            Listen("127.0.0.1", taken.getsockname()[1]).claimed()
    assert caught.value.code == "port_busy"


def test_port_0_becomes_a_free_one_and_a_name_its_address() -> None:
    claimed = Listen("localhost", 0).claimed()
    assert claimed.port > 0
    assert claimed.is_loopback
    with pytest.raises(Refused, match="there is no such host"):
        Listen("no-such-host.invalid", 1).claimed()


def test_only_loopback_is_loopback() -> None:
    assert [
        Listen(h, 1).is_loopback for h in ("127.3.4.5", "::1", "localhost", "0.0.0.0", "10.0.0.1", "x.example")
    ] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]
