"""One HTTP exchange against servers that lie, hang, drip and flood; no redirect, nothing from the environment."""

import gzip
import socket
import tracemalloc
import zlib
from pathlib import Path

import pytest

from bursar.clock import SystemClock
from bursar.outbound import OutboundFailed, OutboundRefused, OutboundTimeout
from tests.unit.wire_scene import Server, door, http, read_request

SECRET = {"Authorization": "Basic Y25yeQ=="}


def test_an_answer_comes_back_whole() -> None:
    with Server(http(201, b'{"a":1}', Content_Type="application/json", X_Two="1")) as server:
        answer = door().http("POST", server.url + "?x=1", headers=SECRET, body=b"a=1&b=2")
    assert (answer.status, answer.body) == (201, b'{"a":1}')
    assert answer.headers["content-type"] == "application/json"
    head, _, body = server.heard[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /token?x=1 HTTP/1.1"
    assert f"Host: 127.0.0.1:{server.port}".encode() in lines
    assert b"Authorization: Basic Y25yeQ==" in lines
    assert b"Content-Length: 7" in lines
    assert body == b"a=1&b=2"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_redirect_is_an_answer_and_never_followed(status: int, scheme: str) -> None:
    """SEC-16, SEC-50: another host, port or scheme sees nothing at all, the same one no second request."""
    with Server(http(200)) as other:
        to = f"{scheme}://127.0.0.1:{other.port}/stolen"
        with Server(http(status, Location=to)) as server:
            answer = door().http("POST", server.url, headers=SECRET, body=b"client_secret=cnry")
        assert (answer.status, answer.headers["location"]) == (status, to)
        assert len(server.heard) == 1
        assert other.connections == 0


def drip_head(client: socket.socket, server: Server) -> None:
    for sign in b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 10_000:
        client.sendall(bytes([sign]))
        if server.stopped.wait(0.02):
            return


def drip_body(client: socket.socket, server: Server) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not server.stopped.wait(0.02):
        client.sendall(b"a")


def drip_chunks(client: socket.socket, server: Server) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not server.stopped.wait(0.02):
        client.sendall(b"1\r\na\r\n")


def continues(client: socket.socket, server: Server) -> None:
    while not server.stopped.wait(0.02):
        client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def silence(client: socket.socket, server: Server) -> None:
    server.stopped.wait(20)


@pytest.mark.parametrize("manner", [drip_head, drip_body, drip_chunks, continues, silence])
def test_the_deadline_is_total_whatever_the_server_drips(manner: object) -> None:
    """SEC-52: a byte now and then gains no time."""
    begun = SystemClock().monotonic()
    with Server(manner) as server, pytest.raises(OutboundTimeout) as caught:  # type: ignore[arg-type]
        door().http("GET", server.url, timeout=0.3)
    assert caught.value.code == "timeout"
    assert caught.value.exit_code == 5
    assert 0.25 < SystemClock().monotonic() - begun < 2


def test_a_request_that_nobody_reads_ends_at_the_deadline_too() -> None:
    """SEC-52: sending is bounded as reading is."""
    begun = SystemClock().monotonic()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with pytest.raises(OutboundTimeout):
            door().http("POST", url, body=b"x" * 50_000_000, timeout=0.3)
    assert SystemClock().monotonic() - begun < 2


def endless(client: socket.socket, server: Server) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        client.sendall(b"a" * 65536)


def endless_chunks(client: socket.socket, server: Server) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        client.sendall(b"10000\r\n" + b"a" * 65536 + b"\r\n")


def one_huge_chunk(client: socket.socket, server: Server) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n")
    while True:
        client.sendall(b"a" * 65536)


@pytest.mark.parametrize("manner", [endless, endless_chunks, one_huge_chunk, http(200, b"a" * (10 << 20))])
def test_an_answer_beyond_the_limit_is_dropped(manner: object) -> None:
    """SEC-17, SEC-52: an endless body, an endless chunk, ten megabytes."""
    with Server(manner) as server, pytest.raises(OutboundFailed) as caught:  # type: ignore[arg-type]
        door().http("GET", server.url, limit=1 << 20)
    assert caught.value.code == "answer_too_large"


def bomb(wbits: int) -> bytes:
    """A few kilobytes that unpack to two hundred megabytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    block = b"\0" * (1 << 20)
    return b"".join(packer.compress(block) for _ in range(200)) + packer.flush()


@pytest.mark.parametrize(("encoding", "wbits"), [("gzip", 31), ("deflate", 15), ("deflate", -15)])
def test_a_compression_bomb_is_dropped_at_the_limit(encoding: str, wbits: int) -> None:
    """SEC-17, SEC-52: what it unpacks to is never in memory as a whole."""
    with Server(http(200, bomb(wbits), Content_Encoding=encoding)) as server:
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        with pytest.raises(OutboundFailed) as caught:
            door().http("GET", server.url, limit=1 << 20)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert caught.value.code == "answer_too_large"
    assert peak - before < 8 << 20


TEXT = b'{"access_token": "T"}' * 500


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(TEXT, mtime=0)),
        ("X-GZip", gzip.compress(TEXT, mtime=0)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)[2:-4]),
        ("identity", TEXT),
        ("", TEXT),
    ],
)
def test_what_was_asked_for_is_unpacked(encoding: str, packed: bytes) -> None:
    with Server(http(200, packed, Content_Encoding=encoding)) as server:
        assert door().http("GET", server.url).body == TEXT
        assert b"Accept-Encoding: gzip, deflate\r\n" in server.heard[0]


@pytest.mark.parametrize(
    "answer",
    [
        http(200, gzip.compress(TEXT)[:-40], Content_Encoding="gzip"),
        http(200, b"not gzip", Content_Encoding="gzip"),
        http(200, b"\xff\xff\xff", Content_Encoding="deflate"),
        http(200, TEXT, Content_Encoding="br"),
        http(200, gzip.compress(gzip.compress(TEXT)), Content_Encoding="gzip, gzip"),
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nshort",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 1000 + b"\r\n",
        b"\x16\x03\x01 this is no HTTP at all\r\n\r\n",
        b"",
    ],
)
def test_a_broken_answer_is_temporary_trouble_and_no_traceback(answer: bytes) -> None:
    """SEC-17: whatever the bytes are, one kind of error comes out."""
    with Server(answer) as server, pytest.raises(OutboundFailed) as caught:
        door().http("GET", server.url)
    assert caught.value.exit_code == 5


def test_a_server_that_resets_is_temporary_trouble() -> None:
    def reset(client: socket.socket, server: Server) -> None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()

    with Server(reset) as server, pytest.raises(OutboundFailed):
        door().http("GET", server.url)


def test_nothing_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """SEC-52: a planted proxy sees nothing, and a planted .netrc adds no header."""
    with Server(http(502)) as planted, Server(http(200)) as server:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{planted.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
        (tmp_path / ".netrc").write_text("default login cnry password cnry\n")
        assert door().http("GET", server.url).status == 200
        assert planted.connections == 0
        assert b"authorization" not in server.heard[0].lower()
        assert b"cnry" not in server.heard[0]


@pytest.mark.parametrize(
    "url",
    ["ftp://127.0.0.1/", "file:///etc/passwd", "//127.0.0.1/", "127.0.0.1", "http://", "https://a@127.0.0.1/",
     "http://a:b@127.0.0.1/", "http://127.0.0.1:x/", "http://127.0.0.1:99999/", "http://[::1/", "gopher://x", ""],
)  # fmt: skip
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    """SEC-48."""
    with pytest.raises(OutboundRefused) as caught:
        door().http("GET", url)
    assert caught.value.code == "url_refused"
    assert "a:b" not in str(caught.value)


@pytest.mark.parametrize("path", ["/a b", "/a\r\nX-Evil: 1", "/\tx", "/\x7f", "/é", "\n/"])
def test_a_path_that_could_end_the_request_line_is_refused(path: str) -> None:
    with Server(http(200)) as server:
        with pytest.raises(OutboundRefused):
            door().http("GET", f"http://127.0.0.1:{server.port}{path}")
        assert server.connections == 0


def test_a_header_that_could_bring_another_one_never_reaches_the_wire() -> None:
    with Server(http(200)) as server:
        with pytest.raises(ValueError, match="Invalid header value"):
            door().http("GET", server.url, headers={"Authorization": "a\r\nX-Evil: 1"})
        assert all(b"X-Evil" not in each for each in server.heard)


def test_a_host_may_be_an_address_of_either_kind() -> None:
    with Server(http(200), address="::1") as server:
        assert door().http("GET", f"http://[::1]:{server.port}/").status == 200
        assert f"Host: [::1]:{server.port}\r\n".encode() in server.heard[0]


def refusing_proxy(client: socket.socket, server: Server) -> None:
    client.sendall(b"HTTP/1.1 403 For\x1b[31mbidden\r\n\r\n")


def test_through_a_proxy_the_host_is_asked_for_by_name_and_only_the_proxy_is_judged() -> None:
    """SEC-49: the name goes to the proxy, which alone can look it up; no header of the request does."""
    with Server(refusing_proxy) as proxy:
        there = door(f"127.0.0.1:{proxy.port}", proxy=f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(OutboundFailed) as caught:
            there.http("POST", "https://idp.example/token", headers=SECRET, body=b"client_secret=cnry")
        assert proxy.heard[0].startswith(b"CONNECT idp.example:443 HTTP/1.0\r\n")
        assert b"cnry" not in proxy.heard[0]
        assert b"Basic" not in proxy.heard[0]
        assert "403" in caught.value.sentence
        assert "\x1b" not in caught.value.sentence
        not_admitted = door("", proxy=f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(OutboundRefused):
            not_admitted.http("POST", "https://idp.example/token")
        assert proxy.connections == 1


@pytest.mark.parametrize("host", ["169.254.169.254", "[::1]", "localhost", "10.0.0.1", "[::ffff:10.0.0.1]"])
def test_an_inside_address_is_not_asked_for_through_a_proxy_either(host: str) -> None:
    """SEC-49: what can be judged without a name server is."""
    with Server(refusing_proxy) as proxy:
        there = door(f"127.0.0.1:{proxy.port}", proxy=f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(OutboundRefused):
            there.http("POST", f"https://{host}/token")
        assert proxy.connections == 0


def test_an_odd_port_is_not_asked_for_through_a_proxy_unless_admitted() -> None:
    """SEC-48: a named host as well as a public address; an entry of the name, or of name and port, admits it."""
    with Server(refusing_proxy) as proxy:
        itself = f"127.0.0.1:{proxy.port}"
        for url in ("https://idp.example:25/", "https://93.184.215.14:25/"):
            with pytest.raises(OutboundRefused) as caught:
                door(itself, proxy=f"http://{itself}").http("GET", url)
            assert f"'{itself},{url.split('/')[2]}'" in caught.value.action
        assert proxy.connections == 0
        for admitted in ("idp.example:25", "idp.example"):
            with pytest.raises(OutboundFailed):
                door(f"{itself},{admitted}", proxy=f"http://{itself}").http("GET", "https://idp.example:25/")
        assert proxy.connections == 2


def test_plain_http_on_loopback_and_hosts_of_the_no_proxy_list_go_directly() -> None:
    with Server(refusing_proxy) as proxy, Server(http(200)) as server:
        no_proxy = ("idp.corp", ".example.org")
        there = door(proxy=f"http://127.0.0.1:{proxy.port}", no_proxy=no_proxy)
        assert there.http("GET", server.url).status == 200
        assert proxy.connections == 0
        rules = there.rules()
        assert rules.proxy_for("idp.corp") is None
        assert rules.proxy_for("IDP.corp.") is None
        assert rules.proxy_for("login.example.org") is None
        assert rules.proxy_for("example.org") is None
        assert rules.proxy_for("evilexample.org") == rules.proxy
        assert rules.proxy_for("idp.corp.evil") == rules.proxy


def test_a_proxy_that_drips_is_bound_by_the_deadline() -> None:
    """SEC-52."""

    def drip(client: socket.socket, server: Server) -> None:
        client.sendall(b"HTTP/1.1 200 OK\r\n")
        while not server.stopped.wait(0.02):
            client.sendall(b"X: y\r\n")

    with Server(drip) as proxy, pytest.raises(OutboundTimeout):
        door(proxy=f"http://127.0.0.1:{proxy.port}").http("GET", "https://idp.example/", timeout=0.3)


def test_the_request_is_read_whole_by_the_scene_itself() -> None:
    """The tests' own server reads bodies, or every "saw nothing" above would be worth little."""
    left, right = socket.socketpair()
    left.sendall(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc")
    assert read_request(right).endswith(b"abc")
    left.close()
    right.close()
