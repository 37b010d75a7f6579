"""API keys by clicking, in a real Chromium, and what they do by HTTP while one clicks."""

import http.client
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_configurations import let_ten_minutes_pass
from tests.browser.test_pages import PASSWORD, Desk, overflow
from tests.counterparts.browser import PHONE, Browsing
from tests.counterparts.home import BursarHome

pytestmark = pytest.mark.counterpart


@pytest.fixture
def desk(bursar_home: BursarHome, browser: Browsing) -> Desk:
    made = Desk(bursar_home, bursar_home.serve("--no-worker"), browser, browser.page())
    made.people_and_sign_in()
    made.fill()
    let_ten_minutes_pass(made)
    return made


def asked(desk: Desk, name: str, key: str) -> int:
    """What a program is answered that asks for this token with the key."""
    connection = http.client.HTTPConnection("localhost", desk.serving.port, timeout=20)
    connection.request("GET", f"/api/v1/tokens/{quote(name, safe='')}", headers={"Authorization": f"Bearer {key}"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def main_button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_a_key_from_its_making_to_its_end(desk: Desk) -> None:
    """SEC-43 to SEC-47: shown once, limited, changed and revoked from the next request on; then everything stops."""
    page = desk.page
    [(name,)] = desk.home.sql(
        "SELECT c.name FROM tokens_token t JOIN tokens_configuration c ON c.id = t.configuration_id"
        " WHERE t.state = 'active' AND NOT t.held AND t.label = '' AND c.validity = 'valid'"
        " AND t.access_token IS NOT NULL ORDER BY t.expires_at DESC LIMIT 1"
    )
    desk.goto("/keys")
    page.get_by_role("link", name="New key").click()
    page.get_by_label("Who will use it").fill("mail gateway")
    page.get_by_label("Names it may have").fill(f"{name}\nmail-*")
    page.get_by_label("Replace a refused token").uncheck()
    page.get_by_label("Ends").select_option("30d")
    page.get_by_label("From these addresses alone").fill("127.0.0.1/99")
    page.get_by_label("Your password").fill(PASSWORD)
    main_button(page, "Make the key")
    expect(page.get_by_role("alert")).to_contain_text("One field needs you.")
    expect(page.get_by_label("From these addresses alone")).to_be_focused()
    expect(page.get_by_label("Names it may have")).to_have_value(f"{name}\nmail-*")
    desk.browsing.complaints.clear()
    page.get_by_label("From these addresses alone").fill("127.0.0.0/8\n::1/128")
    page.get_by_label("Your password").fill(PASSWORD)
    main_button(page, "Make the key")
    key = page.locator("#new-key").inner_text().strip()
    assert key.startswith("bursar_")
    desk.browsing.screenshot(page, "keys-made")

    page.get_by_role("link", name="I have copied it").click()
    row = page.get_by_role("row", name="mail gateway")
    expect(row).to_contain_text("not yet")
    assert key not in page.content()
    assert (asked(desk, name, key), asked(desk, "Another", key)) == (200, 404)
    row.get_by_role("link", name="mail gateway").click()
    expect(page.get_by_text("127.0.0.0/8, ::1/128")).to_be_visible()

    def is_recorded() -> bool:
        page.reload()
        return page.get_by_role("row", name=name).count() == 1

    until(page, is_recorded)
    expect(page.get_by_role("row", name=name)).to_contain_text("127.0.0.1")
    desk.browsing.screenshot(page, "keys-one")

    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Names it may have").fill("mail-*")
    main_button(page, "Save")
    expect(page.locator("#result")).to_contain_text("mail gateway is changed. It counts from the next request on.")
    assert asked(desk, name, key) == 404
    page.get_by_role("link", name="Revoke").click()
    desk.browsing.screenshot(page, "keys-revoke")
    main_button(page, "Revoke mail gateway")
    expect(page.locator("#result")).to_contain_text("mail gateway is revoked.")
    assert asked(desk, name, key) == 401
    page.get_by_text("1 revoked key").click()
    expect(page.get_by_role("link", name="mail gateway")).to_be_visible()
    desk.browsing.screenshot(page, "keys-all")

    other = desk.home.cli("key", "new", "--name", "erp", "--allow", "*", check=0).stdout.strip()
    assert asked(desk, name, other) == 200
    page.reload()
    page.get_by_role("link", name="Stop everything").click()
    desk.browsing.screenshot(page, "keys-stop")
    if page.get_by_label("Your password").count():
        page.get_by_label("Your password").fill(PASSWORD)
    main_button(page, "Revoke every token")
    expect(page.locator("#result")).to_contain_text("Nothing is handed out any more.")
    assert asked(desk, name, other) == 409
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    for path in ("/keys", "/keys/new"):
        desk.goto(path)
        assert overflow(page) == 0
    assert desk.is_clean()


def until(page: Page, holds: object) -> None:
    """Look again until it holds: the record of hand-outs is written a second later."""
    assert callable(holds)
    for _ in range(40):
        if holds():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it never came true")
