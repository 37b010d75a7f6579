"""Every page there is, from the routes themselves: a new route is looked at without anybody's adding it here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.urls import URLPattern, get_resolver

from tests.browser.test_pages import Desk

# What fills a route's parameter: a question to the home's database, or a text. Others are found nowhere, which makes
# a page too.
KNOWN = {
    "slug": "google-mail",
    "name": "FQDN",
    "topic": "providers/microsoft",
    "picture": "",
    "link": "nothing",
    "ticket": "nothing",
}
ASKED = {
    "token_id": "SELECT t.id FROM tokens_token t JOIN tokens_configuration c ON c.id = t.configuration_id "
    "WHERE c.name = 'Sales inbox' AND t.label = ''",
    "configuration_id": "SELECT id FROM tokens_configuration WHERE name = 'Sales inbox'",
    "key_id": "SELECT id FROM access_api_key ORDER BY id LIMIT 1",
    "upload_id": "SELECT id FROM tokens_upload ORDER BY id LIMIT 1",
    "account_id": "SELECT id FROM mail_account ORDER BY name LIMIT 1",
    "service_id": "SELECT id FROM webservice ORDER BY name LIMIT 1",
    "person_id": "SELECT id FROM access_person ORDER BY id LIMIT 1",
}
MORE = {
    "add-form": "/configurations/add/microsoft-exchange",
    "add-form-app": "/configurations/add/microsoft-exchange-app",
    "add-form-by-hand": "/configurations/add/any-code",
    "help-search": "/help?q=AADSTS50194",
    "overview-empty": "/tokens?q=nothing-has-this-name",
    "overview-now": "/tokens?show=now",
    "not-found": "/nowhere",
}
SERVICE = """\
- Name: Tickets
  BaseURL: https://tickets.kestrel.example/api
  Authentication: OAuth2
  Token: Support
  Invokers:
    create: {Path: "/queues/:queue/tickets", Method: POST, Schedule: "0 6 * * *", Sample: {queue: 7, title: Printer}}
"""
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True, slots=True)
class Place:
    """A page by the name that its picture has."""

    name: str
    address: str


def furnish(desk: Desk) -> None:
    """Put something into every place: tokens in every state with a past, a key, a file to import."""
    desk.fill()
    desk.fill("past")
    desk.home.cli("key", "new", "--name", "Ticket system", "--allow", "*", check=0)
    desk.home.cli("webservice", "import", "-", input=SERVICE, check=0)
    exported = desk.home.cli("config", "export", "--name", "Support", check=0).stdout
    file = Path(desk.home.path.parent / "configurations.yml")
    file.write_text(exported.replace("Name: Support", "Name: Support in Munich"))
    desk.goto("/import")
    desk.page.locator("input[type=file]").set_input_files(file)
    desk.page.locator("form:has(input[type=file]) button").first.click()
    desk.page.wait_for_url(re.compile(r"/import/.+"))


def every_page(desk: Desk) -> Iterator[Place]:
    """The address of each route that a browser may open, for the person who is signed in; see `furnish`."""
    values = dict(KNOWN)
    for name, question in ASKED.items():
        values[name] = _asked(desk, question)
    for pattern in get_resolver().url_patterns:
        route = str(pattern.pattern)
        if not isinstance(pattern, URLPattern) or route.startswith("^") or "<str:picture>" in route:
            continue
        address = PARAMETER.sub(lambda found: values.get(found[1]) or "nothing", route)
        name = re.sub(r"[^a-z0-9]+", "-", PARAMETER.sub(r"\1", route).lower()).strip("-")
        yield Place(name or "home", f"/{address}")
    yield from (Place(name, address) for name, address in MORE.items())


def opens(desk: Desk, place: Place) -> bool:
    """Go there. False where the address takes no GET, is a file or a part of a page, or leads to another page."""
    first = desk.page.context.request.get(desk.serving.url + place.address, max_redirects=0)
    if "content-disposition" in first.headers:
        return False
    answer = desk.page.goto(desk.serving.url + place.address)
    assert answer is not None
    assert answer.status < 500, place
    path = desk.page.url.removeprefix(desk.serving.url).partition("?")[0]
    whole = desk.page.locator("body > main").count() == 1
    return answer.status != 405 and whole and path == place.address.partition("?")[0]


def _asked(desk: Desk, question: str) -> str:
    try:
        found = desk.home.sql(question)
    except Exception:  # noqa: BLE001 - the table comes with another part of Bursar, or is called otherwise
        return ""
    return str(found[0][0]) if found else ""
