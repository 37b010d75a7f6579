"""The pages of web services: who may do what, what is wrong and where, calls and their log, what is never shown."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from bursar.testing import FakeProvider
from bursar.webservices.models import WebServiceCall, WebServiceJob
from bursar.webservices.services import find, password_of, service_of
from tests.integration.webservice_server import Answer, Service
from tests.unit.webservice_scene import TOKEN, configure, service

if TYPE_CHECKING:
    from tests.unit.web_pages import Pages

pytestmark = pytest.mark.django_db(transaction=True)
REST = "Headers: {X-Tenant: kestrel}\nInvokers:\n  create: {Path: '/q/:queue', Method: POST, Output: path}\n"
FORM = {
    "Name": "Tickets",
    "Validity": "valid",
    "BaseURL": "https://tickets.kestrel.example/api",
    "ContentType": "JSON",
    "Authentication": "Basic",
    "User": "bursar",
    "Password": "cnry-password",
    "Rest": REST,
}


@pytest.fixture
def server() -> Iterator[Service]:
    with Service() as running:
        yield running


def test_an_empty_list_says_what_it_is_for(pages: "Pages") -> None:
    assert "There is no web service yet." in pages.admin.get("/webservices").content.decode()
    assert "Add web service" not in pages.auditor.get("/webservices").content.decode()


def test_a_service_is_added_and_changed_by_the_form_and_its_secret_shown_nowhere(pages: "Pages") -> None:
    """SEC-31."""
    answer = pages.admin.post("/webservices/add", FORM)
    row = find("Tickets")
    assert (answer.status_code, answer["Location"]) == (303, f"/webservices/{row.id}")
    assert service_of(row).invoker("create").path == "/q/:queue"
    page = pages.admin.get(f"/webservices/{row.id}/edit").content.decode()
    assert "X-Tenant: kestrel" in page
    assert "cnry" not in page + pages.admin.get("/webservices/export").content.decode()
    changed = FORM | {"Comment": "ours", "Password": "", "seen": str(row.generation)}
    assert pages.admin.post(f"/webservices/{row.id}/edit", changed).status_code == 303
    row = find("Tickets")
    stored = password_of(pages.ctx, row)
    assert stored is not None
    assert stored.reveal() == "cnry-password"
    late = pages.admin.post(f"/webservices/{row.id}/edit", changed)
    assert late.status_code == 409
    moved = changed | {"BaseURL": "https://other.example", "seen": str(row.generation)}
    refused = pages.admin.post(f"/webservices/{row.id}/edit", moved)
    assert refused.status_code == 422
    assert "entered for another server" in refused.content.decode()
    assert pages.auditor.post("/webservices/add", FORM | {"Name": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"BaseURL": "ftp://x"}, "BaseURL", "must be an address"),
        ({"Rest": "Invokers: {create: {Path: '..'}}"}, "Rest", "Invokers.create.Path must begin"),
        ({"Rest": "a: [\n"}, "Rest", "is not YAML"),
        ({"Rest": "Password: cnry-other"}, "Rest", "has a field of its own"),
        ({"Password": ""}, "Password", "Password is missing"),
        ({"Authentication": "OAuth2"}, "Token", "Token is missing"),
        ({"Name": ""}, "Name", "Name is missing"),
    ],
)
def test_what_is_wrong_stands_at_its_field(pages: "Pages", changed: dict[str, str], field: str, said: str) -> None:
    answer = pages.admin.post("/webservices/add", FORM | changed)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert said in html[html.index(f'id="f-{field}-error"') :][:400]
    assert "cnry-password" not in html


def test_a_call_from_the_page_shows_the_answer_and_stands_in_the_log(
    pages: "Pages", provider: FakeProvider, server: Service
) -> None:
    configure(pages.ctx, provider)
    invokers = {"create": {"Path": "/q/:queue", "Method": "POST", "Output": "path", "Sample": {"queue": 7}}}
    retry = {"First": "10s", "Count": 2}
    row = service(pages.ctx, server.url, Authentication="OAuth2", Token=TOKEN, Invokers=invokers, Retry=retry)
    page = pages.admin.get(f"/webservices/{row.id}").content.decode()
    assert "&quot;queue&quot;: 7" in page
    sent = {"invoker": "create", "data": '{"queue": "<b>"}'}
    part = pages.admin.post(f"/webservices/{row.id}/run", sent, headers={"HX-Request": "true"}).content.decode()
    assert "/q/%3Cb%3E" in part
    assert "<html" not in part
    assert WebServiceCall.objects.get().origin == "page:admin@kestrel.example"
    for data, said in (("{", "The data are no JSON"), ("{}", "no text or number queue")):
        assert said in pages.admin.post(f"/webservices/{row.id}/run", sent | {"data": data}).content.decode()
    server.answers = [Answer(503, {}, b'{"why": "<script>"}')]
    failed = pages.admin.post(f"/webservices/{row.id}/run", sent).content.decode()
    assert "It is tried again in" in failed
    call = WebServiceCall.objects.order_by("-id")[0]
    shown = pages.auditor.get(f"/webservices/{row.id}/calls/{call.id}").content.decode()
    token = server.received[0].headers["authorization"].removeprefix("Bearer ")
    assert token not in shown + failed
    assert "<script>" not in shown.split("<main", 1)[1]
    assert "bursar token get" in shown
    assert "Retrying" in pages.admin.get("/webservices").content.decode()
    found = pages.auditor.get(f"/webservices/{row.id}?q=503&failed=1").content.decode()
    assert found.count('class="call-line"') == 1
    job = WebServiceJob.objects.get()
    assert pages.auditor.post(f"/webservices/{row.id}/jobs/{job.id}").status_code == 403
    assert pages.admin.post(f"/webservices/{row.id}/jobs/{job.id}").status_code == 303
    assert json.loads(WebServiceCall.objects.order_by("id")[0].sent) == {}
    assert pages.admin.get(f"/webservices/{row.id}/calls/nothing").status_code == 404
    assert pages.admin.get(f"/webservices/{row.id}/delete").status_code == 200
    assert pages.admin.post(f"/webservices/{row.id}/delete").status_code == 303
    assert pages.admin.get(f"/webservices/{row.id}").status_code == 404
