"""Whatever a person can paste into a field of a page: it is refused there, or kept as it is; no page breaks by it."""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import resolve

from bursar.web.urls import urlpatterns
from tests.unit.test_web_crawl import furnish, walk
from tests.unit.web_pages import Pages

pytestmark = pytest.mark.django_db(transaction=True)

LONG = "/" + "x" * 300_000  # each field by itself, in a form that is right otherwise
TEXTS = (  # every field of a form at once
    "nul\x00nul",
    "bell\x07 escape\x1b delete\x7f next\x85",
    "  right\u202eleft \U0001f469\u200d\U0001f4bb \ufffe\uffff  ",
    "two\r\nlines: here {{ 7 }} %(x)s %s {x} <b>&amp;",
)
ANSWERED = (200, 303, 409, 422)
TYPED = ("text", "search", "email", "url", "password", "number", "date", "tel")
PLACES = (
    *("/mail", "/mail/add", "/webservices", "/webservices/add", "/people", "/account", "/keys", "/keys/new"),
    *("/settings", "/export", "/configurations/add", "/configurations/add/discover", "/help"),
)


class Form:
    """A form as the browser would send it, and which of its fields a person types into."""

    def __init__(self, address: str, attributes: dict[str, str | None]) -> None:
        self.action = urljoin(address, attributes.get("action") or attributes.get("hx-post") or address)
        self.posts = (attributes.get("method") or "get").lower() == "post" or "hx-post" in attributes
        self.values: dict[str, str] = {}
        self.typed: list[str] = []


class Forms(HTMLParser):
    """All forms of a page."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address, self.found = address, list[Form]()
        self._inside = False
        self._text = self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "form":
            self._inside = True
            self.found.append(Form(self.address, attributes))
            return
        name, value = attributes.get("name") or "", attributes.get("value") or ""
        if not self._inside or (not name and tag != "option"):
            return
        form = self.found[-1]
        if tag == "input":
            self._input(form, name, value, attributes)
        elif tag == "textarea":
            self._text, form.values[name] = name, ""
            form.typed.append(name)
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and (self._select not in form.values or "selected" in attributes):
            form.values[self._select] = value
        elif tag == "button":
            form.values.setdefault(name, value)

    def _input(self, form: Form, name: str, value: str, attributes: dict[str, str | None]) -> None:
        kind = attributes.get("type") or "text"
        if kind in TYPED:
            form.typed.append(name)
        elif kind == "file" or (kind in ("checkbox", "radio") and "checked" not in attributes):
            return
        form.values[name] = value

    def handle_data(self, data: str) -> None:
        if self._text:
            self.found[-1].values[self._text] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        self._inside &= tag != "form"
        if tag in ("textarea", "select"):
            self._text = self._select = ""


def forms(client: Client, address: str) -> list[Form]:
    parser = Forms(address)
    parser.feed(client.get(address).content.decode())
    return parser.found


def test_no_text_in_any_field_breaks_a_page(pages: Pages) -> None:
    """SEC-42: each typed field of each form on a page, by what a paste can bring."""
    admin = pages.admin
    found = walk(admin, [*furnish(pages), *PLACES])
    seen: set[tuple[str, str]] = set()
    wrong: list[str] = []
    for address, html in found.items():
        parser = Forms(address)
        parser.feed(html)
        for number, form in enumerate(parser.found):
            route = resolve(urlsplit(form.action).path).route
            fields = [name for name in form.typed if (route, name) not in seen]
            seen.update((route, name) for name in fields)
            for name, text in [(name, LONG) for name in fields] + [("", text) for text in TEXTS]:
                wrong += sent(admin, address, number, form, [name] if name else fields, text) if fields else []
    assert len(seen) >= 60
    assert not wrong, "\n".join(wrong)


def sent(client: Client, address: str, number: int, form: Form, names: list[str], text: str) -> list[str]:
    """Send the form as it stood on the page, with this text in the fields. What is wrong with the answer."""
    values = form.values | dict.fromkeys(names, text)
    answer = client.post(form.action, values) if form.posts else client.get(form.action, values)
    if answer.status_code in (409, 303):  # somebody was before: this form's own last try, which was stored
        again = forms(client, address)
        before, form.values = form.values, again[number].values if len(again) > number else form.values
        for name in names:
            if form.values.get(name, "") not in ("", before[name], text, text.strip()):
                return [f"{address}: {name} comes back as {form.values[name][:40]!r} for {text[:20]!r}"]
    if answer.status_code in ANSWERED:
        return []
    return [f"{address}: {names} of {form.action} with {text[:20]!r}: {answer.status_code}"]


def test_a_nul_in_an_address_leads_nowhere(pages: Pages) -> None:
    """SEC-42: on PostgreSQL nothing can be asked for with it."""
    pages.fill()
    for route in (str(each.pattern) for each in urlpatterns):
        if "<" in route and not route.startswith("^"):
            for method in ("get", "post"):
                answer = getattr(pages.admin, method)("/" + re.sub("<[^>]+>", "%00", route))
                assert answer.status_code in (404, 405), route
    assert pages.admin.post("/ticked/refresh", {"id": "a\0b"}).status_code == 303
