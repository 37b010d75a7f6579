"""Settings, people, export and import by clicking, in a real Chromium."""

import re
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Page, expect

from tests.browser.test_configurations import forgiven, let_ten_minutes_pass
from tests.browser.test_pages import PASSWORD, Desk, overflow
from tests.counterparts.browser import PHONE, Browsing
from tests.counterparts.home import BursarHome

PAGES = ("/settings", "/settings/FQDN", "/people", "/people/1", "/people/invite", "/account", "/export", "/import")
pytestmark = pytest.mark.counterpart


@pytest.fixture
def desk(bursar_home: BursarHome, browser: Browsing) -> Desk:
    made = Desk(bursar_home, bursar_home.serve("--no-worker"), browser, browser.page())
    made.people_and_sign_in()
    return made


def downloaded(page: Page, place: Path) -> str:
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Export", exact=True).click()
    name = waiting.value.suggested_filename
    assert re.fullmatch(r"OAuth2TokenConfigurationExport_\d{8}_\d{6}\.yml(\.age)?", name)
    waiting.value.save_as(place / name)
    return name


def test_ticked_rows_travel_with_their_secrets_by_passphrase_and_back(desk: Desk, tmp_path: Path) -> None:
    """SEC-43, SEC-60, SEC-61, SEC-62: exported, changed outside, looked at, imported, confirmed."""
    desk.fill()
    let_ten_minutes_pass(desk)
    page = desk.page
    desk.goto("/tokens")
    for name in ("Support", "Accounting"):
        page.get_by_role("row", name=name).get_by_role("checkbox").check()
    page.locator("#ticked").get_by_role("button", name="Export").click()
    expect(page.get_by_text("2 configurations:")).to_be_visible()
    page.get_by_label("With secrets, encrypted with a passphrase").check()
    page.get_by_label("Passphrase", exact=True).fill("several words in a row")
    page.get_by_label("The same passphrase again").fill("several words in a row")
    page.get_by_role("button", name="Export", exact=True).click()
    expect(page.get_by_label("Your password")).to_be_focused()
    forgiven(desk, "422")
    page.get_by_label("Passphrase", exact=True).fill("several words in a row")
    page.get_by_label("The same passphrase again").fill("several words in a row")
    page.get_by_label("Your password").fill(PASSWORD)
    file = tmp_path / downloaded(page, tmp_path)
    assert b"cnry-" not in file.read_bytes()

    for name in ("Support", "Accounting"):
        desk.home.sql(f"DELETE FROM mail_account WHERE name LIKE '{name}%'")
    desk.home.cli("config", "delete", "Accounting", "--yes", check=0)
    url = "Requests.TokenByRefreshToken.Request.URL=https://sso.kestrel.example/token"
    desk.home.cli("config", "set", "Support", url, check=0)
    desk.home.cli("config", "confirm", "Support", "--yes", check=0)

    desk.goto("/tokens")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_label("Overwrite existing of the same name").check()
    page.get_by_role("button", name="Preview import").click()
    page.get_by_label("Passphrase or age identity").fill("several words in a row")
    page.get_by_role("button", name="Open and preview").click()
    row = page.get_by_role("row", name="Support")
    expect(row).to_contain_text("Overwritten")
    expect(row).to_contain_text("its tokens are held")
    row.get_by_text("1 place").click()
    expect(row.locator("del")).to_contain_text("https://sso.kestrel.example/token")
    expect(page.get_by_role("row", name="Accounting")).to_contain_text("Added")
    assert "cnry-" not in page.content()
    page.get_by_role("button", name="Import 2 configurations").click()
    expect(page.get_by_role("heading", name="Imported")).to_be_visible()
    page.get_by_role("link", name="Support").click()
    page.get_by_role("button", name="Confirm these addresses").click()
    expect(page.locator("#result")).to_contain_text("Support is confirmed")
    assert "cnry-client-secret" in desk.home.cli("config", "export", "--with-secrets", check=0).stdout
    assert desk.is_clean()


def test_a_plain_export_is_read_again_and_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    """SEC-63: and a file that is too large is named before it is sent."""
    desk.fill()
    page = desk.page
    desk.goto("/tokens")
    page.get_by_role("link", name="Export all as YAML").click()
    file = tmp_path / downloaded(page, tmp_path)
    [(count,)] = desk.home.sql("SELECT count(*) FROM tokens_configuration")
    assert len(yaml.safe_load(file.read_text())) == count
    desk.goto("/import")
    large = tmp_path / "large.yml"
    with large.open("wb") as opened:
        opened.truncate(33 * 1024 * 1024)
    page.locator("input[type=file]").set_input_files(large)
    expect(page.get_by_role("alert")).to_contain_text("larger than 32 MB")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_label("Overwrite existing of the same name").check()
    page.get_by_role("button", name="Preview import").click()
    expect(page.get_by_text("There is nothing to import")).to_be_visible()
    page.get_by_role("button", name="Discard").click()
    expect(page.locator("#result")).to_contain_text("The file is forgotten.")
    assert desk.is_clean()


def test_a_setting_is_found_changed_in_place_and_said_to_move_the_redirect_uri(desk: Desk) -> None:
    """SEC-43"""
    let_ten_minutes_pass(desk)
    page = desk.page
    desk.goto("/settings")
    page.keyboard.press("/")
    page.keyboard.type("seconds", delay=10)
    expect(page.locator(".setting")).to_have_count(1)
    page.get_by_role("link", name="Change WebUserAgent::Timeout").click()
    field = page.get_by_role("textbox", name="WebUserAgent::Timeout")
    expect(field).to_be_focused()
    field.fill("soon")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("must be a number of seconds")
    field.fill("20")
    field.press("Enter")
    expect(page.locator("#s-WebUserAgent-Timeout")).to_contain_text("set by jana@kestrel.example")
    expect(page.get_by_role("link", name="Change WebUserAgent::Timeout")).to_be_focused()
    page.get_by_label("Search the settings").fill("")
    page.get_by_role("link", name="Change ScriptAlias").click()
    form = page.locator("form#s-ScriptAlias")
    form.get_by_role("textbox", name="ScriptAlias").fill("znuny")
    form.get_by_label("Your password").fill(PASSWORD)
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_role("alert")).to_contain_text("/znuny/get-oauth2-token-by-authorization-code.pl")
    if form.get_by_label("Your password").is_visible():
        form.get_by_label("Your password").fill(PASSWORD)
    form.get_by_role("button", name="Change it all the same").click()
    expect(page.locator("#redirect-uri")).to_contain_text("/znuny/")
    assert desk.home.cli("setting", "get", "ScriptAlias", check=0).stdout.strip() == "znuny/"
    assert desk.is_clean()


def test_an_invited_person_joins_and_is_signed_out_when_disabled(desk: Desk) -> None:
    """SEC-36, SEC-38"""
    page = desk.page
    desk.goto("/people")
    page.get_by_role("link", name="Invite").click()
    page.get_by_label("E-mail address").fill("ada@kestrel.example")
    page.get_by_role("button", name="Make the link").click()
    link = page.locator("#join-link").get_attribute("data-text") or ""
    theirs = desk.browsing.page()
    theirs.goto(link)
    theirs.get_by_label("Your name").fill("Ada Byron")
    theirs.get_by_label("Password").fill("her own long sentence")
    theirs.get_by_role("button", name="Set the password").click()
    theirs.wait_for_url("**/tokens")
    theirs.goto(desk.serving.url + "/account")
    theirs.get_by_role("button", name="Deutsch").click()
    expect(theirs.locator("html")).to_have_attribute("lang", "de")
    desk.goto("/people")
    page.get_by_role("link", name="Ada Byron").click()
    page.get_by_role("button", name="Disable").click()
    expect(page.locator("#result")).to_contain_text("Ada Byron may not sign in any more")
    theirs.goto(desk.serving.url + "/tokens")
    theirs.wait_for_url(re.compile("/sign-in"))
    assert desk.is_clean()


def test_the_menu_opens_by_keyboard_on_a_phone_and_nothing_scrolls_sideways(desk: Desk) -> None:
    """In German, whose words are longer."""
    desk.fill()
    page = desk.page
    desk.goto("/account")
    page.get_by_role("button", name="Deutsch").click()
    for width in (1440, 1280, 1279, 900, PHONE[0]):
        page.set_viewport_size({"width": width, "height": PHONE[1]})
        for path in PAGES:
            desk.goto(path)
            assert overflow(page) == 0, (path, width)
    desk.goto("/tokens")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Personen")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Personen")).to_be_hidden()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Personen").press("Enter")
    page.wait_for_url("**/people")
    assert desk.is_clean()
