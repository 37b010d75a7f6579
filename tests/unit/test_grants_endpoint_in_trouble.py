"""The whole way of a grant against token endpoints that flood, drip, lie about who they are, or send elsewhere."""

import socket
import ssl
import zlib
from pathlib import Path

import pytest

from bursar.grants import Client, Granted, GrantKind, run_grant
from bursar.keyring import Secret
from bursar.oauth2.plan import RequestPlan
from bursar.oauth2.token_endpoint import ErrorAnswer, Verdict
from bursar.oauth2.urls import EndpointUrl
from bursar.oauth2.vocabulary import ClientAuthentication
from tests.counterparts.certificates import make
from tests.unit.wire_scene import Answering, Server, door, http

CLIENT = Client("client", Secret("cnry-secret"), ClientAuthentication.CLIENT_SECRET_POST)
VALUES = {"RefreshToken": Secret("cnry-refresh")}


def refresh(url: str, timeout: float = 5.0, **autofill: str) -> Granted | ErrorAnswer:
    plan = RequestPlan(EndpointUrl.parse(url, "URL"), {}, autofill)
    return run_grant(GrantKind.REFRESH_TOKEN, plan, CLIENT, VALUES, door(timeout=timeout))


def packed() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(b" " * (1 << 20)) for _ in range(50)) + packer.flush()


def drip(client: socket.socket, server: Server) -> None:
    client.sendall(b'HTTP/1.1 200 OK\r\n\r\n{"access_token": "T')
    while not server.stopped.wait(0.02):
        client.sendall(b"t")


def flood(client: socket.socket, server: Server) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        client.sendall(b"a" * 65536)


@pytest.mark.parametrize(
    ("answering", "code"),
    [
        (http(200, b" " * (10 << 20) + b'{"access_token": "T"}'), "answer_too_large"),
        (http(200, packed(), Content_Encoding="gzip"), "answer_too_large"),
        (flood, "answer_too_large"),
        (drip, "timeout"),
        (b"", "network_failed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", "network_failed"),
    ],
    ids=["ten megabytes", "gzip bomb", "endless", "drip", "nothing", "cut off"],
)
def test_an_answer_without_bounds_is_temporary_trouble(answering: bytes | Answering, code: str) -> None:
    """SEC-17, SEC-52: bounded over the wire, unpacked and in time; tried again later."""
    with Server(answering) as server:
        answer = refresh(server.url, timeout=0.5 if code == "timeout" else 5)
    assert isinstance(answer, ErrorAnswer)
    assert (answer.verdict, answer.error, answer.status) == (Verdict.RETRYING, code, 0)
    assert "cnry" not in answer.answer


def test_an_endpoint_that_is_not_who_it_should_be_gets_no_secret(tmp_path: Path) -> None:
    """SEC-16, SEC-51: nobody signed its certificate; it hears nothing, and the refresh is tried again later."""
    certificates = make(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate, certificates.key)
    with Server(http(200, b'{"access_token": "T"}'), context) as server:
        answer = refresh(server.url)
    assert isinstance(answer, ErrorAnswer)
    assert (answer.verdict, answer.error) == (Verdict.RETRYING, "tls_failed")
    assert server.heard == []


def test_every_parameter_that_the_document_fills_from_the_client_is_sent() -> None:
    """The reference fills each of them; the form has each once."""
    with Server(http(200, b'{"access_token": "T"}', Content_Type="application/json")) as server:
        refresh(server.url, client_id="ClientID", appid="ClientID", client_secret="ClientSecret")
    form = server.heard[0].partition(b"\r\n\r\n")[2].split(b"&")
    assert sorted(form) == [
        b"appid=client",
        b"client_id=client",
        b"client_secret=cnry-secret",
        b"grant_type=refresh_token",
        b"refresh_token=cnry-refresh",
    ]


def test_client_credentials_have_no_consent_that_a_person_could_renew() -> None:
    """SEC-19: what a provider calls invalid_grant there is wrong in the configuration."""
    with Server(http(400, b'{"error": "invalid_grant"}', Content_Type="application/json")) as server:
        plan = RequestPlan(EndpointUrl.parse(server.url, "URL"))
        of_client = run_grant(GrantKind.CLIENT_CREDENTIALS, plan, CLIENT, {}, door())
        of_person = refresh(server.url)
    assert isinstance(of_client, ErrorAnswer)
    assert isinstance(of_person, ErrorAnswer)
    assert of_client.verdict is Verdict.MISCONFIGURED
    assert of_person.verdict is Verdict.NEEDS_AUTHORIZATION
