"""The whole story by clicking, against the certified provider, in both flows; and what happens when it goes wrong."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_pages import ADMINISTRATOR, CODE_CLIENT, MACHINE_CLIENT, PASSWORD, Desk
from tests.counterparts.oidc import OidcProvider
from tests.integration.documents import as_yaml, consent_document, credentials_document

pytestmark = [pytest.mark.counterpart, pytest.mark.slow]

NAME, MAILBOX, OTHER = "Complaints", "complaints@bursar.test", "sales@bursar.test"
ROBOT = "Robot"


@pytest.fixture
def desk(plain_desk: Desk) -> Iterator[Desk]:
    yield plain_desk
    # A form that is sent back has a status of its own, which the console mentions; of nothing else does it complain.
    assert [said for said in plain_desk.browsing.complaints if not re.search(r"status of 4(00|03|09|22)", said)] == []


def come_first(desk: Desk) -> None:
    """The first administrator, by the link that the server printed."""
    desk.page.goto(desk.serving.setup_link())
    desk.page.get_by_label("Name").fill("Jana Novak")
    desk.page.get_by_label("E-mail address").fill(ADMINISTRATOR)
    desk.page.get_by_label("Password").fill(PASSWORD)
    desk.page.get_by_role("button", name="Set the password").click()
    desk.page.wait_for_url("**/tokens")


def allow(page: Page, provider: OidcProvider, desk: Desk, login: str = MAILBOX, decision: str = "Allow") -> None:
    """The provider's own page, as whoever owns the mailbox sees it; then back at Bursar."""
    page.wait_for_url(re.compile(re.escape(provider.issuer)))
    page.get_by_label("Account").fill(login)
    page.get_by_role("button", name=decision).click()
    page.wait_for_url(re.compile(re.escape(desk.serving.url)))


def let_the_token_expire(desk: Desk, provider: OidcProvider) -> None:
    """What an hour does, at once: at the provider and here."""
    provider.end_access_tokens()
    let_the_token_expire_here(desk)


def let_the_token_expire_here(desk: Desk) -> None:
    """The same where the provider is away."""
    desk.home.sql("UPDATE tokens_token SET issued_at = 1000000, expires_at = 2000000")


def configuration_id(desk: Desk, name: str) -> str:
    [(found,)] = desk.home.sql(f"SELECT id FROM tokens_configuration WHERE name = '{name}'")
    return str(found)


def export_delete_import(desk: Desk, name: str, tmp_path: Path) -> None:
    """Take the configuration out with its secret, delete it, and bring it back from the file."""
    page = desk.page
    desk.goto("/export")
    page.get_by_label("With secrets, in clear").check()
    password = page.get_by_label("Your password")
    if password.count() and password.is_visible():
        password.fill(PASSWORD)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    file = tmp_path / "exported.yml"
    download.value.save_as(file)
    assert f"Name: {name}" in file.read_text()
    desk.goto(f"/configurations/{configuration_id(desk, name)}/edit")
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name=f"Delete {name}").click()
    expect(page.locator("#result")).to_contain_text(name)
    assert desk.home.sql("SELECT count(*) FROM tokens_configuration") == [(0,)]
    desk.goto("/import")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Preview import").click()
    expect(page.get_by_role("row", name=name)).to_contain_text("all new")
    page.get_by_role("button", name="Import 1 configuration").click()
    desk.goto("/tokens")
    expect(page.get_by_role("row", name=name)).to_contain_text("Never requested")


def test_a_persons_token_from_the_template_to_the_import(
    desk: Desk, oidc_provider: OidcProvider, tmp_path: Path
) -> None:
    """SEC-12, SEC-41: nothing of code, token or secret is in an address or a page on the way."""
    come_first(desk)
    page = desk.page
    page.get_by_role("link", name="Add token configuration").click()
    page.get_by_role("link", name="Choose Any provider, by hand, a person signs in").click()
    page.get_by_label("Name", exact=True).fill(NAME)
    page.get_by_label("Client ID").fill(CODE_CLIENT[0])
    page.get_by_label("Client secret").fill(CODE_CLIENT[1])
    page.get_by_label("Scope").fill("openid\nemail\nmail\noffline_access")
    page.get_by_label("Authorization URL").fill(f"{oidc_provider.authorization_url}?prompt=consent")
    page.get_by_label("Token URL").fill(oidc_provider.token_url)
    page.get_by_role("button", name="Save and finish").click()
    page.get_by_role("button", name=re.compile("Authorize at")).click()
    allow(page, oidc_provider, desk)
    expect(page.locator("#result")).to_contain_text(f"{NAME} is authorized, signed in as {MAILBOX}")
    assert "code=" not in page.url
    expect(page.get_by_role("row", name=NAME)).to_contain_text("Active")
    assert CODE_CLIENT[1] not in page.content()
    expect(page.get_by_text("The first token is there.")).to_be_visible()

    # It expires while the consent is withdrawn at the provider: a notice on every page says so, with the step.
    oidc_provider.withdraw(MAILBOX)
    let_the_token_expire(desk, oidc_provider)
    assert desk.home.cli("token", "get", NAME).returncode == 4
    desk.goto("/help")
    notice = page.get_by_role("listitem").filter(has_text=NAME)
    expect(notice).to_contain_text("refuses the refresh token")
    notice.get_by_role("button", name=f"Authorize: {NAME}").click()
    allow(page, oidc_provider, desk)
    expect(page.get_by_role("row", name=NAME)).to_contain_text("Active")
    desk.goto("/help")
    expect(page.get_by_role("listitem").filter(has_text=NAME)).to_have_count(0)

    # It expires by itself: one press refreshes it.
    let_the_token_expire(desk, oidc_provider)
    before = oidc_provider.refreshes
    desk.goto("/tokens")
    page.get_by_role("button", name=f"Refresh: {NAME}").first.click()
    expect(page.locator("#result")).to_contain_text(NAME)
    assert oidc_provider.refreshes == before + 1

    # Revoked by its menu, after a look at who uses it; the way back is the row's button.
    page.get_by_role("row", name=NAME).locator("details.more summary").click()
    page.get_by_role("link", name=f"Revoke: {NAME}").click()
    page.get_by_role("button", name=f"Revoke {NAME}").click()
    expect(page.locator("#result")).to_contain_text(f"{NAME} is revoked. Bursar has forgotten its tokens.")
    expect(page.get_by_role("row", name=NAME)).to_contain_text("Revoked")
    assert desk.home.cli("token", "get", NAME).returncode == 4
    page.get_by_role("button", name=f"Authorize: {NAME}").first.click()
    allow(page, oidc_provider, desk)
    expect(page.get_by_role("row", name=NAME)).to_contain_text("Active")

    export_delete_import(desk, NAME, tmp_path)
    page.get_by_role("button", name=f"Authorize: {NAME}").first.click()
    allow(page, oidc_provider, desk)
    expect(page.get_by_role("row", name=NAME)).to_contain_text("Active")


def test_an_applications_own_token_from_its_issuer_to_the_import(
    desk: Desk, oidc_provider: OidcProvider, tmp_path: Path
) -> None:
    """SEC-53: what the certified provider says of itself is enough."""
    come_first(desk)
    page = desk.page
    desk.goto("/configurations/add/discover")
    page.get_by_label("Issuer", exact=True).fill(oidc_provider.issuer)
    page.get_by_role("button", name="Ask the provider").click()
    page.get_by_role("button", name="The application").click()
    expect(page.get_by_role("heading", name="says of itself")).to_be_visible()
    page.get_by_label("Name", exact=True).fill(ROBOT)
    page.get_by_label("Client ID").fill(MACHINE_CLIENT[0])
    page.get_by_label("Client secret").fill("wrong")
    page.get_by_label("Scope").fill("mail")
    page.get_by_label("Expired token").check()
    page.get_by_role("button", name="Save and finish").click()
    page.get_by_role("button", name="Request the token").click()
    page.wait_for_url("**/tokens")
    expect(page.get_by_role("row", name=ROBOT)).to_contain_text("refuses the client ID or the client secret")

    # The notice leads to where the secret is entered; the right one clears the failure at once.
    desk.goto("/help")
    notice = page.get_by_role("listitem").filter(has_text=ROBOT)
    notice.get_by_role("link", name=f"Enter secret: {ROBOT}").click()
    page.get_by_label("Client secret").fill(MACHINE_CLIENT[1])
    page.locator("form.configuration button.solid, form.card button.solid").first.click()
    desk.goto("/tokens")
    page.get_by_role("button", name=f"Request: {ROBOT}").first.click()
    expect(page.get_by_role("row", name=ROBOT)).to_contain_text("Active")

    # It expires: the configuration asks for a notice then, and the notice has the button that brings the next one.
    desk.goto("/help")
    expect(notice).to_have_count(0)
    let_the_token_expire(desk, oidc_provider)
    desk.goto("/help")
    expect(notice).to_contain_text("The token has ended")
    before = oidc_provider.counts()["granted"]["client_credentials"]
    notice.get_by_role("button", name=f"Request: {ROBOT}").click()
    expect(page.locator("#result")).to_contain_text(ROBOT)
    assert oidc_provider.counts()["granted"]["client_credentials"] == before + 1
    desk.goto("/help")
    expect(notice).to_have_count(0)
    assert desk.home.cli("token", "get", ROBOT).returncode == 0

    export_delete_import(desk, ROBOT, tmp_path)
    page.get_by_role("button", name=f"Request: {ROBOT}").first.click()
    expect(page.get_by_role("row", name=ROBOT)).to_contain_text("Active")


def begin(desk: Desk, page: Page, provider: OidcProvider) -> None:
    """Press Authorize on the overview, and be at the provider."""
    page.goto(f"{desk.serving.url}/tokens")
    page.get_by_role("button", name=f"Authorize: {NAME}").first.click()
    page.wait_for_url(re.compile(re.escape(provider.issuer)))


def test_every_way_to_go_wrong_says_what_happened_and_leaves_the_token_alone(
    desk: Desk, oidc_provider: OidcProvider, tmp_path: Path
) -> None:
    """SEC-7, SEC-9, SEC-13"""
    desk.people_and_sign_in()
    page = desk.page
    desk.home.cli("config", "import", "-", input=as_yaml(consent_document(NAME, oidc_provider, *CODE_CLIENT)), check=0)

    # The person declines.
    begin(desk, page, oidc_provider)
    allow(page, oidc_provider, desk, decision="Deny")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{NAME} was not authorized")
    expect(page.get_by_role("main")).to_contain_text("declined")
    page.get_by_role("main").get_by_role("button", name=f"Authorize: {NAME}").click()
    allow(page, oidc_provider, desk, decision="Deny")
    expect(page.get_by_role("main")).to_contain_text("declined")

    # The secret is wrong.
    secret = tmp_path / "secret"
    secret.write_text("wrong")
    desk.home.cli("config", "set", NAME, "--secret-file", str(secret), check=0)
    begin(desk, page, oidc_provider)
    allow(page, oidc_provider, desk)
    expect(page.get_by_role("main")).to_contain_text("refuses the client ID or the client secret")
    expect(page.get_by_role("main").get_by_role("link", name=f"Enter secret: {NAME}")).to_be_visible()
    secret.write_text(CODE_CLIENT[1])
    desk.home.cli("config", "set", NAME, "--secret-file", str(secret), check=0)

    # The consent came too late.
    begin(desk, page, oidc_provider)
    desk.home.sql("UPDATE tokens_consent SET begun_at = 1000000, ends_at = 2000000")
    allow(page, oidc_provider, desk)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{NAME} was not authorized")
    expect(page.get_by_role("main")).to_contain_text(re.compile("expired|too late|ten minutes", re.IGNORECASE))

    # Two tabs, finished in the order in which they were not begun: each on its own state.
    second = page.context.new_page()
    begin(desk, page, oidc_provider)
    begin(desk, second, oidc_provider)
    allow(second, oidc_provider, desk)
    expect(second.locator("#result")).to_contain_text(f"{NAME} is authorized")
    allow(page, oidc_provider, desk)
    expect(page.locator("#result")).to_contain_text(f"{NAME} is authorized")
    second.close()

    # Somebody else signs in than before: nothing changes until a person decides.
    token = desk.home.cli("token", "get", NAME, check=0).stdout
    page.get_by_role("row", name=NAME).locator("summary").first.click()
    page.get_by_role("button", name=f"Authorize: {NAME}").last.click()
    allow(page, oidc_provider, desk, login=OTHER)
    page.wait_for_url(re.compile("/consents/"))
    expect(page.get_by_role("main")).to_contain_text(OTHER)
    assert desk.home.cli("token", "get", NAME, check=0).stdout == token
    page.get_by_role("button", name=re.compile("Keep")).click()
    assert desk.home.cli("token", "get", NAME, check=0).stdout == token

    # Another browser gets hold of the address with the code: it is refused, and the code is not used.
    desk.home.sql("UPDATE tokens_token SET state = 'needs_authorization'")
    begin(desk, page, oidc_provider)
    taken: list[str] = []
    page.on("request", lambda request: taken.append(request.url) if "get-oauth2-token" in request.url else None)
    page.context.clear_cookies(name="bursar-session")
    allow(page, oidc_provider, desk)
    expect(page.get_by_role("heading", level=1)).to_have_text("This browser isn't signed in here")
    granted = oidc_provider.counts()["granted"].get("authorization_code", 0)
    stranger = Desk(desk.home, desk.serving, desk.browsing, desk.browsing.page())
    stranger.sign_in()
    stranger.page.goto(taken[0])
    expect(stranger.page.get_by_role("heading", level=1)).to_have_text("Nothing was authorized")
    assert oidc_provider.counts()["granted"].get("authorization_code", 0) == granted
    assert "code=" not in stranger.page.url


def enter_secret(desk: Desk, secret: str) -> None:
    """Take the failure's step from the overview, and enter the secret there."""
    page = desk.page
    desk.goto("/tokens")
    page.get_by_role("link", name=f"Enter secret: {ROBOT}").first.click()
    page.get_by_label("Client secret").fill(secret)
    page.locator("form.configuration button.solid, form.card button.solid").first.click()
    expect(page.locator("#result")).to_contain_text(f"The secret of {ROBOT} is stored")


def request_in_place(desk: Desk) -> None:
    """Press Request on the overview, which stays where it is."""
    desk.page.get_by_role("button", name=f"Request: {ROBOT}").first.click()
    expect(desk.page.locator("#result")).to_contain_text(ROBOT)


def test_every_way_an_application_is_refused_says_what_happened_and_the_step(
    desk: Desk, oidc_provider: OidcProvider
) -> None:
    """SEC-41: a wrong secret, a scope that the provider doesn't grant, a provider that is away; each is mended."""
    desk.people_and_sign_in()
    page, home = desk.page, desk.home
    document = credentials_document(ROBOT, oidc_provider, MACHINE_CLIENT[0], "wrong")
    home.cli("config", "import", "-", input=as_yaml(document), check=0)
    row = page.get_by_role("row", name=ROBOT)

    # The secret is wrong, twice; then it is right.
    desk.goto("/tokens")
    request_in_place(desk)
    expect(row).to_contain_text("refuses the client ID or the client secret")
    enter_secret(desk, "wrong again")
    desk.goto("/tokens")
    request_in_place(desk)
    expect(row).to_contain_text("refuses the client ID or the client secret")
    assert "wrong again" not in page.content()
    enter_secret(desk, MACHINE_CLIENT[1])
    desk.goto("/tokens")
    request_in_place(desk)
    expect(row).to_contain_text("Active")
    token = home.cli("token", "get", ROBOT, check=0).stdout

    # The provider is away, and comes back: nothing has to be entered again.
    oidc_provider.stop()
    let_the_token_expire_here(desk)
    desk.goto("/tokens")
    request_in_place(desk)
    expect(row).to_contain_text("can't be reached")
    expect(row).to_contain_text("Next try")
    expect(page.locator("#result")).to_contain_text("Bursar tries again")
    assert "network_failed" not in page.content()
    oidc_provider.start()
    desk.goto("/tokens")
    page.get_by_role("button", name=f"Try now: {ROBOT}").first.click()
    expect(row).to_contain_text("Active")
    assert home.cli("token", "get", ROBOT, check=0).stdout != token

    # The provider grants no such scope; the scope is mended where it was entered.
    for scope, said in (("calendar", "granted less than was asked for: calendar is missing"), ("mail", "Active")):
        row.locator("details.more summary").click()
        page.get_by_role("link", name=f"Edit: {ROBOT}").click()
        page.get_by_label("Scope").fill(scope)
        page.get_by_role("button", name="Save and finish").click()
        page.wait_for_url("**/tokens")
        let_the_token_expire_here(desk)
        desk.goto("/tokens")
        request_in_place(desk)
        expect(row).to_contain_text(said)
