"""A web service in the browser: added, called with its sample, the answer at once, the call in the log."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from bursar.testing import FakeProvider
from tests.browser.test_pages import Desk, desk
from tests.integration.documents import as_yaml, credentials_document
from tests.integration.webservice_server import Answer, Service

__all__ = ["desk"]
pytestmark = pytest.mark.counterpart

FILE = """\
- {Name: Reports, BaseURL: PLACE, Comment: monthly}
- Name: Tickets
  BaseURL: PLACE
  Authentication: OAuth2
  Token: Ticket system
  Invokers:
    create: {Path: /tickets, Method: POST}
"""


@pytest.fixture
def server() -> Iterator[Service]:
    with Service() as running:
        yield running


def test_a_service_is_added_called_and_found_in_the_log(desk: Desk, server: Service) -> None:
    page = desk.page
    desk.home.cli("setting", "set", "Outbound::AllowedNetworks", "127.0.0.1", check=0)
    desk.people_and_sign_in()
    desk.goto("/webservices")
    page.get_by_role("link", name="Add web service").click()
    desk.browsing.screenshot(page, "service-add")
    page.get_by_label("Name", exact=True).fill("Tickets")
    page.get_by_label("Base URL").fill(server.url)
    page.get_by_label("It proves who calls by").select_option("Nothing")
    page.get_by_role("button", name="Add").click()
    page.wait_for_url(re.compile(r"/webservices/\w{32}$"))
    page.get_by_role("button", name="Call create").click()
    result = page.locator("#call-result")
    expect(result).to_contain_text("200")
    assert server.received[0].path == "/queues/7/tickets"
    server.answers = [Answer(503)]
    page.get_by_role("button", name="Call create").click()
    expect(result).to_contain_text("It is tried again in")
    page.reload()
    expect(page.get_by_role("heading", name="Waiting and given up")).to_be_visible()
    desk.browsing.screenshot(page, "service")
    page.locator(".call-line").first.click()
    expect(page.get_by_role("heading", name="As a command")).to_be_visible()
    desk.browsing.screenshot(page, "service-call")
    desk.goto("/webservices")
    expect(page.get_by_text("Retrying")).to_be_visible()
    desk.browsing.screenshot(page, "services")
    assert desk.is_clean()


def test_a_file_is_looked_at_and_its_services_are_held_until_they_are_confirmed(
    desk: Desk, provider: FakeProvider, server: Service, tmp_path: Path
) -> None:
    """SEC-61, SEC-62: and the YAML is checked while one types."""
    page, home = desk.page, desk.home
    document = credentials_document("Ticket system", provider, "machine", "secret")
    home.cli("config", "import", "-", input=as_yaml(document), check=0)
    home.cli("webservice", "import", "-", input=f"- {{Name: Reports, BaseURL: {server.url}}}", check=0)
    desk.people_and_sign_in()
    desk.goto("/webservices")
    page.get_by_role("link", name="Import").click()
    file = tmp_path / "services.yml"
    file.write_text(FILE.replace("PLACE", server.url))
    page.get_by_label("YAML file").set_input_files(file)
    page.get_by_label("Overwrite existing").check()
    desk.browsing.screenshot(page, "service-import")
    page.get_by_role("button", name="Preview import").click()
    expect(page.get_by_text("1 entry would send its token or secrets where nobody has confirmed it.")).to_be_visible()
    page.get_by_text("1 place").click()
    desk.browsing.screenshot(page, "service-import-preview")
    page.get_by_role("button", name="Import", exact=True).click()
    page.wait_for_url("**/webservices")
    desk.browsing.screenshot(page, "services-held")
    notice = page.locator(".notices, .notice").filter(has_text="Tickets is held")
    notice.get_by_role("link", name="Confirm").first.click()
    desk.browsing.screenshot(page, "service-confirm")
    page.get_by_role("button", name="Confirm this address").click()
    expect(page.get_by_text("Tickets is confirmed")).to_be_visible()
    page.get_by_role("link", name="Edit").click()
    yaml = page.get_by_label("Invokers and the rest, as YAML")
    yaml.fill("Timeout: 5\nInvokers:\n  create:\n    Output: a ||\n")
    line = page.locator("#yaml-check a[data-line='4']")
    expect(line).to_be_visible()
    expect(page.locator("#yaml-gutter i.marked")).to_have_text("4")
    page.get_by_label("Base URL").fill("https://elsewhere.example")
    desk.browsing.screenshot(page, "service-yaml-check")
    yaml.fill("Timeout: 5\n")
    expect(page.get_by_text("breaks no rule")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Addresses change")).to_be_visible()
    desk.browsing.screenshot(page, "service-moved")
    assert desk.is_clean()
