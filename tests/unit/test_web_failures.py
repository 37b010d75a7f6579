"""Pages for what went wrong: in the look, with a reference, and whatever is broken."""

import logging
import re

import pytest

from bursar.access.models import Person
from bursar.context import Context
from bursar.errors import Temporary
from bursar.web.views import overview
from tests.unit.web_pages import Pages

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_surprise_shows_a_reference_only_and_the_log_has_the_rest(
    pages: Pages, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """SEC-66"""

    def broken(*_: object) -> None:
        raise RuntimeError("canary in the exception")

    monkeypatch.setattr(overview, "board", broken)
    pages.fill()
    with caplog.at_level(logging.ERROR):
        answer = pages.admin.get("/tokens?code=canary-in-the-query")
    text = answer.content.decode()
    assert answer.status_code == 500
    assert "canary" not in text
    found = re.search(r"Reference: <code>([0-9a-f]{8})</code>", text)
    assert found is not None
    [said] = [record for record in caplog.records if record.name == "bursar.web"]
    assert found[1] in said.getMessage()
    assert said.exc_info is not None
    assert "canary in the exception" in str(said.exc_info[1])
    assert "canary-in-the-query" not in caplog.text


def test_a_script_gets_the_surprise_as_a_message_in_place(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview, "board", lambda *_: 1 / 0)
    answer = pages.admin.get("/tokens/rows", headers={"hx-request": "true"})
    assert answer.headers["HX-Retarget"] == "#result"
    assert "Reference:" in answer.content.decode()


def test_a_database_that_is_away_is_said_on_a_page(pages: Pages, ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """SEC-69: the page needs no database itself."""

    def away(_: object) -> None:
        raise Temporary("The database can't be used just now.", code="storage_unavailable", action="Look at the disk.")

    monkeypatch.setattr(ctx.storage, "read", away)
    answer = pages.visitor.get("/tokens")
    assert answer.status_code == 503
    assert "The database can&#x27;t be used just now" in answer.content.decode()
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/tokens/x/y/z", 404), ("/consents/x", 404)])
def test_what_is_not_there_is_said_in_the_look(pages: Pages, path: str, status: int) -> None:
    answer = pages.admin.get(path)
    assert answer.status_code == status
    assert "There is no such page" in answer.content.decode()
    assert "/static/bursar.css?v=" in answer.content.decode()


def test_an_overview_without_tokens_tells_how_to_get_one(pages: Pages) -> None:
    text = pages.admin.get("/tokens").content.decode()
    assert "Two steps to the first token" in text
    assert 'data-text="http://localhost:8085/otrs/get-oauth2-token-by-authorization-code.pl"' in text


def test_a_filter_that_finds_nothing_says_which_to_clear(pages: Pages) -> None:
    pages.fill()
    assert "Clear the search" in pages.admin.get("/tokens?q=zzz").content.decode()
    assert "No token is in this state now" not in pages.admin.get("/tokens?show=now").content.decode()


def test_times_are_in_the_zone_of_the_browser(pages: Pages) -> None:
    pages.fill()
    admin = pages.admin
    admin.cookies["bursar-zone"] = "Asia/Kathmandu"
    assert "+05:45" in admin.get("/tokens").content.decode()
    for nonsense in ("../../etc/passwd", "Nowhere/Land", "x" * 5000, ""):
        admin.cookies["bursar-zone"] = nonsense
        assert admin.get("/tokens").status_code == 200


def test_whoever_is_signed_in_keeps_the_menu_on_a_page_of_a_failure(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = pages.signed_in(Person.ADMIN, enforce_csrf_checks=True)
    monkeypatch.setattr(overview, "board", lambda *_: 1 / 0)
    admin = pages.admin
    answers = {
        404: admin.get("/nowhere"),
        403: pages.auditor.post("/settings/FQDN", {}),
        405: admin.get("/sign-out"),
        500: admin.get("/tokens"),
    }
    for status, answer in answers.items():
        html = answer.content.decode()
        assert answer.status_code == status
        assert '<nav class="menu"' in html, status
        assert 'action="/sign-out"' in html
        assert re.search(r'name="csrfmiddlewaretoken" value="\w{60,}"', html), status
    refused = strict.post("/settings/FQDN", {})
    assert refused.status_code == 403
    assert '<nav class="menu"' in refused.content.decode()
    assert '<nav class="menu"' not in pages.visitor.get("/nowhere").content.decode()


def test_a_file_whose_import_was_replaced_meanwhile_is_said_with_the_way_back(pages: Pages) -> None:
    admin = pages.admin
    answer = admin.post("/import/0123456789abcdef0123456789abcdef/confirm", {})
    html = answer.content.decode()
    assert (answer.status_code, html.count('type="file"')) == (404, 1)
    assert "This import has ended: a file waits half an hour, and a newer one takes its place." in html
