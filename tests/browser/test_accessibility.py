"""axe-core finds nothing on any page: every route, as administrator, in light and dark, and the pages for visitors."""

import pytest

from tests.browser.every_page import every_page, furnish, opens
from tests.browser.test_pages import Desk
from tests.counterparts.axe import CONTRAST, broken_rules
from tests.counterparts.browser import PHONE

pytestmark = [pytest.mark.counterpart, pytest.mark.slow]

# Forms that come back with an error at each field when they are sent empty.
WRONG = ("/configurations/add/microsoft-exchange", "/configurations/add/discover")


def judged(desk: Desk, name: str) -> list[str]:
    """What is wrong with the page as it is, in light with every rule, and in dark with those of colour."""
    found = [f"{name}: {each}" for each in broken_rules(desk.page)]
    desk.page.emulate_media(color_scheme="dark")
    found += [f"{name}, dark: {each}" for each in broken_rules(desk.page, only=CONTRAST)]
    desk.page.emulate_media(color_scheme="light")
    return found


def test_no_page_breaks_a_rule_of_accessibility(plain_desk: Desk) -> None:
    desk, found = plain_desk, []
    desk.page.goto(desk.serving.setup_link())
    found += judged(desk, "setup")
    desk.people_and_sign_in()
    found += judged(desk, "first run")
    furnish(desk)
    seen = 0
    for place in every_page(desk):
        if opens(desk, place):
            found += judged(desk, place.name)
            seen += 1
    assert seen >= 30
    for path in WRONG:
        desk.goto(path)
        desk.page.locator("main form .btn.solid").first.click()
        desk.page.locator("[aria-invalid=true], [role=alert]").first.wait_for()
        found += judged(desk, f"{path}, sent empty")
    desk.page.context.clear_cookies()
    desk.goto("/sign-in")
    found += judged(desk, "sign-in")
    desk.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    desk.sign_in()
    found += judged(desk, "overview on a phone")
    assert not found, "\n" + "\n".join(found)
