"""A web service in the browser: added, called with its sample, the answer at once, the call in the log."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.test_pages import Desk, desk
from tests.integration.webservice_server import Answer, Service

__all__ = ["desk"]
pytestmark = pytest.mark.counterpart


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
