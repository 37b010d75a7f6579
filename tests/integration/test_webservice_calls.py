"""Calls of web services: proofs, a refused token, redirects, bounds, client certificates, and what is logged."""

import gzip
import json
import shlex
import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from bursar.context import Context
from bursar.errors import BursarError, PersonMustAct, Refused, Temporary
from bursar.testing import FakeProvider
from bursar.tokens.transfer import import_documents
from bursar.webservices.call import Attempt, Outcome, call
from bursar.webservices.log import as_curl, calls, view_of
from bursar.webservices.models import WebServiceCall
from bursar.webservices.services import find, service_of, set_validity
from tests.counterparts.certificates import Certificates, make
from tests.counterparts.oidc import OidcProvider
from tests.integration.documents import as_yaml, credentials_document
from tests.integration.webservice_server import Answer, Service
from tests.unit.webservice_scene import TOKEN, configure, service

pytestmark = pytest.mark.django_db(transaction=True)
INVOKERS = {
    "create": {"Path": "/queues/:queue/tickets", "Method": "POST", "Output": "path"},
    "read": {"Path": "/tickets/:id", "Method": "GET"},
}


@pytest.fixture
def server() -> Iterator[Service]:
    with Service() as running:
        yield running


@pytest.fixture
def authority(tmp_path: Path) -> Certificates:
    return make(tmp_path)


def tls_context(authority: Certificates, *, wants_client: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.certificate, authority.key)
    if wants_client:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority.ca)
    return context


def add(ctx: Context, base_url: str, **changed: Any) -> None:
    service(ctx, base_url, **{"Invokers": INVOKERS} | changed)


def invoke(ctx: Context, name: str = "create", data: Any = None, **attempt: Any) -> Outcome:
    wanted = {"queue": 7, "title": "Hello"} if data is None else data
    return call(ctx, find("Tickets"), name, wanted, Attempt("test", "job-1", **attempt))


def code(outcome: Outcome) -> str | None:
    return outcome.error.code if outcome.error else None


@pytest.mark.counterpart
@pytest.mark.parametrize("kind", ["opaque", "jwt"])
def test_a_real_protected_api_takes_the_token_and_gets_a_new_one_when_it_refuses(
    ctx: Context, oidc_provider: OidcProvider, kind: str
) -> None:
    """SEC-57: one forced refresh, one more try."""
    document = credentials_document(TOKEN, oidc_provider, "machine", "machine-secret")
    if kind == "jwt":
        request = document["Config"]["Requests"]["TokenByClientCredentials"]["Request"]
        request["Parameters"]["resource"] = "https://tickets.bursar.test"
    import_documents(ctx, as_yaml(document).encode(), "test", overwrite=False, dry_run=False, by="test")
    invokers = {"read": INVOKERS["read"] | {"Output": "[kind, url]"}}
    add(ctx, oidc_provider.resource_url, Authentication="OAuth2", Token=TOKEN, Invokers=invokers)
    first = invoke(ctx, "read", {"id": "a/b"})
    assert (first.error, first.output, first.renewed) == (None, [kind, "/resource/tickets/a%2Fb"], False)
    oidc_provider.end_access_tokens()
    second = invoke(ctx, "read", {"id": "a/b"})
    assert (second.error, second.output, second.renewed) == (None, first.output, True)
    assert oidc_provider.counts()["granted"]["client_credentials"] == 2


def test_a_service_that_refuses_every_token_is_asked_twice_and_no_more(
    ctx: Context, provider: FakeProvider, server: Service
) -> None:
    """SEC-57."""
    configure(ctx, provider)
    add(ctx, server.url, Authentication="OAuth2", Token=TOKEN, Headers={"X-Copy": "<OTRS_OAUTH2_TOKEN>"})
    server.answers = [Answer(401), Answer(401), Answer(200)]
    outcome = invoke(ctx)
    assert isinstance(outcome.error, PersonMustAct)
    assert (outcome.error.code, outcome.again, len(server.received)) == ("service_unauthorized", None, 2)
    sent = [each.headers["authorization"] for each in server.received]
    assert sent[0].startswith("Bearer ")
    assert sent[0] != sent[1]
    assert [f"Bearer {each.headers['x-copy']}" for each in server.received] == sent
    [kept] = WebServiceCall.objects.all()
    assert not any(token.removeprefix("Bearer ") in str(vars(kept)) for token in sent)


def test_where_there_is_no_token_nothing_is_sent(ctx: Context, provider: FakeProvider, server: Service) -> None:
    configure(ctx, provider)
    provider.stop()
    add(ctx, server.url, Authentication="OAuth2", Token=TOKEN)
    outcome = invoke(ctx, pause=5.0)
    assert isinstance(outcome.error, Temporary)
    assert (outcome.again or 0) >= 5.0
    assert server.received == []
    provider.start()


def test_basic_and_a_header_with_the_token(ctx: Context, provider: FakeProvider, server: Service) -> None:
    configure(ctx, provider)
    add(ctx, server.url, Authentication="Basic", User="u", Password="cnry-p")
    assert invoke(ctx).output == "/queues/7/tickets"
    assert server.received[0].headers["authorization"] == "Basic dTpjbnJ5LXA="
    find("Tickets").delete()
    add(ctx, server.url, Authentication="Header", Token=TOKEN, HeaderTemplate="X-Auth-Token: {token}")
    invoke(ctx)
    assert len(server.received[1].headers["x-auth-token"]) > 20
    assert "authorization" not in server.received[1].headers
    set_validity(ctx, find("Tickets"), "invalid", "test")
    with pytest.raises(Refused):
        invoke(ctx)


def test_a_redirect_takes_no_proof_to_another_place(ctx: Context, provider: FakeProvider, server: Service) -> None:
    """SEC-50."""
    configure(ctx, provider)
    add(ctx, server.url, Authentication="OAuth2", Token=TOKEN, Headers={"X-Key": "cnry"})
    with Service() as elsewhere:
        for target in (elsewhere.url, server.url.replace("127.0.0.1", "localhost"), "https://[", "//other.example/"):
            server.answers = [Answer(302, {"Location": f"{target}/x"})]
            assert code(invoke(ctx, "read", {"id": 1})) == "redirect_refused"
        assert elsewhere.received == []
    server.answers = [Answer(307, {"Location": "/y"})]
    assert code(invoke(ctx)) == "redirect_refused", "what changes something isn't sent twice"
    server.received.clear()
    server.answers = [Answer(302, {"Location": "/moved?a=1#part"})]
    assert invoke(ctx, "read", {"id": 1}).output["path"] == "/moved?a=1"
    assert server.received[0].headers["authorization"] == server.received[1].headers["authorization"]
    server.answers = [Answer(302, {"Location": "/again"})] * 10
    assert code(invoke(ctx, "read", {"id": 1})) == "redirect_refused"


def test_a_download_is_redirected_to_an_admitted_host_without_anything_of_ours(
    ctx: Context, server: Service, authority: Certificates
) -> None:
    """SEC-50."""
    with Service(tls_context(authority)) as own, Service(tls_context(authority)) as files:
        host = files.url.replace("127.0.0.1", "localhost")
        add(
            ctx,
            own.url,
            Authentication="Basic",
            User="u",
            Password="cnry-p",
            Headers={"X-Key": "cnry"},
            CA=str(authority.ca),
            AllowedHosts=["localhost"],
        )
        own.answers = [Answer(302, {"Location": f"{host}/file"})]
        assert invoke(ctx, "read", {"id": 1}).error is None
    assert "cnry" not in str(files.received[0].headers)
    assert "authorization" not in files.received[0].headers


@pytest.mark.parametrize(
    "base_url",
    [
        "https://169.254.169.254/latest",
        "https://10.0.0.1/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fd00::1]/",
        "https://0.0.0.0/",
        "https://100.64.0.1/",
        "http://93.184.216.34/",
        "https://93.184.216.34:22/",
        "https://2130706433/",
        "https://0x7f.1/",
    ],
)
def test_what_leads_inside_is_not_called(ctx: Context, base_url: str) -> None:
    """SEC-49: judged when the connection is made, whatever was written."""
    ctx.settings.set("Outbound::AllowedNetworks", "", "test", ctx.clock.now())
    add(ctx, base_url, Timeout=5)
    outcome = invoke(ctx, pause=1.0)
    assert isinstance(outcome.error, BursarError)
    assert outcome.error.code in ("address_refused", "plaintext_refused"), outcome.error.sentence


def test_bombs_and_floods_and_silence_are_bounded(ctx: Context, server: Service) -> None:
    """SEC-52."""
    add(ctx, server.url, Timeout=1)
    bomb = gzip.compress(b"0" * (64 << 20))
    server.answers = [Answer(200, {"Content-Encoding": "gzip"}, bomb), Answer(200, {}, b"0" * (5 << 20))]
    for _ in range(2):
        outcome = invoke(ctx, pause=1.0)
        assert (code(outcome), outcome.again) == ("answer_too_large", None)

    def drip(handler: BaseHTTPRequestHandler) -> None:
        while not ctx.stop.wait(0.05):
            try:
                handler.wfile.write(b"x")
                handler.wfile.flush()
            except OSError:
                return

    server.answers = [Answer(200, {}, drip)]
    outcome = invoke(ctx, pause=1.0)
    assert (code(outcome), outcome.again) == ("timeout", 1.0)


def test_a_client_certificate_is_shown_and_its_key_stays_sealed(ctx: Context, authority: Certificates) -> None:
    with Service(tls_context(authority, wants_client=True)) as server:
        add(ctx, server.url, CA=str(authority.ca))
        assert code(invoke(ctx)) in ("network_failed", "tls_failed")
        find("Tickets").delete()
        pair = {"ClientCertificate": authority.certificate.read_text(), "ClientKey": authority.key.read_text()}
        add(ctx, server.url, CA=str(authority.ca), **pair)
        outcome = invoke(ctx)
        assert outcome.error is None, outcome.error
    row = find("Tickets")
    assert b"PRIVATE KEY" not in bytes(row.client_key)
    assert "PRIVATE KEY" not in row.document + str([view_of(each) for each in calls(row)])


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (Answer(429, {"Retry-After": "90"}), ("service_in_trouble", 90.0)),
        (Answer(503), ("service_in_trouble", 2.0)),
        (Answer(404), ("service_refused", None)),
        (Answer(200, {}, b"{"), ("answer_unreadable", None)),
        (Answer(200, {}, b'{"state": "no"}'), ("condition_failed", None)),
        (Answer(200, {}, b'{"state": "yes"}'), (None, None)),
        (Answer(204, {}, b""), ("condition_failed", None)),
    ],
)
def test_what_an_answer_means(
    ctx: Context, server: Service, answer: Answer, wanted: tuple[str | None, float | None]
) -> None:
    add(ctx, server.url, Invokers={"create": INVOKERS["create"] | {"Success": "body.state == 'yes'", "Output": ""}})
    server.answers = [answer]
    outcome = invoke(ctx, pause=2.0)
    assert (code(outcome), outcome.again) == wanted


def test_the_log_is_searched_bounded_and_copied_as_a_command_without_the_token(
    ctx: Context, provider: FakeProvider, server: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(ctx, provider)
    add(ctx, server.url, Authentication="OAuth2", Token=TOKEN)
    for status in (200, 500, 404):
        server.answers = [Answer(status, {"Set-Cookie": "cnry-cookie"}, b'{"refresh_token": "cnry-refresh"}')]
        invoke(ctx, data={"queue": status, "title": "it's", "password": "cnry-data"})
    row = find("Tickets")
    assert [each.status for each in calls(row)] == [404, 500, 200]
    assert [each.status for each in calls(row, failed=True)] == [404, 500]
    assert [each.status for each in calls(row, "500")] == [500]
    assert [each.status for each in calls(row, "queues/404 it's")] == [404]
    newest = calls(row)[0]
    assert "cnry" not in str(view_of(newest))
    token = server.received[0].headers["authorization"].removeprefix("Bearer ")
    command = as_curl(newest, service_of(row))
    assert token not in command + str(view_of(newest))
    assert f"$(bursar token get '{TOKEN}')" in command
    assert json.loads(newest.sent)["title"] == "it's"
    words = shlex.split(command)
    assert words[:4] == ["curl", "-X", "POST", f"{server.url}/queues/404/tickets"]
    assert (words[-2], words[-1]) == ("--data-binary", newest.sent)
    monkeypatch.setattr("bursar.webservices.log.KEPT", 2)
    invoke(ctx)
    assert [each.status for each in calls(row)] == [200, 404]


@pytest.mark.parametrize(
    ("kept", "wanted"), [("all", [True, True]), ("failed", [False, True]), ("none", [False, False])]
)
def test_the_log_keeps_bodies_as_the_setting_says(ctx: Context, server: Service, kept: str, wanted: list[bool]) -> None:
    ctx.settings.set("WebService::Log::Bodies", kept, "test", ctx.clock.now())
    add(ctx, server.url)
    server.answers = [Answer(200, {}, b'"answered"'), Answer(404, {}, b'"answered"')]
    for _ in range(2):
        invoke(ctx, data={"queue": 7, "title": "what somebody wrote"})
    found = list(calls(find("Tickets")))[::-1]
    assert ["answered" in each.received and "somebody wrote" in each.sent for each in found] == wanted
    assert [each.status for each in calls(find("Tickets"), "wrote", bodies=False)] == []


def test_a_service_has_a_proxy_of_its_own_or_none(ctx: Context, server: Service, authority: Certificates) -> None:
    with Service() as proxy, Service(tls_context(authority)) as own:
        add(ctx, own.url, CA=str(authority.ca), Proxy=proxy.url)
        assert "proxy" in (invoke(ctx).error or Temporary("")).sentence
        find("Tickets").delete()
        add(ctx, own.url, CA=str(authority.ca), Proxy=proxy.url, NoProxy=["127.0.0.1"])
        assert invoke(ctx).error is None
