"""The main menu: where it leads, what it marks, and what a place says whose part is yet to come."""

import re

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import path

from bursar.web.places import PLACES, menu, missing
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


def test_a_place_that_is_routed_needs_no_promise() -> None:
    """A part that brings its page only adds a route."""

    def page(_: HttpRequest) -> HttpResponse:
        return HttpResponse()

    promised = {str(each.pattern) for each in missing([path("tokens", page), path("mail", page)])}
    assert promised == {place.route for place in PLACES} - {"tokens", "mail"}


def test_a_place_to_come_says_what_to_use_now(pages: Pages) -> None:
    route = missing([])[1]
    request = RequestFactory().get("/mail")
    request.user = pages.person("admin")
    answer = route.callback(request).content.decode()
    assert "comes with a later version" in answer
    assert "bursar mail --help" in answer


def test_the_skip_link_comes_first_and_leads_to_the_content(pages: Pages) -> None:
    html = pages.admin.get("/audit").content.decode()
    first = re.search(r"<(a|button|input|summary)\b[^>]*>", html.split("<body", 1)[1])
    assert first is not None
    assert 'href="#main"' in first[0]
    assert '<main id="main" tabindex="-1">' in html
