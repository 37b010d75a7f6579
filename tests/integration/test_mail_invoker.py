"""Mail delivered to an invoker of a web service: what it gets, and what becomes of a message that it refuses."""

import base64
import json
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from bursar.context import Context
from bursar.errors import InvalidInput, NotFound, Refused
from bursar.keyring import Secret
from bursar.mail.accounts import NewAccount, add
from bursar.mail.delivery.destination import Parcel
from bursar.mail.delivery.invoker import Invoker
from bursar.mail.delivery.message_json import as_json
from bursar.mail.delivery.one_by_one import Closed
from bursar.mail.delivery.registry import check
from bursar.mail.delivery.spec import InvokerSpec
from bursar.webservices.services import delete, find, set_validity
from tests.integration.webservice_server import Answer, Service
from tests.unit.webservice_scene import service

pytestmark = pytest.mark.django_db(transaction=True)
INVOKERS = {"create": {"Path": "/tickets", "Method": "POST", "Body": {"title": "subject", "sender": "from.address"}}}


def mail() -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = (
        "Ada <ada@b.example>",
        "support@b.example",
        "Brücke\u00a0kaputt",
    )
    message.set_content("Hello\n")
    message.add_alternative("<p>Hello</p>", subtype="html")
    message.add_attachment(b"\x00\x01", maintype="application", subtype="octet-stream", filename="a.bin")
    return message.as_bytes()


@pytest.fixture
def server(ctx: Context) -> Iterator[Service]:
    with Service() as running:
        service(ctx, running.url, Invokers=INVOKERS)
        yield running


def parcel(body: bytes | None = None) -> Parcel:
    return Parcel("delivery-1", "1", body or mail(), "support@b.example")


def test_a_message_becomes_json_whatever_it_is() -> None:
    found = as_json("delivery-1", "support@b.example", mail())
    assert (found["subject"], found["from"]) == ("Brücke\u00a0kaputt", {"name": "Ada", "address": "ada@b.example"})
    assert (found["text"], found["html"]) == ("Hello\n", "<p>Hello</p>\n")
    assert found["attachments"] == [
        {"name": "a.bin", "type": "application/octet-stream", "size": 2, "content": base64.b64encode(b"\0\1").decode()}
    ]
    for odd in (
        b"",
        b"\0\xff\xfe",
        b"From: =?x?q?=\r\nContent-Type: text/plain; charset=nothing\r\n\r\n\xff",
        b"To: <\r\n",
    ):
        json.dumps(as_json("d", "r", odd)).encode()


def test_the_service_gets_what_its_invoker_says_under_the_delivery_id(ctx: Context, server: Service) -> None:
    courier = Invoker(ctx, InvokerSpec("Tickets", "create"))
    assert courier.hand(parcel()) is None
    [received] = server.received
    assert json.loads(received.body) == {"title": "Brücke\u00a0kaputt", "sender": "ada@b.example"}
    assert received.headers["idempotency-key"] == "delivery-1"


def test_trouble_waits_a_refusal_is_for_good_and_a_broken_service_ends_the_run(ctx: Context, server: Service) -> None:
    courier = Invoker(ctx, InvokerSpec("Tickets", "create"))
    server.answers = [Answer(503), Answer(422), Answer(401), Answer(302, {"Location": "https://other.example/"})]
    waiting = courier.hand(parcel())
    assert waiting is not None
    assert (waiting.permanent, waiting.blocked, waiting.doubtful) == (False, True, False)
    refused = courier.hand(parcel())
    assert refused is not None
    assert refused.permanent
    for _ in range(2):
        with pytest.raises(Closed):
            courier.hand(parcel())
    set_validity(ctx, find("Tickets"), "invalid", "test")
    with pytest.raises(Closed, match="is invalid"):
        courier.hand(parcel())


def test_the_destination_names_what_is_there_and_keeps_it_from_going(ctx: Context, server: Service) -> None:
    for wrong, error in (
        ("invoker:Tickets", InvalidInput),
        ("invoker:Other/create", NotFound),
        ("invoker:Tickets/x", NotFound),
    ):
        with pytest.raises(error):
            check(wrong)
    new = NewAccount("Support", "s@b.example", "invoker:Tickets/create", host="h.example", password=Secret("x"))
    account = add(ctx, new, "test")
    with pytest.raises(Refused, match="Support"):
        delete(find("Tickets"))
    account.delete()
    delete(find("Tickets"))
