"""The static door and the bound on bodies, as a server calls them; the browser's address behind proxies."""

import asyncio
import gzip
import ipaddress
from typing import Any

import pytest

from bursar.web.assets import Assets, address, assets
from bursar.web.body_bound import BodyBound
from bursar.web.middleware.client_address import client_address
from bursar.web.too_large import too_large

TRUSTED = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("127.0.0.1/32"))


def ask(application: Any, path: str, *, method: str = "GET", body: tuple[bytes, ...] = (b"",), **headers: str) -> Any:
    """Status, headers and body of one request; None where nothing was answered."""
    sent: list[dict[str, Any]] = []
    chunks = list(body)
    path, _, query = path.partition("?")
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": raw}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(application(scope, receive, send))
    if not sent:
        return None
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(message.get("body", b"") for message in sent[1:])


async def nothing_behind(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 299, "headers": []})


def test_a_file_under_its_own_hash_is_kept_for_a_year() -> None:
    door = Assets(nothing_behind)
    status, headers, body = ask(door, address("bursar.css"), accept_encoding="br, gzip")
    assert status == 200
    assert headers[b"cache-control"] == b"public, max-age=31536000, immutable"
    assert headers[b"content-type"] == b"text/css; charset=utf-8"
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert gzip.decompress(body) == assets()["bursar.css"].content
    assert len(body) < 120_000


def test_a_file_that_did_not_change_is_not_sent_again() -> None:
    door = Assets(nothing_behind)
    _, headers, _ = ask(door, "/static/icons.svg")
    assert headers[b"cache-control"] == b"no-cache"
    assert ask(door, "/static/icons.svg", if_none_match=headers[b"etag"].decode())[0] == 304


@pytest.mark.parametrize("path", ["/static/nothing.css", "/static/../asgi.py", "/static/", "/static//etc/passwd"])
def test_nothing_else_is_served(path: str) -> None:
    assert ask(Assets(nothing_behind), path)[0] == 404


def test_the_door_takes_no_post_and_hands_everything_else_on() -> None:
    assert ask(Assets(nothing_behind), "/static/icons.svg", method="POST")[0] == 405
    assert ask(Assets(nothing_behind), "/tokens")[0] == 299
    assert ask(Assets(nothing_behind), "/favicon.ico")[1][b"content-type"] == b"image/svg+xml"


def test_the_sheet_asks_no_other_host_and_every_licence_is_beside_its_files() -> None:
    """SEC-40"""
    sheet = assets()["bursar.css"].content.decode()
    assert "url(http" not in sheet
    assert "@import" not in sheet
    licences = {name for name in assets() if name.startswith("vendor/LICENSES/")}
    assert len(licences) == 7


async def reader(scope: Any, receive: Any, send: Any) -> None:
    """An application that reads its body to the end."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})


def test_a_body_ends_at_the_bound() -> None:
    bound = BodyBound(reader, limit=10)
    assert ask(bound, "/", body=(b"12345", b"67890"))[0] == 200
    assert ask(bound, "/", content_length="11")[0] == 413
    assert b"at most 32 MB" in ask(bound, "/", content_length="11")[2]
    assert ask(bound, "/", content_length="-1")[0] == 413
    assert "bis 32 MB" in too_large([(b"accept-language", b"de-CH, en;q=0.5")]).decode()
    assert "at most 32 MB" in too_large([(b"cookie", b"bursar-language=en"), (b"accept-language", b"de")]).decode()
    assert ask(bound, "/", body=(b"12345", b"678901", b"")) is None


@pytest.mark.parametrize(
    ("peer", "forwarded", "seen"),
    [
        ("203.0.113.5", "198.51.100.7", "203.0.113.5"),
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "192.0.2.66, 198.51.100.7, 10.9.9.9", "198.51.100.7"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::ffff:127.0.0.1", "2001:db8::1", "2001:db8::1"),
    ],
)
def test_only_trusted_proxies_name_the_browsers_address(peer: str, forwarded: str, seen: str) -> None:
    """SEC-37: throttling counts by it, and nobody picks it for himself."""
    assert client_address(peer, forwarded, TRUSTED) == seen
