"""Every page there is, from the routes themselves: a new route is looked at without anybody's adding it here.

`every_page` leads a browser from the first administrator's link through all of them. A route that answers a GET with
a page, and of which nothing but a refusal was seen, fails it: pictures and axe-core go the same way.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

from tests.browser.staged_pages import SERVICE, STAGES
from tests.browser.test_pages import ADMINISTRATOR, PASSWORD, Desk

# What fills a route's parameter: a text, or a question to the home's database.
KNOWN = {"slug": "google-mail", "name": "FQDN", "topic": "providers/microsoft", "picture": "overview.png"}
ASKED = {
    "token_id": "SELECT t.id FROM tokens_token t JOIN tokens_configuration c ON c.id = t.configuration_id "
    "WHERE c.name = 'Sales inbox' AND t.label = ''",
    "configuration_id": "SELECT id FROM tokens_configuration WHERE name = 'Sales inbox'",
    "key_id": "SELECT id FROM access_api_key ORDER BY id LIMIT 1",
    "account_id": "SELECT id FROM mail_account WHERE name = 'Accounting 1'",
    "service_id": "SELECT id FROM webservice WHERE name = 'Tickets'",
    "call_id": "SELECT id FROM webservice_call WHERE status = 409",
    "job_id": "SELECT id FROM webservice_job LIMIT 1",
    "consent_id": "SELECT id FROM tokens_consent WHERE candidate IS NOT NULL",
    "person_id": "SELECT id FROM access_person WHERE role = 'auditor'",
}
# Routes whose page is of something else than the others': of what is held, of who posts to a webhook.
OTHERS = {
    "tokens/<str:token_id>/confirm": "SELECT id FROM tokens_token WHERE held",
    "mail/<str:account_id>/confirm": "SELECT id FROM mail_account WHERE held",
    "mail/<str:account_id>/signing-secret": "SELECT id FROM mail_account WHERE deliver LIKE 'https:%'",
    "webservices/<str:service_id>/confirm": "SELECT id FROM webservice WHERE held",
}
# Further states of pages, by their address.
MORE = {
    "add-form": "/configurations/add/microsoft-exchange",
    "add-form-app": "/configurations/add/microsoft-exchange-app",
    "add-form-by-hand": "/configurations/add/any-code",
    "help-search": "/help?q=AADSTS50194",
    "overview-empty": "/tokens?q=nothing-has-this-name",
    "overview-now": "/tokens?show=now",
    "import-ended": "/import/nothing",
    "mail-import-ended": "/mail/import/nothing",
    "not-found": "/nowhere",
}
# Places that say what they are for before there is anything.
EMPTY = ("mail", "webservices", "keys", "export")
# Routes that lead on to another one's page, whatever is there.
LEADS_ON = {""}
# The pages that are refusals by what they say.
REFUSALS = {"callback-result", "callback-elsewhere", "not-found", "import-ended", "mail-import-ended"}
# The pages on which something was entered that is wrong.
WRONG = {"import-refused", "import-locked-wrong-key", "add-form-wrong", "discover-wrong", "mail-add-wrong"}
# Answers to a POST, or a page on which something was clicked: loaded again, they are another page.
ONCE = WRONG | {"people-invited", "keys-made", "colleague-link", "edit-moved", "tokens-ticked"}
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True, slots=True)
class Route:
    """A pattern of `urlpatterns`, with those that it stands below."""

    pattern: str

    @property
    def name(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", PARAMETER.sub(r"\1", self.pattern).lower()).strip("-") or "home"


def every_page(desk: Desk) -> Iterator[str]:
    """The name of each page, while the browser shows it; the desk's home is new, and nobody is signed in.

    Raises AssertionError for what answers with a refusal instead of its page, and for routes of which no page was seen.
    """
    desk.goto("/sign-in")
    yield "sign-in-before-anybody"
    desk.page.goto(desk.serving.setup_link())
    yield "setup"
    _become_administrator(desk)
    yield "first-run"
    for place in EMPTY:
        desk.goto(f"/{place}")
        yield f"{place}-empty"
    furnish(desk)
    seen = {pattern for pattern, _ in STAGES.values()} | {"setup/<str:link>", "sign-in", "callback/elsewhere"}
    values = KNOWN | {name: _asked(desk, question) for name, question in ASKED.items()}
    for route in _routes():
        if route.pattern not in seen and shows(desk, route, values):
            yield route.name
    for name, (_, stage) in STAGES.items():
        stage(desk)
        status = desk.page.evaluate("performance.getEntriesByType('navigation')[0].responseStatus")
        assert status == 200 or name in REFUSALS | WRONG, f"{name}: {status}"
        yield name
    for name, address in MORE.items():
        desk.goto(address)
        yield name
    desk.page.context.clear_cookies()
    desk.goto("/sign-in")
    yield "sign-in"
    desk.goto("/callback/elsewhere")
    yield "callback-elsewhere"


def furnish(desk: Desk) -> None:
    """Put something into every place: tokens in every state with a past, a key, mail, a web service with calls."""
    desk.fill()
    desk.fill("past")
    desk.home.cli("key", "new", "--name", "Ticket system", "--allow", "*", check=0)
    stock = SERVICE.replace("Tickets", "Stock").replace("tickets", "stock")
    desk.home.cli("webservice", "import", "-", input=SERVICE + stock, check=0)
    desk.fill("later")
    password = desk.home.path.parent / "password"
    password.write_text(PASSWORD)
    told = ("--role", "auditor", "--password-file", str(password))
    desk.home.cli("people", "add", "lin@kestrel.example", *told, check=0)


def shows(desk: Desk, route: Route, values: dict[str, str]) -> bool:
    """Go there. False where a GET is not allowed, or answers with a file, data, a part of a page or another page.

    Raises AssertionError where it answers with a refusal: what fills its parameters leads nowhere, then.
    """
    if route.pattern in LEADS_ON:
        return False
    other = _asked(desk, OTHERS[route.pattern]) if route.pattern in OTHERS else ""
    address = "/" + PARAMETER.sub(lambda found: other or values.get(found[1], "nothing"), route.pattern)
    first = desk.page.context.request.get(desk.serving.url + address, max_redirects=0)
    if first.status == 405 or not first.headers.get("content-type", "text/html").startswith("text/html"):
        return False
    assert first.status in (200, 204), f"{address} of {route.pattern} answers {first.status}: it shows no page"
    if "content-disposition" in first.headers or "<!doctype html" not in first.text().lower():
        return False
    desk.goto(address)
    return True


def _routes() -> Iterator[Route]:
    """Every pattern, those of the API too."""

    def below(resolver: URLResolver, before: str) -> Iterator[Route]:
        for each in resolver.url_patterns:
            pattern = str(each.pattern)
            if isinstance(each, URLResolver):
                yield from below(each, before + pattern)
            elif isinstance(each, URLPattern) and not pattern.startswith("^"):
                yield Route(before + pattern)

    yield from below(get_resolver(), "")


def _become_administrator(desk: Desk) -> None:
    for label, text in (("Name", "Jana Novak"), ("E-mail address", ADMINISTRATOR), ("Password", PASSWORD)):
        desk.page.get_by_label(label).fill(text)
    desk.page.get_by_role("button", name="Set the password").click()
    desk.page.wait_for_url("**/tokens")


def _asked(desk: Desk, question: str) -> str:
    found = desk.home.sql(question)
    assert found, question
    return str(found[0][0])
