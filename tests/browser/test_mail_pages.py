"""Mail accounts in a real Chromium: add an account, test it, fetch, and the messages are delivered."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from bursar.testing import FakeProvider, RegisteredClient
from tests.browser.test_pages import Desk, desk, overflow
from tests.counterparts.dovecot import PASSWORD, Dovecot, Introspecting, message
from tests.integration.documents import as_yaml, credentials_document

__all__ = ["desk"]

pytestmark = pytest.mark.counterpart

USER = "support@bursar.test"


def test_the_story_from_an_empty_page_to_delivered_messages(
    desk: Desk, provider: FakeProvider, start_dovecot: Callable[[Introspecting], Dovecot], tmp_path: Path
) -> None:
    """SEC-40, SEC-62: with a clean console all the way; every list, form and result fits a phone."""
    mailserver = start_dovecot(provider)
    provider.register(RegisteredClient("collector", "secret", email=USER))
    document = as_yaml(credentials_document("Mailboxes", provider, "collector", "secret"))
    desk.home.cli("config", "import", "-", input=document, check=0)
    desk.home.cli("setting", "set", "Outbound::AllowedNetworks", "127.0.0.0/8,::1,localhost", check=0)
    desk.people_and_sign_in()
    page = desk.page
    mailserver.deliver(USER, [message(number) for number in range(3)])

    desk.goto("/mail")
    expect(page.get_by_role("heading", name="There is no mail account yet.")).to_be_visible()
    page.get_by_role("link", name="Add mail account").click()
    page.get_by_label("Name").fill("Support")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("alert")).to_contain_text("3 fields need another look")
    expect(page.get_by_label("Name")).to_have_value("Support")
    assert any("422" in said for said in desk.browsing.complaints)
    desk.browsing.complaints.clear()
    desk.browsing.screenshot(page, "mail-form-errors")
    page.get_by_label("Login", exact=True).fill("shared@bursar.test")
    page.get_by_label("Token", exact=True).select_option("Mailboxes")
    page.get_by_label("Type").select_option("IMAPTLS")
    page.get_by_label("Host").fill("localhost")
    page.get_by_label("Port").fill("143")
    page.get_by_label("Type").select_option("POP3S")
    expect(page.get_by_label("Port")).to_have_value("995")
    expect(page.get_by_label("Folder", exact=True)).to_be_hidden()
    page.get_by_label("Port").fill(str(mailserver.imap))
    page.get_by_label("Type").select_option("IMAPTLS")
    expect(page.get_by_label("Port")).to_have_value(str(mailserver.imap))
    page.get_by_label("Own authority").fill(str(mailserver.ca))
    page.get_by_label("Destination").fill(f"maildir:{tmp_path / 'mail'}")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Support")
    expect(page.get_by_text("Support is added. Test it, then fetch.")).to_be_visible()
    desk.browsing.screenshot(page, "mail-new")

    page.get_by_role("link", name="Test", exact=True).click()
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.get_by_role("heading", level=2, name="The login is refused. The token is fine.")).to_be_visible()
    failed = page.locator("li.failed")
    expect(failed).to_contain_text("Login")
    expect(failed).to_contain_text("bursar token request Mailboxes")
    failed.get_by_text("What the server said").click()
    expect(failed).to_contain_text("token hidden")
    expect(page.locator("li.not-tried")).to_have_count(3)
    desk.browsing.screenshot(page, "mail-test")
    failed.get_by_role("link", name="Edit account").click()
    page.get_by_label("Login", exact=True).fill(USER)
    desk.browsing.screenshot(page, "mail-form")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Test", exact=True).click()
    page.get_by_role("button", name="Test again").click()
    expect(page.get_by_role("heading", level=2, name="The mailbox opens.")).to_be_visible()
    expect(page.locator(".walk li.ok")).to_have_count(10)
    expect(page.get_by_text("3 messages")).to_be_visible()
    expect(page.locator(".earlier")).to_contain_text("stopped at Login")
    desk.browsing.screenshot(page, "mail-test-passed")

    page.get_by_role("navigation", name="Path").get_by_role("link", name="Support").click()
    page.get_by_role("button", name="Fetch now").click()
    expect(page.locator(".runs li")).to_have_count(1)
    expect(page.locator(".runs li")).to_contain_text("3 delivered")
    assert sorted(path.read_bytes() for path in (tmp_path / "mail" / "new").iterdir()) == [
        message(number) for number in range(3)
    ]
    assert mailserver.count(USER) == 0
    page.locator(".runs summary").first.click()
    expect(page.locator(".runs pre")).to_contain_text("logged in at 127.0.0.1 with XOAUTH2")
    desk.browsing.screenshot(page, "mail-account")

    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("It logs in with").select_option("password")
    expect(page.get_by_label("Token", exact=True)).to_be_hidden()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".own-facts").first).to_contain_text("stored")
    assert PASSWORD not in page.content()
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Host").fill("127.0.0.1")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Password")
    expect(page.locator(".problem")).to_contain_text("Enter the password again")
    desk.browsing.complaints.clear()

    desk.home.cli("mail", "add", "--name", "Broken", "--login", USER, "--token", "Mailboxes", "--type", "IMAP",
                  "--host", "localhost", "--port", str(mailserver.imap), "--folder", "Nowhere",
                  "--deliver", f"maildir:{tmp_path / 'b'}", check=0)  # fmt: skip
    desk.home.cli("mail", "fetch", check=4)
    desk.goto("/mail")
    expect(page.locator("tr.row-now")).to_contain_text("Nowhere")
    expect(page.locator("tr.row-ok")).to_contain_text("Support")
    desk.browsing.screenshot(page, "mail-list")

    file = tmp_path / "accounts.yml"
    file.write_text(
        f"- {{Name: Brought, Type: IMAP, Host: 127.0.0.1, Port: {mailserver.imap}, Login: {USER}, Token: Mailboxes,"
        f" Deliver: 'maildir:{tmp_path}/brought', Interval: never}}"
    )
    page.get_by_role("link", name="Import").click()
    page.get_by_label("YAML file").set_input_files(file)
    page.get_by_role("button", name="Preview import").click()
    expect(page.get_by_text("1 entry would send its token or secrets where nobody has confirmed it.")).to_be_visible()
    expect(page.get_by_role("table")).to_contain_text("127.0.0.1")
    page.get_by_role("button", name="Import", exact=True).click()
    held = page.locator("tr.row-now", has_text="Brought")
    expect(held).to_contain_text("Nobody has confirmed yet that its token may go to 127.0.0.1")
    desk.browsing.screenshot(page, "mail-held")
    held.get_by_role("link", name="Confirm: Brought").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Where Brought sends its token")
    desk.browsing.screenshot(page, "mail-confirm")
    mailserver.deliver(USER, [message(9)])
    page.get_by_role("button", name="Confirm this server").click()
    expect(page.get_by_text("Brought is confirmed: it is collected again.")).to_be_visible()
    page.get_by_role("button", name="Fetch now").click()
    expect(page.locator(".runs li")).to_contain_text("1 delivered")
    desk.home.cli("mail", "delete", "Brought", "--yes", check=0)
    for path in ("/mail", "/mail/add"):
        desk.goto(path)
        page.set_viewport_size({"width": 390, "height": 844})
        assert overflow(page) <= 0
        page.set_viewport_size({"width": 1440, "height": 900})
    desk.goto("/mail")
    page.get_by_role("link", name="Support").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete Support").click()
    expect(page.get_by_text("Support is deleted.")).to_be_visible()
    assert desk.is_clean()
