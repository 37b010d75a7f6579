"""`bursar.client` against a real server, by HTTP and by the socket, with the libraries that it serves."""

import asyncio
import imaplib
import poplib
import smtplib
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
import requests

from bursar.client import AsyncBursar, Bursar, NotPermitted, PersonMustAct, Temporary
from tests.counterparts.home import BursarHome
from tests.counterparts.oidc import OidcProvider
from tests.counterparts.processes import free_port
from tests.counterparts.submission import Submission
from tests.integration.documents import as_yaml, credentials_document

pytestmark = [pytest.mark.once, pytest.mark.counterpart]

NAME = "ERP connector"
USER = "machine@bursar.test"


@pytest.fixture
def served(bursar_home: BursarHome, oidc_provider: OidcProvider) -> tuple[BursarHome, str, str]:
    """The home, the server's address, and a key for everything."""
    document = as_yaml(credentials_document(NAME, oidc_provider, "machine", "machine-secret"))
    bursar_home.cli("setting", "set", "Outbound::AllowedNetworks", "127.0.0.1", check=0)
    bursar_home.cli("config", "import", "-", input=document, check=0)
    key = bursar_home.cli("key", "new", "--name", "all", "--allow", "*", check=0).stdout.strip()
    return bursar_home, bursar_home.serve("--no-worker").url, key


class Resource(ThreadingHTTPServer):
    """A service that refuses every token but those it `accepts`, and notes what came."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Resource)
        self.accepts: Callable[[str], bool] = lambda token: True
        self.asked: list[str] = []
        self.bodies: list[bytes] = []
        self.elsewhere = ""
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class _Resource(BaseHTTPRequestHandler):
    server: Resource
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        self.server.asked.append(token)
        status = 307 if self.server.elsewhere else 200 if self.server.accepts(token) else 401
        self.send_response(status)
        if self.server.elsewhere:
            self.send_header("Location", self.server.elsewhere)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *arguments: Any) -> None:
        """Silent."""


@pytest.fixture
def resource() -> Iterator[Resource]:
    running = Resource()
    yield running
    running.shutdown()
    running.server_close()


def test_both_ways_give_the_same_token_from_memory(served: tuple[BursarHome, str, str]) -> None:
    home, url, key = served
    by_http, by_socket = Bursar(url, key), Bursar(home.path / "bursar.sock")
    access = by_http.access(NAME)
    assert access.value == by_socket.token(NAME) == by_http.token(NAME)
    assert access.expires_at is not None
    assert (access.token_type, access.scope, access.expires_in > 60) == ("Bearer", "mail", True)
    assert access.value not in repr(access)
    for tokens in (by_http, by_socket):
        newer = tokens.refused(NAME, tokens.token(NAME))
        assert newer != access.value
        assert tokens.token(NAME) == newer
        with pytest.raises(NotPermitted) as refused:
            tokens.token("none such")
        assert refused.value.code == "not_found"
    by_http.refused(NAME, by_http.token(NAME))
    home.cli("token", "revoke", NAME, check=0)
    for tokens in (by_http, by_socket):
        assert tokens.token(NAME), "the client gives what it has in memory"
        tokens.forget(NAME)
        with pytest.raises(PersonMustAct) as stopped:
            tokens.token(NAME)
        assert "was revoked" in stopped.value.sentence
    with pytest.raises(NotPermitted):
        Bursar(url, "bursar_wrong").token(NAME)
    for nowhere in (f"http://127.0.0.1:{free_port()}", str(home.path / "nothing.sock")):
        with pytest.raises(Temporary) as unreachable:
            Bursar(nowhere, key).token(NAME)
        assert unreachable.value.code == "unreachable"


def test_memory_is_asked_until_shortly_before_the_end(served: tuple[BursarHome, str, str]) -> None:
    home, url, key = served
    seconds = [0.0]
    asked: list[float] = []
    tokens = Bursar(url, key, min_ttl=60, clock=lambda: seconds[0])
    get = tokens._transport.get
    tokens._transport.get = lambda name, ttl: asked.append(seconds[0]) or get(name, ttl)  # type: ignore[method-assign, func-returns-value]
    life = tokens.access(NAME).expires_in
    for seconds[0] in (1.0, life - 61, life - 59):
        tokens.token(NAME)
    assert asked == [0.0, life - 59]
    with ThreadPoolExecutor(20) as pool:
        tokens.forget()
        assert len(set(pool.map(lambda _: tokens.token(NAME), range(40)))) == 1
    assert len(asked) == 3
    tokens._transport.get = lambda name, ttl: _raise(Temporary("gone", code="unreachable"))  # type: ignore[method-assign]
    seconds[0] += life - 30
    assert tokens.token(NAME), "Bursar can't be reached, and the token is still good"
    seconds[0] += 31
    with pytest.raises(Temporary):
        tokens.token(NAME)
    assert home


def _raise(problem: Exception) -> Any:
    raise problem


def test_http_libraries_try_once_more_after_a_401(served: tuple[BursarHome, str, str], resource: Resource) -> None:
    """And never twice; the body is sent again; a token goes to no other host."""
    _, url, key = served
    tokens = Bursar(url, key)

    async def by_httpx_async() -> int:
        async with httpx.AsyncClient() as client:
            return (await client.post(resource.url, content=b"body", auth=tokens.httpx_auth(NAME))).status_code

    ways: list[Callable[[], int]] = [
        lambda: httpx.post(resource.url, content=b"body", auth=tokens.httpx_auth(NAME)).status_code,
        lambda: asyncio.run(by_httpx_async()),
        lambda: requests.post(resource.url, data=b"body", auth=tokens.requests_auth(NAME), timeout=20).status_code,
    ]
    for way in ways:
        resource.asked.clear()
        resource.bodies.clear()
        old = tokens.token(NAME)
        resource.accepts = lambda token, old=old: token != old  # type: ignore[misc]
        assert way() == 200
        assert resource.asked == [old, tokens.token(NAME)]
        assert resource.bodies == [b"body", b"body"]
        resource.asked.clear()
        resource.accepts = lambda token: False
        assert way() == 401
        assert len(resource.asked) == 2
    elsewhere = Resource()
    elsewhere.accepts = lambda token: False
    resource.elsewhere = elsewhere.url.replace("127.0.0.1", "localhost")
    httpx.post(resource.url, content=b"body", auth=tokens.httpx_auth(NAME), follow_redirects=True)
    requests.post(resource.url, data=b"body", auth=tokens.requests_auth(NAME), timeout=20)
    assert elsewhere.asked == ["", ""]
    elsewhere.shutdown()
    elsewhere.server_close()


def test_asyncio(served: tuple[BursarHome, str, str]) -> None:
    home, _, _ = served

    async def ask() -> None:
        tokens = AsyncBursar(home.path / "bursar.sock")
        found = await asyncio.gather(*[tokens.token(NAME) for _ in range(20)])
        assert len(set(found)) == 1
        assert await tokens.refused(NAME, found[0]) not in found
        assert (await tokens.access(NAME)).value == await tokens.token(NAME)

    asyncio.run(ask())


def test_mail_libraries_log_in_with_one_more_try(
    served: tuple[BursarHome, str, str], oidc_provider: OidcProvider
) -> None:
    """SEC-57: against Dovecot; the first token was ended at the provider without anybody's knowing."""
    _, url, key = served
    tokens = Bursar(url, key)
    server = Submission(oidc_provider)
    try:
        trust = ssl.create_default_context(cafile=str(server.ca))
        tokens.token(NAME)
        oidc_provider.end_access_tokens()
        with imaplib.IMAP4_SSL("localhost", server.imaps, ssl_context=trust) as imap:
            tokens.log_in(imap, USER, NAME)
            assert imap.select("INBOX")[0] == "OK"
        oidc_provider.end_access_tokens()
        pop = poplib.POP3_SSL("localhost", server.pop3s, context=trust)
        tokens.log_in(pop, USER, NAME)
        assert pop.stat() == (0, 0)
        pop.quit()
        oidc_provider.end_access_tokens()
        with smtplib.SMTP("localhost", server.submission) as smtp:
            smtp.starttls(context=trust)
            tokens.log_in(smtp, USER, NAME)
            smtp.sendmail(USER, ["a@bursar.test"], "Subject: sent by smtplib\r\n\r\nBody\r\n")
        assert b"sent by smtplib" in server.sink.messages[0]
        with (
            imaplib.IMAP4_SSL("localhost", server.imaps, ssl_context=trust) as imap,
            pytest.raises(imaplib.IMAP4.error),
        ):
            tokens.log_in(imap, "somebody.else@bursar.test", NAME)
        with pytest.raises(ValueError, match="control characters"):
            tokens.log_in(imap, "a\x01b", NAME)
    finally:
        server.close()


def test_the_client_needs_nothing_but_the_standard_library() -> None:
    script = "import sys; import bursar.client; print(sorted({n.partition('.')[0] for n in sys.modules}))"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60).stdout
    for name in ("django", "urllib3", "requests", "httpx", "click", "cryptography"):
        assert f"'{name}'" not in told


def test_where_it_asks_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BURSAR_URL", "https://bursar.example.org/below/")
    with pytest.raises(ValueError, match="API key"):
        Bursar()
    monkeypatch.setenv("BURSAR_API_KEY", "bursar_x")
    assert Bursar()
    for address in ("http://", "https://host?x", "https://host#x"):
        with pytest.raises(ValueError, match="the address of Bursar"):
            Bursar(address, "k")
