"""German in a real browser: chosen by clicking, kept, and spoken by the scripts too."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_pages import ADMINISTRATOR, PASSWORD, Desk, desk, overflow
from tests.counterparts.browser import PHONE

pytestmark = pytest.mark.counterpart

assert desk  # the fixture


def test_a_person_chooses_german_and_everything_speaks_it(desk: Desk) -> None:
    """SEC-40: the console is clean; the scripts' words come with the pages."""
    page = desk.page
    desk.goto("/sign-in")
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Anmelden")
    password = desk.home.path.parent / "password"
    password.write_text(PASSWORD)
    desk.home.cli("people", "add", ADMINISTRATOR, "--role", "admin", "--password-file", str(password), check=0)
    page.get_by_label("E-Mail-Adresse").fill(ADMINISTRATOR)
    page.get_by_label("Passwort").fill("not the password")
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("alert")).to_contain_text("Die E-Mail-Adresse oder das Passwort ist falsch.")
    page.get_by_label("E-Mail-Adresse").fill(ADMINISTRATOR)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    page.wait_for_url("**/tokens")
    page.get_by_role("button", name="Redirect-URI kopieren").click()
    expect(page.locator("#announce")).to_have_text(re.compile("Kopiert|Ausgewählt"))
    desk.fill()
    desk.goto("/tokens")
    page.locator("tr[id^='t-'] input[type=checkbox]").first.check()
    expect(page.get_by_text("1 angekreuzt")).to_be_visible()
    page.get_by_role("row", name="Sales inbox").get_by_role("link", name="Sales inbox").first.click()
    expect(page.locator("#d-state")).to_contain_text("Das Passwort wurde geändert, deshalb hat Microsoft")
    for width in (1400, 1200, 992, 768, PHONE[0], 320):
        page.set_viewport_size({"width": width, "height": 844})
        for address in (page.url, f"{desk.serving.url}/tokens"):
            page.goto(address)
            assert overflow(page) == 0, (width, address)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.locator("summary", has_text=ADMINISTRATOR).click()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tokens")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert desk.is_clean()
