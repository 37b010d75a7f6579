"""axe-core finds nothing on any page: every route, as administrator, in light and dark, and the pages for visitors."""

import pytest

from tests.browser.every_page import Route, every_page, shows
from tests.browser.test_pages import Desk
from tests.counterparts.axe import CONTRAST, broken_rules
from tests.counterparts.browser import PHONE

pytestmark = [pytest.mark.counterpart, pytest.mark.slow]


def judged(desk: Desk, name: str) -> list[str]:
    """What is wrong with the page as it is, in light with every rule, and in dark with those of colour."""
    found = [f"{name}: {each}" for each in broken_rules(desk.page)]
    desk.page.emulate_media(color_scheme="dark")
    found += [f"{name}, dark: {each}" for each in broken_rules(desk.page, only=CONTRAST)]
    desk.page.emulate_media(color_scheme="light")
    return found


def test_no_page_breaks_a_rule_of_accessibility(plain_desk: Desk) -> None:
    """The pages of `make screenshots`, of which none that a route has is missing: see `every_page`."""
    desk, found, seen = plain_desk, [], []
    for name in every_page(desk):
        found += judged(desk, name)
        seen.append(name)
    assert len(seen) == len(set(seen)) >= 90
    desk.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    desk.sign_in()
    found += judged(desk, "overview on a phone")
    with pytest.raises(AssertionError, match=r"nothing of .* answers 404"):
        shows(desk, Route("configurations/add/<str:slug>"), {})
    assert not found, "\n" + "\n".join(found)
