"""The pages in a real Chromium, served by `bursar serve`: from the one-time link to an overview in every state."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.counterparts.browser import PHONE, Browsing
from tests.counterparts.home import BursarHome, Serving
from tests.counterparts.oidc import OidcProvider
from tests.integration.documents import as_yaml, consent_document, credentials_document

pytestmark = pytest.mark.counterpart

CODE_CLIENT = ("code-post", "code-post-secret")
MACHINE_CLIENT = ("machine", "machine-secret")
ADMINISTRATOR, PASSWORD = "jana@kestrel.example", "a long enough sentence"


@dataclass
class Desk:
    """A home, its server, and a browser in front of it."""

    home: BursarHome
    serving: Serving
    browsing: Browsing
    page: Page

    def goto(self, path: str) -> None:
        self.page.goto(self.serving.url + path)

    def fill(self, scene: str = "fill") -> None:
        """Put the scene's tokens into the home, as another process."""
        self.home.play("tests.browser.scenes", scene)

    def people_and_sign_in(self, role: str = "admin") -> None:
        password = self.home.path.parent / "password"
        password.write_text(PASSWORD)
        self.home.cli("people", "add", ADMINISTRATOR, "--role", role, "--password-file", str(password), check=0)
        self.sign_in()

    def sign_in(self) -> None:
        self.goto("/sign-in")
        self.page.get_by_label("E-mail address").fill(ADMINISTRATOR)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/tokens")

    def is_clean(self) -> bool:
        """The console has nothing to complain of, no breach of the policy for one."""
        assert self.browsing.complaints == []
        return True


@pytest.fixture
def desk(bursar_home: BursarHome, browser: Browsing) -> Desk:
    return Desk(bursar_home, bursar_home.serve("--no-worker"), browser, browser.page())


def overflow(page: Page) -> int:
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


def test_the_first_administrator_comes_by_the_link_and_sees_what_to_do(desk: Desk) -> None:
    """SEC-36, SEC-40: and the console is clean from the first page on."""
    link = desk.serving.setup_link()
    desk.page.goto(link)
    desk.page.get_by_label("Name").fill("Jana Novak")
    desk.page.get_by_label("E-mail address").fill(ADMINISTRATOR)
    desk.page.get_by_label("Password").fill("short")
    desk.page.get_by_role("button", name="Set the password").click()
    expect(desk.page.get_by_role("alert")).to_contain_text("too short")
    expect(desk.page.get_by_label("E-mail address")).to_have_value(ADMINISTRATOR)
    expect(desk.page.get_by_label("Password")).to_have_value("")
    [said] = desk.browsing.complaints
    assert "422" in said
    desk.browsing.complaints.clear()
    desk.page.get_by_label("Password").fill(PASSWORD)
    desk.page.get_by_role("button", name="Set the password").click()
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Welcome, Jana Novak. Two steps to the first token.")
    expect(desk.page.locator("#redirect-uri")).to_have_text(
        f"{desk.serving.url}/otrs/get-oauth2-token-by-authorization-code.pl"
    )
    desk.page.get_by_role("button", name="Copy redirect URI").click()
    expect(desk.page.get_by_role("status").filter(has_text=re.compile("Copied|Selected"))).to_have_count(1)
    desk.page.locator("summary", has_text="Jana Novak").click()
    desk.page.get_by_role("button", name="Sign out").click()
    desk.page.wait_for_url("**/sign-in")
    assert desk.is_clean()
    desk.page.goto(link)
    expect(desk.page.get_by_role("heading", level=1)).to_contain_text("not valid, or it has been used")


def test_the_overview_shows_every_state_with_who_acts_and_its_step(desk: Desk) -> None:
    """SEC-40: no request leaves for another host, and nothing breaks the policy."""
    hosts: set[str] = set()
    desk.page.on("request", lambda request: hosts.add(re.sub(r"^(https?://[^/]+).*$", r"\1", request.url)))
    desk.people_and_sign_in()
    desk.fill()
    desk.goto("/tokens")
    page = desk.page
    for name, badge, verb in (
        ("Sales inbox", "Needs authorization", "Authorize"),
        ("Helpdesk mailboxes", "Misconfigured", "Enter secret"),
        ("Applications", "Held", "Confirm"),
        ("Press office", "Ends", "Authorize"),
        ("ERP connector", "Ends in 9 days", "Replace secret"),
        ("Ticket archive", "Never requested", "Authorize"),
        ("Invoices", "Retrying", "Try now"),
        ("Accounting", "Active", "Refresh"),
        ("Webshop orders", "Active", "Request"),
    ):
        row = page.get_by_role("row", name=name)
        expect(row).to_contain_text(badge)
        expect(row.locator(".c-step > .step")).to_have_text(verb)
    expect(page.get_by_role("row", name="Warehouse scanner")).to_contain_text("Invalid temporarily")
    expect(page.locator("#health")).to_have_text("4 need you")
    expect(page.locator(".notice:visible")).to_have_count(3)
    page.get_by_text("4 more").click()
    expect(page.locator(".notice:visible")).to_have_count(7)
    page.get_by_role("link", name=re.compile("Needs you now")).click()
    expect(page.locator("tr[id^='t-']")).to_have_count(4)
    assert hosts == {desk.serving.url}
    assert desk.is_clean()


def test_the_search_narrows_while_typing_and_stays_in_the_address(desk: Desk) -> None:
    desk.people_and_sign_in()
    desk.fill()
    desk.goto("/tokens")
    desk.page.keyboard.press("/")
    desk.page.keyboard.type("munich", delay=20)
    expect(desk.page.locator("tr[id^='t-']")).to_have_count(1)
    desk.page.wait_for_url("**/tokens?q=munich")
    desk.page.get_by_role("searchbox").fill("nothing like this")
    expect(desk.page.get_by_role("heading", name="No token fits")).to_be_visible()
    desk.page.get_by_role("link", name="Clear the search").click()
    expect(desk.page.locator("tr[id^='t-']")).to_have_count(16)
    assert desk.is_clean()


def test_a_change_appears_by_itself_and_moves_no_row_under_the_pointer(desk: Desk) -> None:
    """The level is announced once; rows go to their groups when the pointer has left."""
    desk.people_and_sign_in()
    desk.fill()
    desk.goto("/tokens")
    page = desk.page
    order = "Array.from(document.querySelectorAll(\"tr[id^='t-']\"), row => row.dataset.name)"
    before = page.evaluate(order)
    page.get_by_role("row", name="Support", exact=False).last.hover()
    desk.home.sql(
        "UPDATE tokens_token SET state = 'retrying', error_code = 'x', error_sentence = 'Google answers 503.' "
        "WHERE configuration_id = (SELECT id FROM tokens_configuration WHERE name = 'Accounting')"
    )
    expect(page.get_by_role("row", name="Accounting")).to_contain_text("Google answers 503", timeout=20_000)
    assert page.evaluate(order) == before
    expect(page.locator("#announce")).to_have_text("Accounting: Retrying")
    page.mouse.move(5, 5)
    expect(page.locator("#g-busy tr[data-name='Accounting']")).to_have_count(1)
    assert desk.is_clean()


def test_phones_show_cards_and_nothing_scrolls_sideways(desk: Desk) -> None:
    desk.people_and_sign_in()
    desk.goto("/tokens")
    assert overflow(desk.page) == 0
    desk.fill()
    for width in (1440, 1400, 1200, 992, 768, 700, PHONE[0], 320):  # the narrowest of each arrangement
        desk.page.set_viewport_size({"width": width, "height": 844})
        desk.goto("/tokens")
        assert overflow(desk.page) == 0, width
        assert desk.page.locator("#rows").evaluate("rows => rows.scrollWidth - rows.clientWidth") <= 0, width
    desk.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    desk.goto("/tokens")
    button = desk.page.get_by_role("button", name="Authorize: Sales inbox").first
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    expect(desk.page.locator(".notice:visible")).to_have_count(1)
    expect(desk.page.get_by_role("row", name="Accounting").get_by_role("button", name="Refresh")).to_have_count(0)
    desk.page.locator("summary[aria-label='More for Accounting']").click()
    expect(desk.page.get_by_role("button", name="Refresh: Accounting")).to_be_visible()
    assert desk.is_clean()


def test_dark_follows_the_system_and_the_switch_is_remembered(desk: Desk) -> None:
    page = desk.page
    background = "getComputedStyle(document.body).backgroundColor"
    light, dark = "rgb(243, 245, 248)", "rgb(14, 18, 26)"
    desk.goto("/sign-in")
    assert page.evaluate(background) == light
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(background) == dark
    page.get_by_role("button", name="Switch between light and dark").click()
    assert page.evaluate(background) == light
    page.reload()
    assert page.evaluate(background) == light
    page.emulate_media(color_scheme="light")
    page.get_by_role("button", name="Switch between light and dark").click()
    page.reload()
    assert page.evaluate(background) == dark
    assert desk.is_clean()


def test_everything_is_reached_by_keyboard_and_the_focus_is_seen(desk: Desk) -> None:
    desk.people_and_sign_in()
    desk.fill()
    desk.goto("/tokens")
    page = desk.page
    seen: set[str] = set()
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement !== document.body"):
        what = page.evaluate(
            "(() => { const e = document.activeElement; const s = getComputedStyle(e);"
            " return [e.getAttribute('aria-label') || e.textContent.trim(), s.outlineStyle, s.outlineWidth] })()"
        )
        assert what[1:] == ["solid", "2px"], what
        seen.add(what[0])
        page.keyboard.press("Tab")
    assert {
        "To the content",
        "Authorize: Sales inbox",
        "More for Sales inbox",
        "Try now: Invoices",
        "Tick Sales inbox",
    } <= seen
    assert desk.is_clean()


def test_authorizing_by_the_button_goes_to_the_real_provider_and_back(desk: Desk, oidc_provider: OidcProvider) -> None:
    """SEC-12, SEC-40: the strict policy lets the button through; then a refresh in place, and the provider's no."""
    desk.people_and_sign_in()
    _import(desk, as_yaml(consent_document("Sales inbox", oidc_provider, *CODE_CLIENT)))
    desk.goto("/tokens")
    page = desk.page
    page.get_by_role("row", name="Sales inbox").get_by_role("button", name="Authorize").first.click()
    page.wait_for_url(re.compile(re.escape(oidc_provider.issuer)))
    page.get_by_label("Account").fill("sales@kestrel.example")
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(f"{desk.serving.url}/tokens")
    expect(page.locator("#result")).to_contain_text("Sales inbox is authorized")
    expect(page.get_by_role("row", name="Sales inbox")).to_contain_text("Active")
    page.get_by_role("row", name="Sales inbox").get_by_role("button", name="Refresh").first.click()
    expect(page.locator("#result")).to_contain_text("Sales inbox is refreshed, valid until")
    assert page.url == f"{desk.serving.url}/tokens"
    assert "code=" not in page.evaluate("JSON.stringify(performance.getEntriesByType('navigation')[0].name)")
    assert desk.is_clean()


def test_without_scripts_the_button_leads_to_the_provider_too(
    bursar_home: BursarHome, browser: Browsing, oidc_provider: OidcProvider
) -> None:
    """SEC-40: Chromium holds the redirect after a form to form-action, which names the provider on this page."""
    desk = Desk(bursar_home, bursar_home.serve("--no-worker"), browser, browser.page())
    desk.people_and_sign_in()
    _import(desk, as_yaml(consent_document("Sales inbox", oidc_provider, *CODE_CLIENT)))
    desk.page.route("**/*.js?*", lambda route: route.abort())
    desk.goto("/tokens")
    desk.browsing.complaints.clear()
    desk.page.get_by_role("row", name="Sales inbox").get_by_role("button", name="Authorize").first.click()
    desk.page.wait_for_url(re.compile(re.escape(oidc_provider.issuer)))
    assert [said for said in desk.browsing.complaints if "Content Security Policy" in said] == []


def test_the_command_lines_link_leads_through_sign_in_to_the_provider(desk: Desk, oidc_provider: OidcProvider) -> None:
    _import(desk, as_yaml(consent_document("Sales inbox", oidc_provider, *CODE_CLIENT)))
    desk.people_and_sign_in()
    desk.page.context.clear_cookies()
    desk.page.goto(desk.home.cli("token", "authorize", "Sales inbox", check=0).stdout.strip())
    desk.page.get_by_label("E-mail address").fill(ADMINISTRATOR)
    desk.page.get_by_label("Password").fill(PASSWORD)
    desk.page.get_by_role("button", name="Sign in").click()
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Authorize Sales inbox")
    desk.page.get_by_role("button", name=re.compile("Authorize at")).click()
    desk.page.wait_for_url(re.compile(re.escape(oidc_provider.issuer)))
    assert desk.is_clean()


def test_a_token_by_client_credentials_is_requested_in_place(desk: Desk, oidc_provider: OidcProvider) -> None:
    desk.people_and_sign_in()
    _import(desk, as_yaml(credentials_document("ERP connector", oidc_provider, *MACHINE_CLIENT)))
    desk.goto("/tokens")
    row = desk.page.get_by_role("row", name="ERP connector")
    row.get_by_role("button", name="Request").first.click()
    expect(desk.page.locator("#result")).to_contain_text("ERP connector is requested")
    expect(row).to_contain_text("Active")
    assert desk.is_clean()


def _import(desk: Desk, document: str) -> None:
    desk.home.cli("setting", "set", "Outbound::AllowedNetworks", "127.0.0.0/8,localhost", check=0)
    desk.home.cli("config", "import", "-", input=document, check=0)
