"""What every answer tells the browser, and cookies by HttpType."""

import pytest

from bursar.access.models import Person
from tests.unit.test_web_access import addresses
from tests.unit.web_pages import HOST, PASSWORD, Pages

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_answer_carries_the_policy_and_its_companions(pages: Pages) -> None:
    """SEC-40: pages, redirects, refusals and errors alike."""
    pages.fill()
    token = pages.view("Sales inbox").id
    answers = [client.get(path) for client in (pages.visitor, pages.admin) for path in addresses(pages)]
    answers += [pages.admin.get("/nowhere"), pages.visitor.post(f"/tokens/{token}/revoke"), pages.visitor.get("/%ff")]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "frame-ancestors 'none'; base-uri 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] in ("same-origin", "no-referrer")
        assert "Strict-Transport-Security" not in answer.headers


def test_only_the_page_that_carries_the_button_names_the_providers_origin(pages: Pages) -> None:
    """SEC-40: Chromium holds a form's redirect to form-action."""
    pages.fill()
    overview = pages.admin.get("/tokens").headers["Content-Security-Policy"]
    assert "form-action 'self' https://accounts.google.com " in overview
    assert "https://login.microsoftonline.com" in overview
    # A notice with the button is on every other page too, and works without scripts there.
    elsewhere = pages.admin.get("/settings").headers["Content-Security-Policy"]
    assert "form-action 'self' https://accounts.google.com https://login.microsoftonline.com;" in elsewhere
    assert "form-action 'self'; " in pages.auditor.get("/settings").headers["Content-Security-Policy"]
    assert "form-action 'self'; " in pages.visitor.get("/sign-in").headers["Content-Security-Policy"]


def test_no_page_has_inline_style_script_or_a_foreign_address(pages: Pages) -> None:
    """SEC-40"""
    pages.fill()
    for path in addresses(pages):
        html = pages.admin.get(path).content.decode(errors="replace")
        assert " style=" not in html
        assert "<style" not in html
        assert " onclick=" not in html
        assert 'src="http' not in html
        assert 'rel="stylesheet" href="http' not in html


@pytest.mark.parametrize(("http_type", "prefix", "secure"), [("http", "", ""), ("https", "__Host-", True)])
def test_cookies_are_secure_and_host_bound_exactly_under_https(
    pages: Pages, http_type: str, prefix: str, secure: object
) -> None:
    """SEC-38"""
    pages.set("HttpType", http_type)
    person = pages.person(Person.ADMIN)
    client = pages.client()
    client.get("/sign-in")
    answer = client.post("/sign-in", {"login": person.email, "password": PASSWORD})
    assert answer.status_code == 302
    assert set(answer.cookies) == {f"{prefix}bursar-session", f"{prefix}bursar-csrf"}
    for cookie in answer.cookies.values():
        assert cookie["secure"] == secure
        assert cookie["httponly"] is True
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/"
        assert cookie["domain"] == ""
    assert client.get("/tokens").status_code == 200


def test_under_https_a_cookie_without_the_prefix_counts_nothing(pages: Pages) -> None:
    """SEC-38: a neighbour host could have planted it."""
    admin = pages.admin
    assert admin.get("/tokens").status_code == 200
    pages.set("HttpType", "https")
    assert admin.get("/tokens").status_code == 302


def test_https_is_remembered_for_a_year(pages: Pages) -> None:
    """SEC-40: HSTS"""
    pages.set("HttpType", "https")
    assert pages.visitor.get("/sign-in").headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize("host", ["127.0.0.1:8085", "[::1]:8085"])
def test_a_page_under_a_loopback_number_leads_to_the_name(pages: Pages, host: str) -> None:
    answer = pages.client(host=host).get("/tokens?show=now")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"http://{HOST}/tokens?show=now")
    assert pages.client(host=host).post("/sign-in").status_code == 200


def test_another_fqdn_is_left_alone_on_loopback(pages: Pages) -> None:
    """Health checks of a reverse proxy come by number."""
    pages.set("FQDN", "bursar.kestrel.example")
    assert pages.client(host="127.0.0.1:8085").get("/sign-in").status_code == 200


def test_http_on_anything_but_loopback_is_a_loud_warning_on_every_page(pages: Pages) -> None:
    assert b"travel in clear" not in pages.visitor.get("/sign-in").content
    pages.set("FQDN", "bursar.kestrel.example")
    assert b"travel in clear" in pages.visitor.get("/sign-in").content
    assert b"travel in clear" in pages.admin.get("/tokens").content
    pages.set("HttpType", "https")
    assert b"travel in clear" not in pages.visitor.get("/sign-in").content


def test_a_link_is_never_built_from_a_header(pages: Pages) -> None:
    """SEC-4"""
    page = pages.signed_in(Person.ADMIN, host="evil.example").get(
        "/tokens", headers={"x-forwarded-host": "evil.example"}
    )
    assert b'data-text="http://localhost:8085/otrs/get-oauth2-token-by-authorization-code.pl"' in page.content
    assert b"http://evil" not in page.content
