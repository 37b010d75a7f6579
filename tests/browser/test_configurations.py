"""Token configurations made and changed by clicking, in a real Chromium."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_pages import CODE_CLIENT, Desk, overflow
from tests.counterparts.browser import PHONE, Browsing
from tests.counterparts.home import BursarHome
from tests.counterparts.oidc import OidcProvider

pytestmark = pytest.mark.counterpart


@pytest.fixture
def desk(bursar_home: BursarHome, browser: Browsing) -> Desk:
    made = Desk(bursar_home, bursar_home.serve("--no-worker"), browser, browser.page())
    made.people_and_sign_in()
    return made


def forgiven(desk: Desk, status: str) -> None:
    """The console mentions the status of a form that was sent back; it complains of nothing else."""
    assert [said for said in desk.browsing.complaints if status not in said] == []
    desk.browsing.complaints.clear()


def test_from_the_catalogue_by_the_form_to_the_first_token(desk: Desk, oidc_provider: OidcProvider) -> None:
    """SEC-41: the secret that was typed is not in the page that comes back."""
    desk.home.cli("setting", "set", "Outbound::AllowedNetworks", "127.0.0.0/8,localhost", check=0)
    page = desk.page
    desk.goto("/configurations/add")
    page.keyboard.press("/")
    page.keyboard.type("by hand", delay=10)
    expect(page.locator(".shelves th[scope=row]")).to_have_count(1)
    page.wait_for_url(re.compile(r"/configurations/add\?q=by(\+|%20)hand"))
    page.get_by_role("link", name="Choose Any provider, by hand, a person signs in").click()
    page.get_by_label("Name", exact=True).fill("Complaints mailbox")
    page.get_by_label("Client ID").fill(CODE_CLIENT[0])
    page.get_by_label("Client secret").fill("cnry-typed")
    page.get_by_label("Scope").fill("openid\noffline_access")
    page.get_by_label("Authorization URL").fill("http://sso.example/authorize")
    page.get_by_label("Token URL").fill(f"{oidc_provider.issuer}/token")
    page.get_by_role("button", name="Save and finish").click()
    expect(page.get_by_role("alert")).to_contain_text("One field needs another look: Authorization URL.")
    expect(page.get_by_label("Authorization URL")).to_be_focused()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Complaints mailbox")
    expect(page.get_by_label("Client secret")).to_have_value("")
    assert "cnry-typed" not in page.content()
    forgiven(desk, "422")
    page.get_by_role("alert").get_by_role("link", name="Authorization URL").click()
    page.get_by_label("Authorization URL").fill(f"{oidc_provider.issuer}/auth")
    page.get_by_label("Client secret").fill(CODE_CLIENT[1])
    page.get_by_role("button", name="Save and finish").click()
    expect(page.locator("#result")).to_contain_text("Complaints mailbox is added.")
    page.get_by_role("button", name=re.compile("Authorize at")).click()
    page.wait_for_url(re.compile(re.escape(oidc_provider.issuer)))
    page.get_by_label("Account").fill("complaints@kestrel.example")
    page.get_by_role("button", name="Allow").click()
    expect(page.locator("#result")).to_contain_text("Complaints mailbox is authorized")
    expect(page.get_by_role("row", name="Complaints mailbox")).to_contain_text("min")
    assert desk.is_clean()


def test_without_scripts_the_catalogue_is_searched_and_the_form_works(desk: Desk) -> None:
    page = desk.page
    page.route("**/*.js?*", lambda route: route.abort())
    desk.goto("/configurations/add?q=exchange")
    expect(page.locator(".shelves th[scope=row]")).to_have_count(1)
    page.get_by_role("link", name="Choose Microsoft Exchange Online, the application itself").click()
    page.get_by_label("Name", exact=True).fill("Robot")
    page.get_by_label("Directory (tenant) ID").fill("kestrel.example")
    page.get_by_label("Client ID").fill("a-client")
    page.get_by_label("Client secret").fill("a~secret")
    page.get_by_role("button", name="Save and finish").click()
    expect(page.get_by_role("button", name="Request the token")).to_be_visible()


def test_nothing_of_the_form_scrolls_sideways_on_a_phone(desk: Desk) -> None:
    for width in (1440, 1100, 767, PHONE[0]):
        desk.page.set_viewport_size({"width": width, "height": 844})
        for path in ("/configurations/add", "/configurations/add/microsoft-exchange"):
            desk.goto(path)
            assert overflow(desk.page) == 0, (path, width)
    assert desk.is_clean()
