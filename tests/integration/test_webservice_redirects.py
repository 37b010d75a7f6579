"""Where a redirect may lead and what goes along; the time of a call with all that it has to follow; proxies."""

import ssl
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from bursar.context import Context
from bursar.testing import FakeClock
from bursar.webservices.services import find
from tests.counterparts.certificates import Certificates, make
from tests.integration.test_webservice_calls import add, code, invoke, tls_context
from tests.integration.webservice_server import Answer, Service

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def authority(tmp_path: Path) -> Certificates:
    return make(tmp_path)


@pytest.fixture
def server() -> Iterator[Service]:
    with Service() as running:
        yield running


def asking(authority: Certificates) -> ssl.SSLContext:
    """Asks for a client certificate, and does without."""
    context = tls_context(authority, wants_client=True)
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


def by_name(service: Service) -> str:
    """The same server at another origin."""
    return service.url.replace("127.0.0.1", "localhost")


def test_nothing_that_proves_who_calls_goes_elsewhere_or_comes_back_from_there(
    ctx: Context, authority: Certificates
) -> None:
    """SEC-50: neither password nor header nor client certificate, not even when elsewhere sends the call back."""
    pair = {"ClientCertificate": authority.certificate.read_text(), "ClientKey": authority.key.read_text()}
    proof = {"Authentication": "Basic", "User": "u", "Password": "cnry-p", "Headers": {"X-Key": "cnry"}}
    with Service(asking(authority)) as own, Service(asking(authority)) as files:
        add(ctx, own.url, **proof, **pair, CA=str(authority.ca), AllowedHosts=["localhost", "127.0.0.1"])
        own.answers = [Answer(302, {"Location": f"{by_name(files)}/file"})]
        files.answers = [Answer(302, {"Location": f"{own.url}/back"})]
        assert invoke(ctx, "read", {"id": 1}).error is None
    first, back = own.received
    [elsewhere] = files.received
    assert (first.certificate, "authorization" in first.headers, first.headers["x-key"]) == (True, True, "cnry")
    for each in (elsewhere, back):
        assert not each.certificate
        assert "authorization" not in each.headers
        assert "cnry" not in str(each.headers)


def test_a_download_is_followed_to_admitted_hosts_and_by_tls_alone(
    ctx: Context, server: Service, authority: Certificates
) -> None:
    """SEC-50."""
    with Service(tls_context(authority)) as own, Service(tls_context(authority)) as files:
        add(ctx, own.url, CA=str(authority.ca), AllowedHosts=["files.example.org"])
        own.answers = [Answer(302, {"Location": f"{by_name(files)}/file"})]
        refused = invoke(ctx, "read", {"id": 1})
        assert code(refused) == "redirect_refused"
        assert "localhost" in (refused.error.sentence if refused.error else "")
        find("Tickets").delete()
        add(ctx, own.url, CA=str(authority.ca), AllowedHosts=["localhost"])
        own.answers = [Answer(302, {"Location": f"{by_name(server)}/file"})]
        assert code(invoke(ctx, "read", {"id": 1})) == "redirect_refused", "http"
        assert (server.received, files.received) == ([], [])


def test_the_time_of_a_call_is_that_of_all_it_follows(ctx: Context, clock: FakeClock, server: Service) -> None:
    """SEC-52."""

    def after(seconds: float) -> Callable[[BaseHTTPRequestHandler], None]:
        def write(handler: BaseHTTPRequestHandler) -> None:
            clock.advance(seconds)
            handler.wfile.write(b"{}")

        return write

    add(ctx, server.url, Timeout=10)
    server.answers = [Answer(302, {"Location": "/b"}, after(6)), Answer(302, {"Location": "/c"}, after(6))]
    assert code(invoke(ctx, "read", {"id": 1})) == "timeout"
    assert [each.path for each in server.received] == ["/tickets/1", "/b"]
    server.answers = [Answer(302, {"Location": "/b"}, after(11))]
    assert code(invoke(ctx, "read", {"id": 1})) == "timeout"
    server.answers = [Answer(302, {"Location": "/b"}, after(6))]
    assert code(invoke(ctx, "read", {"id": 1})) is None


def test_a_get_has_no_idempotency_key(ctx: Context, server: Service) -> None:
    add(ctx, server.url)
    invoke(ctx, "read", {"id": 1})
    invoke(ctx)
    assert ["idempotency-key" in each.headers for each in server.received] == [False, True]


def test_the_machines_proxy_is_gone_by_or_not_as_the_service_says(ctx: Context, authority: Certificates) -> None:
    with Service() as proxy, Service(tls_context(authority)) as own:
        ctx.settings.set("WebUserAgent::Proxy", proxy.url, "test", ctx.clock.now())
        for more, direct in (({}, False), ({"Proxy": "none"}, True), ({"NoProxy": ["127.0.0.1"]}, True)):
            add(ctx, own.url, CA=str(authority.ca), **more)
            outcome = invoke(ctx)
            assert (outcome.error is None) == direct, more
            assert len(own.received) == int(direct)
            own.received.clear()
            find("Tickets").delete()
