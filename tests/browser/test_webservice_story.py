"""The worked example of the guide by clicking: mail in a real mailbox becomes a ticket at a protected API."""

import json
import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
import yaml
from playwright.sync_api import Page, expect

from bursar.testing import FakeProvider, RegisteredClient
from tests.browser.test_pages import MACHINE_CLIENT, Desk
from tests.browser.test_stories import come_first, desk
from tests.counterparts.dovecot import Dovecot, Introspecting
from tests.counterparts.oidc import OidcProvider
from tests.integration.test_mail_into_invoker import USER, example
from tests.integration.test_mail_invoker import mail

__all__ = ["desk"]
pytestmark = [pytest.mark.counterpart, pytest.mark.slow]


def add_configuration(desk: Desk, name: str, token_url: str, client: tuple[str, str]) -> None:
    """A token configuration for an application's own token, with its first token."""
    page = desk.page
    desk.goto("/tokens")
    page.get_by_role("link", name="Add token configuration").first.click()
    page.get_by_role("link", name=re.compile("Choose Any provider, by hand, the application")).click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Client ID").fill(client[0])
    page.get_by_label("Client secret").fill(client[1])
    page.get_by_label("Scope").fill("mail")
    page.get_by_label("Token URL").fill(token_url)
    page.get_by_role("button", name="Save and finish").click()
    page.get_by_role("button", name="Request the token").click()
    expect(page.get_by_role("row", name=name)).to_contain_text("Active")


def add_service(desk: Desk, text: str) -> None:
    """The guide's document: what has a field goes into it, the rest is YAML as it stands there."""
    page, document = desk.page, yaml.safe_load(text)[0]
    desk.goto("/webservices")
    page.get_by_role("link", name="Add web service").click()
    page.get_by_label("Name", exact=True).fill(document["Name"])
    page.get_by_label("Base URL").fill(document["BaseURL"])
    page.locator("#f-Token").select_option(document["Token"])
    block = text.partition("  Invokers:\n")
    rest = "\n".join(line.removeprefix("  ") for line in (block[1] + block[2]).splitlines())
    page.get_by_label("Invokers and the rest, as YAML").fill(rest)
    expect(page.get_by_text("breaks no rule")).to_be_visible()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(document["Name"])


def add_account(desk: Desk, server: Dovecot) -> None:
    """The mail account, begun at the invoker that its mail is for."""
    page = desk.page
    page.get_by_role("link", name="Let mail call from-mail").click()
    expect(page.get_by_label("Destination")).to_have_value("invoker:Tickets/from-mail")
    page.get_by_label("Name", exact=True).fill("Support")
    page.get_by_label("Login", exact=True).fill(USER)
    page.locator("#f-Token").select_option("Support mailbox")
    page.get_by_label("Type").select_option("IMAPS")
    page.get_by_label("Host").fill("localhost")
    page.get_by_label("Port").fill(str(server.imaps))
    page.get_by_label("Own authority").fill(str(server.ca))
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Support")


def fetch(page: Page, runs: int) -> None:
    page.get_by_role("button", name="Fetch now").click()
    expect(page.locator(".runs li")).to_have_count(runs)


def test_incoming_mail_becomes_a_ticket_by_pages_alone(
    desk: Desk,
    provider: FakeProvider,
    oidc_provider: OidcProvider,
    start_dovecot: Callable[[Introspecting], Dovecot],
) -> None:
    """SEC-57: the token ends between the try by hand and the mail, and is replaced on the way."""
    page = desk.page
    provider.register(RegisteredClient("collector", "secret", email=USER))
    server = start_dovecot(provider)
    server.deliver(USER, [mail(), mail()])
    come_first(desk)
    add_configuration(desk, "Support mailbox", provider.token_url, ("collector", "secret"))
    add_configuration(desk, "Ticket system", oidc_provider.token_url, MACHINE_CLIENT)

    add_service(desk, example(oidc_provider.resource_url))
    service = page.url
    page.get_by_role("button", name="Call from-mail").click()
    expect(page.locator("#call-result")).to_contain_text("200")
    expect(page.locator("#call-result pre")).to_have_text("/resource/tickets")
    add_account(desk, server)
    account = page.url
    oidc_provider.end_access_tokens()
    fetch(page, 1)
    expect(page.locator(".runs li")).to_contain_text("2")
    assert server.count(USER) == 0

    page.goto(service)
    expect(page.get_by_role("link", name="Support", exact=True)).to_have_attribute("href", urlsplit(account).path)
    made = page.locator(".call-line").filter(has_text="mail")
    expect(page.locator(".call-line")).to_have_count(3)
    desk.browsing.screenshot(page, "service-by-mail")
    texts = []
    for number in (0, 1):
        page.goto(service)
        made.nth(number).click()
        said = page.get_by_role("main")
        expect(said).to_contain_text("200")
        texts.append(said.inner_text())
    assert sum("the token was refused and replaced" in text for text in texts) == 1
    ticket = json.loads(page.locator(".call-part pre").first.inner_text().split("\n\n")[-1])
    assert (ticket["title"], ticket["sender"]) == ("Brücke\u00a0kaputt", "ada@b.example")
    desk.browsing.screenshot(page, "service-by-mail-call")

    page.goto(f"{service}/delete")
    expect(page.get_by_text("so it can't be deleted yet")).to_be_visible()
    expect(page.get_by_role("button", name="Delete Tickets")).to_have_count(0)
    page.goto(account)
    fetch(page, 2)
    page.goto(service)
    expect(page.locator(".call-line")).to_have_count(3)
