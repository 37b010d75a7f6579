"""What proves who calls: it goes with every call, in its place, and stays out of the log whatever is echoed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bursar.context import Context
from bursar.testing import FakeProvider
from bursar.webservices.log import LONGEST, calls, view_of
from bursar.webservices.services import find
from tests.counterparts.certificates import make
from tests.integration.test_webservice_calls import TOKEN, add, invoke, tls_context
from tests.integration.webservice_server import Answer, Service
from tests.unit.webservice_scene import configure

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = {"Content-Type": "text/plain"}


@pytest.fixture
def server() -> Iterator[Service]:
    with Service() as running:
        yield running


def test_the_token_stands_where_the_service_says_and_in_no_log(
    ctx: Context, provider: FakeProvider, server: Service
) -> None:
    """SEC-36: an own Authorization header never takes the token's place."""
    configure(ctx, provider)
    headers = {"authorization": "Basic mine", "X-Copy": "{token}", "X-Znuny": "t=<OTRS_OAUTH2_TOKEN>"}
    add(ctx, server.url, Authentication="OAuth2", Token=TOKEN, Headers=headers)
    assert invoke(ctx).error is None
    sent = server.received[0].headers
    token = sent["x-copy"]
    assert len(token) > 20
    assert (sent["authorization"], sent["x-znuny"]) == (f"Bearer {token}", f"t={token}")
    server.answers = [Answer(200, TEXT, f"you sent {token}".encode())]
    invoke(ctx)
    for each in calls(find("Tickets")):
        assert token not in str(view_of(each))
        assert "[redacted]" in each.received


def test_a_password_and_a_key_that_come_back_are_not_kept(ctx: Context, server: Service, tmp_path: Path) -> None:
    """SEC-36."""
    authority = make(tmp_path)
    add(ctx, server.url, Authentication="Basic", User="u", Password="cnry-p")
    server.answers = [Answer(200, TEXT, b"cnry-p, or dTpjbnJ5LXA=")]
    invoke(ctx)
    [kept] = calls(find("Tickets"))
    assert kept.received == "[redacted], or [redacted]"
    find("Tickets").delete()
    key = authority.key.read_text()
    with Service(tls_context(authority)) as own:
        pair = {"ClientCertificate": authority.certificate.read_text(), "ClientKey": key}
        add(ctx, own.url, CA=str(authority.ca), **pair)
        own.answers = [Answer(200, TEXT, f"key: {key}".encode())]
        invoke(ctx)
    [kept] = calls(find("Tickets"))
    assert kept.received.strip() == "key: [redacted]"


def test_a_long_body_is_kept_in_part(ctx: Context, server: Service) -> None:
    add(ctx, server.url)
    server.answers = [Answer(200, TEXT, b"x" * (LONGEST + 1))]
    invoke(ctx)
    [kept] = calls(find("Tickets"))
    assert kept.received == f"{'x' * LONGEST}\n[cut: {LONGEST + 1} bytes]"
