"""The overview as an administrator works with it: order, filters, ticks, what is coming, changes by themselves."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_pages import Desk, desk, overflow

pytestmark = pytest.mark.counterpart

__all__ = ["desk"]
ROWS = "tr[id^='t-']"


@pytest.fixture
def page(desk: Desk) -> Page:
    desk.people_and_sign_in()
    desk.fill()
    desk.goto("/tokens")
    return desk.page


def names(page: Page) -> list[str]:
    found: list[str] = page.evaluate(f'Array.from(document.querySelectorAll("{ROWS}"), row => row.dataset.name)')
    return found


def test_order_filter_and_search_work_together_and_say_how_to_get_out(desk: Desk, page: Page) -> None:
    page.get_by_role("columnheader", name="Name").get_by_role("link").click()
    expect(page.locator(".group")).to_have_count(0)
    assert names(page) == sorted(names(page))
    page.get_by_role("columnheader", name="Name").get_by_role("link").click()
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "descending")
    assert names(page) == sorted(names(page), reverse=True)
    page.get_by_role("link", name="Valid only").click()
    expect(page.locator(ROWS)).to_have_count(14)
    page.get_by_role("searchbox").fill("google")
    expect(page.locator(ROWS)).to_have_count(5)
    assert names(page) == sorted(names(page), reverse=True)
    page.wait_for_url("**/tokens?valid=1&q=google&sort=-name")
    page.get_by_role("link", name=re.compile("Not started")).click()
    expect(page.locator(ROWS)).to_have_count(1)
    page.get_by_role("searchbox").fill("munich")
    expect(page.get_by_role("heading", name="No token fits")).to_be_visible()
    page.get_by_role("link", name="Clear the filter “Not started”").click()
    assert names(page) == ["Shared mailboxes Munich"]
    page.get_by_role("link", name="State").click()
    expect(page.locator(".group")).to_have_count(1)
    page.get_by_role("searchbox").fill("support 1")  # the name of a mail account that uses it
    expect(page.locator(ROWS)).to_have_count(1)
    assert desk.is_clean()


def test_ticked_rows_stay_ticked_while_rows_change_and_are_acted_on_together(desk: Desk, page: Page) -> None:
    bar = page.locator("#ticked")
    expect(bar).to_be_hidden()
    page.get_by_label("Tick Accounting").check()
    page.get_by_label("Tick Support").check()
    expect(bar).to_contain_text("2 ticked")
    desk.home.sql(
        "UPDATE tokens_token SET state = 'retrying', error_code = 'x', error_sentence = 'Google answers 503.' "
        "WHERE configuration_id = (SELECT id FROM tokens_configuration WHERE name = 'Accounting')"
    )
    page.mouse.move(5, 5)
    page.locator("h1").click()
    page.evaluate("document.activeElement.blur()")
    expect(page.get_by_role("row", name="Accounting")).to_contain_text("Google answers 503", timeout=20_000)
    expect(page.get_by_label("Tick Accounting")).to_be_checked()
    bar.get_by_label("Validity").select_option("invalid-temporarily")
    bar.get_by_role("button", name="Set validity").click()
    expect(page.locator("#result")).to_contain_text("2 configurations are invalid temporarily.")
    expect(page.get_by_role("row", name="Support").first).to_contain_text("Invalid temporarily")
    page.get_by_role("row", name="Accounting").get_by_role("button", name="Make valid").first.click()
    expect(page.locator("#result")).to_contain_text("Accounting is valid. Bursar uses it again.")
    bar.get_by_role("button", name="Export").click()
    page.wait_for_url("**/export")
    expect(page.locator("main")).to_contain_text("Support")
    assert desk.is_clean()


def test_every_row_of_a_page_is_ticked_at_once_on_a_phone_too(desk: Desk, page: Page) -> None:
    page.get_by_label("Tick every row of this page").check()
    expect(page.locator("#ticked")).to_contain_text("16 ticked")
    page.get_by_label("Tick Support").uncheck()
    assert page.get_by_label("Tick every row of this page").evaluate("box => box.indeterminate")
    page.set_viewport_size({"width": 390, "height": 844})
    assert overflow(page) == 0
    expect(page.locator("#ticked").get_by_role("button", name="Export")).to_be_in_viewport()
    page.get_by_role("button", name="Untick all").click()
    expect(page.locator("#ticked")).to_be_hidden()
    assert desk.is_clean()


def test_what_is_coming_is_drawn_and_listed(desk: Desk, page: Page) -> None:
    day = page.get_by_role("img", name=re.compile("^Next 24 hours: 4 ends?: .*Bursar renews"))
    expect(day).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^Next 90 days: .*client secret"))).to_be_visible()
    items = page.locator("#horizon li")
    expect(items.first).to_be_hidden()
    page.get_by_text("as a list").click()
    expect(items).to_contain_text(["Returns desk", "Invoices", "Helpdesk mailboxes", "Press office", "ERP connector"])
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    expect(items.first).to_be_visible()
    expect(page.locator("#horizon .label").first).to_be_hidden()
    assert desk.is_clean()
