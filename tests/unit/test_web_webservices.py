"""The pages of web services: who may do what, what is wrong and where, calls and their log, what is never shown."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from bursar.testing import FakeProvider
from bursar.webservices import jobs
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
    exported = pages.admin.post("/webservices/export", {"secrets": "none"}).content.decode()
    assert "Name: Tickets" in exported
    assert "cnry" not in page + exported
    assert "cnry-password" in pages.admin.post("/webservices/export", {"secrets": "clear"}).content.decode()
    changed = FORM | {"Comment": "ours", "Password": "", "seen": str(row.generation)}
    assert pages.admin.post(f"/webservices/{row.id}/edit", changed).status_code == 303
    row = find("Tickets")
    stored = password_of(pages.ctx, row)
    assert stored is not None
    assert stored.reveal() == "cnry-password"
    late = pages.admin.post(f"/webservices/{row.id}/edit", changed)
    assert late.status_code == 409
    moved = changed | {"BaseURL": "https://other.example", "seen": str(row.generation)}
    asked = pages.admin.post(f"/webservices/{row.id}/edit", moved)
    assert "the stored secrets where nobody has confirmed it" in asked.content.decode()
    assert find("Tickets").generation == row.generation
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
    wrong = {
        "{\n x": "The data are no JSON from line 2, column 2 on.",
        "{}": "no text or number queue",
        "9" * 5_000: "The data hold a number of too many digits.",
        "[" * 200_000: "The data are nested too deep.",
    }
    for data, said in wrong.items():
        assert said in pages.admin.post(f"/webservices/{row.id}/run", sent | {"data": data}).content.decode()
    server.answers = [Answer(503, {}, b'{"why": "<script>"}')]
    failed = pages.admin.post(f"/webservices/{row.id}/run", sent).content.decode()
    assert "It is tried again in" in failed
    call = WebServiceCall.objects.order_by("-id")[0]
    shown = pages.auditor.get(f"/webservices/{row.id}/calls/{call.id}").content.decode()
    token = server.received[0].headers["authorization"].removeprefix("Bearer ")
    assert token not in shown + failed
    shown_to_admin = pages.admin.get(f"/webservices/{row.id}/calls/{call.id}").content.decode()
    assert "&lt;script&gt;" in shown_to_admin
    assert "&lt;script&gt;" not in shown, "bodies are for administrators"
    assert "<script>" not in shown_to_admin.split("<main", 1)[1]
    assert "bursar token get" in shown
    assert "The admin" in shown, "who called, by name"
    assert "page:admin" not in shown
    listed = pages.admin.get("/webservices").content.decode()
    assert "Retrying" in listed
    assert '<span class="caption">Last call </span><time' in listed, "what the time is of, where there are no columns"
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


def test_the_yaml_is_checked_while_one_types_line_by_line(pages: "Pages") -> None:
    def check(rest: str, **more: str) -> str:
        return pages.admin.post("/webservices/check", FORM | {"Rest": rest, **more}).content.decode()

    assert "breaks no rule" in check(REST)
    assert "breaks no rule" in check(REST, Name="", BaseURL="h"), "what a field above lacks is said there"
    assert "breaks no rule" in check("Headers: {X-Copy: '{token}'}", Authentication="OAuth2")
    for name in ("Tickets", ""):
        wrong = check("Timeout: 5\nInvokers:\n  a.b:\n    Output: a ||\n", Name=name)
        assert 'data-line="4"' in wrong
        assert "Invokers.a.b.Output is no JMESPath expression" in wrong
    assert 'data-line="2"' in check("a: 1\nb: [c\n"), "where it was opened"
    assert pages.auditor.post("/webservices/check", FORM).status_code == 403


def test_what_is_wrong_is_said_in_german_too(pages: "Pages", server: Service) -> None:
    admin = pages.admin
    admin.cookies["bursar-language"] = "de"
    broken = admin.post("/webservices/check", FORM | {"Rest": "Invokers:\n\tcreate: {"}).content.decode()
    assert "Ist kein YAML: In Spalte 1 rückt ein Tabulator ein; mit Leerzeichen einrücken." in broken
    row = service(pages.ctx, server.url, Invokers={"create": {"Path": "/q", "Method": "POST"}})
    server.answers = [Answer(404), Answer(503)]
    for status in (404, 503):
        page = admin.post(f"/webservices/{row.id}/run", {"invoker": "create", "data": "{}"}).content.decode()
        assert f"127.0.0.1 antwortet mit {status}." in page
    page = admin.post(f"/webservices/{row.id}/run", {"invoker": "create", "data": "{\n x"}).content.decode()
    assert "Die Daten sind ab Zeile 2, Spalte 2 kein JSON." in page


def test_failing_services_have_a_line_on_every_page_until_they_work(pages: "Pages", server: Service) -> None:
    invokers = {"create": {"Path": "/q", "Method": "POST"}}
    row = service(pages.ctx, server.url, Invokers=invokers, Retry={"First": "10s", "Count": 2})

    def line() -> str:
        html = pages.admin.get("/help").content.decode()
        return html.split("Tickets", 1)[1][:300] if "Tickets" in html else ""

    server.answers = [Answer(404), Answer(404), Answer(200), Answer(503)]
    jobs.run(pages.ctx, row, "create", {}, "page:admin@kestrel.example")
    assert "answers 404" not in line(), "who tried it from the page has seen it there"
    jobs.run(pages.ctx, row, "create", {}, "schedule")
    assert "127.0.0.1 answers 404." in line()
    assert "2 calls were given up." in line()
    jobs.run(pages.ctx, row, "create", {}, "page:admin@kestrel.example")
    assert "answers 404" not in line()
    assert "2 calls were given up." in line()
    for job in WebServiceJob.objects.all():
        assert pages.auditor.post(f"/webservices/{row.id}/jobs/{job.id}/forget").status_code == 403
        assert pages.admin.post(f"/webservices/{row.id}/jobs/{job.id}/forget").status_code == 303
    assert line() == ""
    jobs.run(pages.ctx, row, "create", {}, "schedule")
    assert line() == "", "it is tried again by itself"
