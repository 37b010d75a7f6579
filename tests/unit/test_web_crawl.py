"""The pages as somebody walks them who follows every link: what each must be, and that walking leaves no trace."""

import html
import re
from collections import Counter
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import resolve

from bursar.access.invitations import invite
from bursar.access.key_rules import Rules, parse_allow, parse_verbs
from bursar.access.keys import new_key
from bursar.tokens.uploads import receive
from bursar.web.help.library import page as help_page
from tests.browser.scenes import CODE
from tests.unit.web_pages import Pages, dump

pytestmark = pytest.mark.django_db(transaction=True)

MOST = 3  # addresses of one route: the fourth token's page is made as the third one's
LEADS_ON = re.compile(r"""(?:href|hx-get)=["']([^"'#]*)(#[^"']*)?["']""")
OF_ANOTHER_KIND = ("/static/", "/favicon")


def furnish(pages: Pages, role: str = "admin") -> list[str]:
    """Something in every place, secrets and all. Returns where to begin, the pages among it that no link leads to."""
    pages.fill()
    rules = Rules(parse_allow(("*",)), parse_verbs("read,refresh"))
    new_key(pages.ctx, "Ticket system", rules, None, "test")
    invite(pages.ctx, "new@kestrel.example", "auditor", "test")
    text = CODE.format(name="In a file", host="sso.kestrel.example", template="")
    upload = receive(pages.ctx, text.encode(), "cnry-file.yml", person=pages.person(role).email, overwrite=False)
    return ["/tokens", "/first-token"] + ([f"/import/{upload.id}"] if role == "admin" else [])


def walk(client: Client, starts: list[str]) -> dict[str, str]:
    """Every page that links lead to from there, at most a few of each route: address → HTML.

    Fails where a link leads nowhere, or to what this person may not see.
    """
    found: dict[str, str] = {}
    seen: Counter[str] = Counter()
    waiting = [(start, "") for start in starts]
    while waiting:
        address, came_from = waiting.pop(0)
        path = urlsplit(address).path
        route = resolve(path).route
        if address in found or seen[route] >= MOST:
            continue
        seen[route] += 1
        answer = client.get(address)
        assert answer.status_code in (200, 302, 303), f"{came_from} leads to {address}: {answer.status_code}"
        kind = answer.headers.get("Content-Type", "")
        found[address] = answer.content.decode() if kind.startswith("text/html") else ""
        for target, _anchor in LEADS_ON.findall(found[address]):
            where = html.unescape(target)
            if not where or "://" in where or where.startswith(("mailto:", *OF_ANOTHER_KIND)):
                continue
            waiting.append((urljoin(address, where), address))
        if answer.status_code != 200:
            waiting.append((urljoin(address, answer.headers["Location"]), address))
    return found


def test_an_administrator_walks_everywhere_and_nothing_changes(
    pages: Pages, capsys: pytest.CaptureFixture[str]
) -> None:
    """SEC-39, SEC-41: no link is dead, no page shows a secret, and the database is as it was, byte for byte."""
    starts = furnish(pages)
    admin = pages.admin
    before = dump(capsys)
    found = walk(admin, starts)
    walk(admin, starts)
    assert dump(capsys) == before
    routes = {resolve(urlsplit(address).path).route for address in found}
    assert len(routes) >= 30, sorted(routes)
    for address, text in found.items():
        assert "cnry-" not in text.replace("cnry-file.yml", ""), address


def test_an_auditor_is_shown_no_link_that_is_closed_to_auditors(
    pages: Pages, capsys: pytest.CaptureFixture[str]
) -> None:
    """SEC-41, SEC-42"""
    starts = furnish(pages, "auditor")
    auditor = pages.auditor
    before = dump(capsys)
    for address, text in walk(auditor, starts).items():
        assert "cnry-" not in text.replace("cnry-file.yml", ""), address
    assert dump(capsys) == before


def test_every_link_into_the_help_finds_its_heading(pages: Pages) -> None:
    for address, text in walk(pages.admin, furnish(pages)).items():
        for target, anchor in LEADS_ON.findall(text):
            if not anchor or not target.startswith("/help/"):
                continue
            found = help_page(target.removeprefix("/help/"))
            assert found is not None, f"{address}: {target}"
            assert anchor[1:] in {part.heading.anchor for part in found.parts}, f"{address}: {target}{anchor}"
