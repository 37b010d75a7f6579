"""The page of one token in a real browser: it renews itself, moves nothing that is in use, and fits a phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_pages import Desk, _import, desk, overflow
from tests.counterparts.browser import PHONE
from tests.counterparts.oidc import OidcProvider
from tests.integration.documents import as_yaml, consent_document

pytestmark = pytest.mark.counterpart

assert desk  # the fixture

CODE_CLIENT = ("code-post", "code-post-secret")


def opened(desk: Desk, name: str) -> str:
    """Go to the token's page from the overview; its address."""
    desk.goto("/tokens")
    desk.page.get_by_role("row", name=name).get_by_role("link", name=name).first.click()
    desk.page.wait_for_url(re.compile(r"/tokens/[0-9a-f]{32}$"))
    return desk.page.url


def test_a_change_appears_by_itself_and_is_announced(desk: Desk) -> None:
    """SEC-40: nothing on it breaks the policy; what is open stays open."""
    desk.people_and_sign_in()
    desk.fill()
    desk.fill("past")
    opened(desk, "Accounting")
    page = desk.page
    expect(page.locator("#d-state")).to_contain_text("Bursar keeps this token alive by itself.")
    page.get_by_text("Show each").first.click()
    desk.home.sql(
        "UPDATE tokens_token SET state = 'retrying', error_code = 'x', error_sentence = 'Google answers 503.' "
        "WHERE configuration_id = (SELECT id FROM tokens_configuration WHERE name = 'Accounting')"
    )
    expect(page.locator("#d-state")).to_contain_text("Google answers 503.", timeout=20_000)
    expect(page.locator("#announce")).to_have_text("Accounting: Retrying")
    expect(page.locator("details.each[open]")).to_have_count(1)
    page.get_by_role("link", name="7 days").click()
    expect(page.get_by_role("link", name="7 days")).to_have_attribute("aria-current", "true")
    assert desk.is_clean()


def test_nothing_scrolls_sideways_and_the_button_is_big_enough(desk: Desk) -> None:
    desk.people_and_sign_in()
    desk.fill()
    desk.fill("past")
    address = opened(desk, "Sales inbox")
    for width in (1440, 1100, 900, 700, PHONE[0], 320):
        desk.page.set_viewport_size({"width": width, "height": 844})
        desk.page.goto(address)
        assert overflow(desk.page) == 0, width
    box = desk.page.get_by_role("button", name="Authorize at Microsoft: Sales inbox").first.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    assert desk.is_clean()


def test_authorize_and_refresh_from_the_page_come_back_to_it_and_are_told(
    desk: Desk, oidc_provider: OidcProvider
) -> None:
    desk.people_and_sign_in()
    _import(desk, as_yaml(consent_document("Sales inbox", oidc_provider, *CODE_CLIENT)))
    address = opened(desk, "Sales inbox")
    page = desk.page
    page.get_by_role("button", name=re.compile("Authorize at .*: Sales inbox")).first.click()
    page.wait_for_url(re.compile(re.escape(oidc_provider.issuer)))
    page.get_by_label("Account").fill("sales@kestrel.example")
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(f"{desk.serving.url}/tokens")
    page.goto(address)
    page.get_by_role("button", name="Refresh: Sales inbox").first.click()
    expect(page.locator("#result")).to_contain_text("Sales inbox is refreshed")
    assert page.url == address
    expect(page.locator(".timeline")).to_contain_text("Refreshed by jana@kestrel.example.")
    expect(page.locator(".timeline")).to_contain_text("Authorized by jana@kestrel.example, signed in as")
    assert desk.is_clean()
