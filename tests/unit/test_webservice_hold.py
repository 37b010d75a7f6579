"""A token and stored secrets go to no place that nobody has confirmed: what holds and releases a service (SEC-62)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from bursar.context import Context
from bursar.errors import Refused, Temporary
from bursar.keyring import Secret
from bursar.testing import FakeClock, FakeProvider
from bursar.tokens.models import Upload
from bursar.webservices import jobs, planned
from bursar.webservices.models import WebService
from bursar.webservices.service import Service as Document
from bursar.webservices.services import Secrets, add, change, confirm, document_of, find, password_of, set_validity
from bursar.webservices.transfer import import_services
from tests.integration.webservice_server import Answer, Service
from tests.unit.web_pages import PASSWORD, confirm_held
from tests.unit.webservice_scene import TOKEN, configure, service

if TYPE_CHECKING:
    from tests.unit.web_pages import Pages

pytestmark = pytest.mark.django_db(transaction=True)
ELSEWHERE = "https://elsewhere.example"
INVOKERS = {"create": {"Path": "/q", "Method": "POST", "Schedule": "0 6 * * *"}}
BEARER = {"Authentication": "OAuth2", "Token": TOKEN}


@pytest.fixture
def server() -> Iterator[Service]:
    with Service() as running:
        yield running


def changed(ctx: Context, row: WebService, **what: Any) -> WebService:
    document = document_of(row) | what
    secrets = Secrets.taken_from(document)
    return change(ctx, row, Document.parse(document), secrets, "test")


def test_a_moved_service_keeps_its_secret_and_calls_nothing_until_it_is_confirmed(
    ctx: Context, clock: FakeClock, server: Service
) -> None:
    """SEC-62: held, never erased; waiting calls and the clock wait too."""
    policy = {"First": "10s", "Count": 3}
    basic = {"Authentication": "Basic", "User": "u", "Password": "cnry"}
    row = service(ctx, server.url, Invokers=INVOKERS, Retry=policy, **basic)
    server.answers = [Answer(503)]
    jobs.run(ctx, row, "create", {}, "test")
    with Service() as thief:
        row = changed(ctx, row, BaseURL=thief.url)
        assert row.held
        assert password_of(ctx, row) == Secret("cnry")
        with pytest.raises(Refused) as refused:
            jobs.run(ctx, row, "create", {}, "test")
        assert refused.value.code == "webservice_held"
        clock.advance(86_400)
        assert (jobs.due(ctx), planned.enqueue_due(ctx)) == ([], 0)
        assert set_validity(ctx, row, "valid", "test").held, "no other change releases it"
        assert thief.received == []
        row = find("Tickets")
        with pytest.raises(Temporary):
            confirm(ctx, row, "test", seen=row.generation - 1)
        confirm(ctx, row, "test", seen=row.generation)
        assert len(jobs.due(ctx)) == 1
        assert jobs.run(ctx, find("Tickets"), "create", {}, "test").error is None
        assert len(thief.received) == 1


def test_a_secret_that_comes_with_the_change_goes_where_it_was_entered_for(ctx: Context) -> None:
    row = service(ctx, Authentication="Basic", User="u", Password="one")
    assert not changed(ctx, row, BaseURL=ELSEWHERE, Password="two").held
    row = changed(ctx, find("Tickets"), BaseURL="https://third.example")
    assert row.held
    assert not changed(ctx, row, Password="three").held
    assert not changed(ctx, find("Tickets"), Authentication="None", User=None, BaseURL=ELSEWHERE).held


@pytest.mark.parametrize(
    "what",
    [{"BaseURL": ELSEWHERE}, {"CA": "/etc/other.pem"}, {"Proxy": "http://proxy.example"}, {"Token": f"{TOKEN}#two"}],
)
def test_a_token_goes_to_no_other_place(ctx: Context, provider: FakeProvider, what: dict[str, str]) -> None:
    """SEC-62."""
    configure(ctx, provider)
    row = service(ctx, **BEARER)
    assert not changed(ctx, row, BaseURL="https://tickets.example.org/other", AllowedHosts=["x.example"]).held
    assert changed(ctx, find("Tickets"), **what).held


def test_a_file_sends_no_token_where_nobody_has_confirmed_it(ctx: Context, provider: FakeProvider) -> None:
    """SEC-62: also where the file adds a service."""
    configure(ctx, provider)
    text = f"- {{Name: New, BaseURL: https://tickets.example.org/api, Authentication: OAuth2, Token: {TOKEN}}}"

    def bring(text: str, *, release: bool = False) -> list[str]:
        how = {"overwrite": False, "dry_run": False, "release": release}
        return import_services(ctx, text.encode(), "f.yml", by="t", **how).held

    assert bring(text) == ["New"]
    assert bring(text.replace("New", "Second"), release=True) == []
    assert bring(text.replace("New", "Third")) == [], "its token goes there already"
    assert not add(ctx, Document.parse({"Name": "N", "BaseURL": ELSEWHERE}), Secrets(), "t").held


def test_the_form_asks_before_and_the_password_decides(
    pages: "Pages", provider: FakeProvider, clock: FakeClock
) -> None:
    """SEC-62, SEC-43."""
    configure(pages.ctx, provider)
    row = service(pages.ctx, **BEARER)
    admin = pages.admin
    admin.get("/webservices")
    clock.advance(301)
    where = f"/webservices/{row.id}/edit"
    form = {"Name": "Tickets", "Validity": "valid", "BaseURL": ELSEWHERE, "ContentType": "JSON", "Rest": ""}
    form |= BEARER | {"seen": str(row.generation)}
    asked = admin.post(where, form)
    html = asked.content.decode()
    assert asked.status_code == 200
    assert "where nobody has confirmed it" in html
    digest = html.split('name="moves" value="')[1].split('"')[0]
    answered = form | {"moves": digest, "moved": "confirm"}
    assert admin.post(where, answered | {"current_password": "wrong"}).status_code == 422
    assert not find("Tickets").held
    assert find("Tickets").generation == row.generation
    held = admin.post(where, answered | {"moved": "hold", "current_password": PASSWORD})
    assert held.status_code == 303
    row = find("Tickets")
    assert row.held
    overview = admin.get("/tokens").content.decode()
    assert "Tickets is held" in overview
    assert f"/webservices/{row.id}/confirm" in overview
    clock.advance(301)
    confirm_held(pages, admin, f"/webservices/{row.id}", row.generation, lambda: find("Tickets").held)
    clock.advance(301)
    new = form | {"Name": "New", "BaseURL": "https://third.example"}
    assert "where nobody has confirmed it" in admin.post("/webservices/add", new).content.decode()
    assert not WebService.objects.filter(name="New").exists()


def test_the_page_imports_what_it_showed_and_asks_for_the_password_where_it_holds(
    pages: "Pages", provider: FakeProvider, clock: FakeClock
) -> None:
    """SEC-61, SEC-62."""
    configure(pages.ctx, provider)
    service(pages.ctx, **BEARER)
    admin = pages.admin

    def send(url: str, **more: str) -> tuple[str, str]:
        tickets = f"- {{Name: Tickets, BaseURL: {url}, Authentication: OAuth2, Token: {TOKEN}}}"
        text = f"{tickets}\n- {{Name: B, BaseURL: {url}}}"
        file = SimpleUploadedFile("services.yml", text.encode())
        page = admin.post("/webservices/import", {"file": file, **more}, follow=True).content.decode()
        return f"/webservices/import/{Upload.objects.get().id}", page

    where, page = send(ELSEWHERE)
    assert ("Skipped" in page, "Added" in page, "it is held" in page) == (True, True, False)
    again = admin.post(where, {"action": "again"}, follow=True).content.decode()
    assert "it is held" in again
    assert f'<ins><span class="visually-hidden">after </span>{ELSEWHERE}</ins>' in again
    clock.advance(301)
    assert admin.post(where, {"action": "import", "release": "on"}).status_code == 422
    assert not WebService.objects.filter(name="B").exists()
    assert pages.auditor.get(where).status_code == 403
    service_before = find("Tickets")
    change(pages.ctx, service_before, Document.parse(document_of(service_before) | {"Comment": "x"}), Secrets(), "t")
    late = admin.post(where, {"action": "import", "current_password": PASSWORD})
    assert (late.status_code, find("Tickets").held) == (409, False)
    assert admin.post(where, {"action": "import"}).status_code == 303
    assert find("Tickets").held
    where, _page = send("https://third.example", overwrite="on")
    assert admin.post(where, {"action": "import", "release": "on"}).status_code == 303
    assert not find("Tickets").held
    where, _page = send(ELSEWHERE)
    assert admin.post(where, {"action": "discard"}).status_code == 303
    assert admin.get(where).status_code == 404
    clock.advance(301)
    assert admin.post("/webservices/export", {"secrets": "clear"}).status_code == 422
