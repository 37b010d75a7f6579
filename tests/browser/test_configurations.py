"""Token configurations made and changed by clicking, in a real Chromium."""

import re

import pytest
from playwright.sync_api import Dialog, expect

from tests.browser.test_pages import CODE_CLIENT, PASSWORD, Desk, overflow
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


def configurations(desk: Desk) -> dict[str, str]:
    """Where each configuration's pages are, by name."""
    found = desk.home.sql("SELECT name, id FROM tokens_configuration")
    return {name: f"/configurations/{key}" for name, key in found}


def let_ten_minutes_pass(desk: Desk) -> None:
    """The password was confirmed too long ago now."""
    desk.home.play("tests.browser.aged_sessions")


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
    desk.goto("/configurations/add?q=microsoft-graph")
    expect(page.locator(".shelves th[scope=row]")).to_have_count(1)
    page.get_by_role("link", name="Choose Microsoft Graph, the application itself").click()
    page.get_by_label("Name", exact=True).fill("Robot")
    page.get_by_label("Directory (tenant) ID").fill("kestrel.example")
    page.get_by_label("Client ID").fill("a-client")
    page.get_by_label("Client secret").fill("a~secret")
    page.get_by_role("button", name="Save and finish").click()
    expect(page.get_by_role("button", name="Request the token")).to_be_visible()


def test_nothing_of_the_form_scrolls_sideways_on_a_phone(desk: Desk) -> None:
    desk.fill()
    support = configurations(desk)["Support"]
    for width in (1440, 1100, 767, PHONE[0]):
        desk.page.set_viewport_size({"width": width, "height": 844})
        own = [f"{support}/{page}" for page in ("edit", "yaml", "secret", "duplicate", "label", "delete", "next")]
        for path in ("/configurations/add", "/configurations/add/microsoft-exchange", *own):
            desk.goto(path)
            assert overflow(desk.page) == 0, (path, width)
    assert desk.is_clean()


def test_a_moved_endpoint_is_shown_confirmed_with_the_password_and_then_used(desk: Desk) -> None:
    """SEC-43, SEC-62"""
    desk.fill()
    page, support = desk.page, configurations(desk)["Support"]
    let_ten_minutes_pass(desk)
    desk.goto(f"{support}/edit")
    page.locator("summary", has_text="Token URL").click()
    page.get_by_label("Token URL").fill("https://new.example/token")
    page.get_by_role("button", name="Save", exact=True).click()
    moved = page.get_by_role("region", name="Addresses change")
    expect(moved).to_be_focused()
    expect(moved).to_contain_text("Bursar would send the client secret and one token elsewhere")
    expect(moved.get_by_role("row", name="Token URL")).to_contain_text("https://new.example/token")
    moved.get_by_label("Your password").fill("not my password")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(moved).to_contain_text("That is not your password.")
    expect(moved.get_by_label("Your password")).to_be_focused()
    forgiven(desk, "422")
    moved.get_by_label("Hold what is stored").check()
    moved.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#result")).to_contain_text("sent nowhere until somebody confirms the addresses")
    expect(page.get_by_label("Token URL")).to_have_value("https://new.example/token")
    page.get_by_role("link", name="Look at the addresses, and confirm").click()
    page.get_by_role("button", name="Confirm these addresses").click()
    expect(page.locator("#result")).to_contain_text("Support is confirmed")
    assert desk.is_clean()


def test_yaml_is_marked_while_one_types_and_tab_can_be_left_by_keyboard(desk: Desk) -> None:
    desk.fill()
    page, support = desk.page, configurations(desk)["Support"]
    desk.goto(f"{support}/yaml")
    text = page.get_by_label("The configuration as YAML")
    good = text.input_value()
    assert "ClientSecret: null" in good
    text.fill(good.replace("response_type: code", "response_type: token"))
    check = page.locator("#yaml-check")
    expect(check).to_contain_text("Config.Requests.AuthorizationCode.Request.Parameters.response_type")
    line = good[: good.index("response_type")].count("\n") + 1
    expect(page.locator("#yaml-gutter .marked")).to_have_text(str(line))
    expect(text).to_have_attribute("aria-invalid", "true")
    check.get_by_role("link", name=f"Line {line}").click()
    expect(text).to_be_focused()
    assert page.evaluate("getSelection().toString()").strip() == "response_type: token"
    text.fill(good.replace("Scope: https://mail.example/IMAP offline_access", "Scope: other"))
    expect(check).to_contain_text("valid configuration. It is not saved yet.")
    expect(page.locator("#yaml-gutter .marked")).to_have_count(0)
    page.keyboard.press("Control+Home")
    page.keyboard.press("Tab")
    expect(text).to_have_value(re.compile("^  Name: Support"))
    page.keyboard.press("Shift+Tab")
    expect(text).to_have_value(re.compile("^Name: Support"))
    expect(text).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(text).not_to_be_focused()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#result")).to_contain_text("Support is saved.")
    expect(text).to_have_value(re.compile("Scope: other"))
    assert desk.is_clean()
    page.context.clear_cookies(name="bursar-session")
    text.fill("Name: what was typed after the session had ended")
    expect(check).to_contain_text("You are not signed in any more. Copy the text")
    expect(text).to_have_value("Name: what was typed after the session had ended")


def test_a_secret_is_replaced_in_all_that_share_it_and_the_rest_is_one_step(desk: Desk) -> None:
    """Shared secret, duplicate, label, delete: refused while in use, done when nobody uses it."""
    desk.fill()
    page, found = desk.page, configurations(desk)
    desk.goto(f"{found['Helpdesk robot']}/edit")
    page.get_by_role("link", name="Replace secret").click()
    page.get_by_label("New client secret").fill("b81d4f6e-20aa-47c3-9f55-0e6c1d7a2b95")
    page.get_by_role("button", name="Replace secret").click()
    expect(page.get_by_text("That was the Secret ID, not the secret.")).to_be_visible()
    expect(page.get_by_label("New client secret")).to_be_focused()
    forgiven(desk, "422")
    expect(page.get_by_role("checkbox", name="Sales inbox")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Support")).not_to_be_checked()
    page.get_by_label("New client secret").fill("the~new~secret")
    page.get_by_label("It ends on").fill("2028-05-22")
    page.get_by_role("button", name="Replace secret").click()
    expect(page.locator("#result")).to_contain_text("The secret is stored in Helpdesk robot and")
    shown = [desk.home.cli("config", "show", name, check=0).stdout for name in ("Helpdesk robot", "Sales inbox")]
    prints = {re.search(r"fingerprint (\S+ \S+)", text)[1] for text in shown}  # type: ignore[index]
    assert len(prints) == 1

    desk.goto(f"{found['Ticket archive']}/duplicate")
    expect(page.get_by_label("New name")).to_have_value("Ticket archive (2)")
    page.get_by_role("button", name="Duplicate").click()
    expect(page.locator("#result")).to_contain_text("Ticket archive (2) is added, a duplicate of Ticket archive.")
    expect(page.get_by_text("None is stored yet.")).to_be_visible()
    page.get_by_role("link", name="Add a label").click()
    page.get_by_label("Label", exact=True).fill("returns@kestrel.example")
    page.get_by_role("button", name="Add the label").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ticket archive (2)#returns@kestrel.example")

    desk.goto(f"{found['Support']}/delete")
    expect(page.get_by_role("heading", name="Support is in use, so it can’t be deleted.")).to_be_visible()
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)
    desk.goto(f"{found['Ticket archive']}/delete")
    page.get_by_role("button", name="Delete Ticket archive").click()
    expect(page.locator("#result")).to_contain_text("Ticket archive is deleted, and its tokens with it.")
    assert desk.is_clean()


def test_two_people_edit_at_once_and_both_are_seen(desk: Desk) -> None:
    desk.fill()
    page, support = desk.page, configurations(desk)["Support"]
    desk.goto(f"{support}/edit")
    page.get_by_label("Scope").fill("mine")
    desk.home.cli("config", "set", "Support", "Scope=theirs", "Notifications.NotifyOnExpiredToken=1", check=0)
    page.get_by_role("button", name="Save and finish").click()
    expect(page.get_by_text("Saved meanwhile: theirs")).to_be_visible()
    expect(page.get_by_label("Scope")).to_have_value("mine")
    expect(page.get_by_label("Expired token")).to_be_checked()
    forgiven(desk, "409")
    page.get_by_role("button", name="Save and finish").click()
    page.wait_for_url("**/tokens")
    shown = desk.home.cli("config", "show", "Support", check=0).stdout
    assert "Scope: mine" in shown
    assert "NotifyOnExpiredToken: 1" in shown
    assert desk.is_clean()


def test_a_form_with_input_that_was_not_saved_asks_before_it_is_left(desk: Desk) -> None:
    """By a link and by a reload; not untouched, not when changed back, not by Save, and not by its own Cancel."""
    page, asked = desk.page, []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    address = f"{desk.serving.url}/configurations/add/google-mail"
    page.goto(address)
    page.get_by_label("Name", exact=True).click()
    page.get_by_role("link", name="Help", exact=True).click()
    page.wait_for_url("**/help")
    page.goto(address)
    page.get_by_label("Name", exact=True).fill("Support")
    page.get_by_role("link", name="Help", exact=True).click()
    assert asked == ["beforeunload"]
    expect(page.get_by_label("Name", exact=True)).to_have_value("Support")
    page.get_by_label("Name", exact=True).fill("")
    page.get_by_role("link", name="Help", exact=True).click()
    page.wait_for_url("**/help")
    page.goto(address)
    page.get_by_label("Name", exact=True).fill("Support")
    page.get_by_role("button", name="Save and finish").click()
    expect(page.get_by_role("alert")).to_contain_text("need another look")
    assert asked == ["beforeunload"]
    page.get_by_role("link", name="Help", exact=True).click()
    assert asked == ["beforeunload"] * 2, "what came back with errors isn't saved either"
    page.locator("main form").get_by_role("link", name="Cancel").click()
    page.wait_for_url("**/tokens")
    page.goto(f"{desk.serving.url}/settings/FQDN")
    page.get_by_label("FQDN").fill("bursar.kestrel.example")
    page.get_by_role("link", name="Help", exact=True).click()
    assert asked == ["beforeunload"] * 3
    forgiven(desk, "422")
