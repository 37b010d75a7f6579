"""The main menu: where it leads, and what it marks."""

import re

import pytest

from bursar.web.places import PLACES, menu
from tests.unit.web_pages import Pages

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_entry_of_the_menu_leads_to_a_page_that_marks_it(pages: Pages) -> None:
    for client in (pages.admin, pages.auditor):
        for place in PLACES:
            answer = client.get(f"/{place.route}")
            assert answer.status_code == 200, place.route
            html = answer.content.decode()
            current = re.findall(r'<a[^>]*href="([^"]+)" aria-current="page">', html.split("</header>")[0])
            assert set(current) == {f"/{place.route}"}


def test_a_page_below_a_place_marks_it_too() -> None:
    assert [each["address"] for each in menu("/people/7") if each["current"]] == ["/people"]
    assert [each["address"] for each in menu("/authorize/x") if each["current"]] == ["/tokens"]
    assert [each["current"] for each in menu("/account") if each["current"]] == []


def test_the_skip_link_comes_first_and_leads_to_the_content(pages: Pages) -> None:
    html = pages.admin.get("/audit").content.decode()
    first = re.search(r"<(a|button|input|summary)\b[^>]*>", html.split("<body", 1)[1])
    assert first is not None
    assert 'href="#main"' in first[0]
    assert '<main id="main" tabindex="-1">' in html
