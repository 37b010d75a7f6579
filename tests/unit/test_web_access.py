"""Who may do what on which route, and that reading changes nothing."""

import re
from typing import Any

import pytest
from django.urls import URLPattern, get_resolver

from bursar.access.models import Person
from bursar.mail.models import MailAccount
from bursar.web.access import RULES
from bursar.webservices.models import WebService
from tests.unit.web_pages import Pages, dump

pytestmark = pytest.mark.django_db(transaction=True)

OWN = (
    "/sign-in",
    "/sign-out",
    "/language",
    "/step-up",
    "/account",
)  # about the person's own session, whatever the role
CHANGING = ("authorize", "request", "refresh", "revoke", "confirm")


def routes() -> list[tuple[str, Any]]:
    return [(str(each.pattern), each.callback) for each in get_resolver().url_patterns if isinstance(each, URLPattern)]


def addresses(pages: Pages) -> list[str]:
    """One address for every route."""
    view = pages.view("Sales inbox")
    token = view.id
    # What isn't here is found nowhere, which every page has to bear.
    values = {"token_id": token, "configuration_id": view.configuration_id, "slug": "google-mail"}
    for name, model in (("account_id", MailAccount), ("person_id", Person), ("service_id", WebService)):
        values[name] = next(iter(model.objects.values_list("pk", flat=True)), "nothing")
    values |= {"topic": "how-to/install", "picture": "overview.png", "name": "FQDN"}
    found = []
    for route, _ in routes():
        if route.startswith("^"):
            found.append("/otrs/get-oauth2-token-by-authorization-code.pl")
        else:
            found.append(
                "/" + re.sub(r"<(?:str|path):(\w+)>", lambda match: str(values.get(match[1], "nothing")), route)
            )
    return found


def test_every_route_has_a_rule() -> None:
    """SEC-42: a new route without a rule fails here."""
    assert {
        route: getattr(view, "rule", None) for route, view in routes() if getattr(view, "rule", None) not in RULES
    } == {}


def test_no_route_of_the_sign_in_library_is_reachable_but_ours(pages: Pages) -> None:
    """SEC-37: sign-up is closed."""
    for path in ("/accounts/signup/", "/signup/", "/accounts/password/reset/", "/login/", "/admin/"):
        assert pages.visitor.get(path).status_code == 404


def test_a_visitor_learns_nothing_but_the_way_to_sign_in(pages: Pages) -> None:
    """SEC-42"""
    pages.fill()
    for path in addresses(pages):
        answer = pages.visitor.get(path)
        assert "Sales inbox" not in answer.content.decode()
        assert answer.status_code in (200, 302, 303, 403) or path == "/language", path
        if path.startswith(("/tokens", "/consents", "/authorize")):
            assert answer.headers["Location"].startswith("/sign-in?next=/"), path


def test_a_visitor_changes_nothing_by_post(pages: Pages, capsys: pytest.CaptureFixture[str]) -> None:
    """SEC-42"""
    pages.fill()
    before = dump(capsys, but_audit=True)
    for path in addresses(pages):
        if path not in ("/sign-in", "/language"):  # the language is the browser's own
            assert pages.visitor.post(path).status_code in (401, 403, 405), path
    assert dump(capsys, but_audit=True) == before


def test_an_auditor_looks_and_changes_nothing(pages: Pages, capsys: pytest.CaptureFixture[str]) -> None:
    """SEC-5, SEC-42: every POST but signing out is refused, and no consent begins."""
    pages.fill()
    auditor = pages.auditor
    page = auditor.get("/tokens").content.decode()
    assert "Sales inbox" in page
    assert "<button" not in page.split('id="rows"')[1]
    before = dump(capsys, but_audit=True)
    for path in addresses(pages):
        if path not in OWN:
            assert auditor.post(path).status_code in (403, 405), path
    assert dump(capsys, but_audit=True) == before


@pytest.mark.parametrize("verb", ["authorize", "request", "refresh"])
def test_what_changes_something_takes_no_get(pages: Pages, verb: str) -> None:
    """SEC-5: GET is 405, with the look of a page."""
    pages.fill()
    answer = pages.admin.get(f"/tokens/{pages.view('Sales inbox').id}/{verb}")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert "only a button on a page may call it" in answer.content.decode()


def test_reading_every_page_twice_leaves_the_database_as_it_was(
    pages: Pages, capsys: pytest.CaptureFixture[str]
) -> None:
    """SEC-39: GET changes nothing."""
    pages.fill()
    admin = pages.admin
    found = [path for path in addresses(pages) if not path.endswith(".pl")]
    before = dump(capsys)
    for path in found + found:
        admin.get(path)
    assert dump(capsys) == before


@pytest.mark.parametrize("verb", CHANGING)
def test_an_unknown_token_is_not_found(pages: Pages, verb: str) -> None:
    assert pages.admin.post(f"/tokens/{'0' * 32}/{verb}").status_code == 404


def test_no_page_shows_a_secret(pages: Pages) -> None:
    """SEC-41: neither client secret nor any token is in the HTML, for no role."""
    pages.fill()
    for client in (pages.admin, pages.auditor):
        for path in addresses(pages):
            assert "cnry-" not in client.get(path).content.decode(errors="replace"), path
