"""The way to the first token: what is ticked is so, and the one step that comes next has the button."""

import re

import pytest

from bursar.mail.models import MailAccount
from bursar.testing import FakeClock, FakeProvider
from bursar.tokens.models import Token
from tests.unit.life_scene import ERP, NAME, Scene
from tests.unit.web_pages import Pages

pytestmark = pytest.mark.django_db(transaction=True)


def ticks(html: str) -> list[bool]:
    """Which of the numbered steps are done."""
    steps = html.split('class="card todo"')[1].split("</ol>")[0]
    return ["done" in found for found in re.findall(r'<li class="([^"]*)"', steps)]


def buttons(html: str) -> list[str]:
    return re.findall(r'class="btn solid main" href="([^"]+)"', html)


def test_before_anything_the_catalogue_comes_next(pages: Pages) -> None:
    for path in ("/tokens", "/first-token"):
        html = pages.admin.get(path).content.decode()
        assert "Two steps to the first token." in html
        assert ticks(html) == [True, True, False, False, False]
        assert buttons(html) == ["/configurations/add"]
        assert 'href="/import"' in html


def test_with_a_configuration_authorizing_comes_next_and_the_overview_says_so(pages: Pages, scene: Scene) -> None:
    scene.add()
    html = pages.admin.get("/first-token").content.decode()
    assert "One step to the first token." in html
    assert ticks(html) == [True, True, True, False, False]
    [button] = buttons(html)
    assert button.endswith("/next")
    overview = pages.admin.get("/tokens").content.decode()
    assert f"authorize {NAME}" in overview
    assert 'href="/first-token"' in overview


def test_an_application_for_itself_is_requested(pages: Pages, scene: Scene) -> None:
    scene.add_credentials()
    html = pages.admin.get("/first-token").content.decode()
    assert f"Request {ERP}" in html
    assert "Nobody signs in" in html


def test_with_a_token_using_it_comes_next_and_the_redirect_uri_is_proven(pages: Pages, scene: Scene) -> None:
    scene.add()
    scene.authorize()
    html = pages.admin.get("/first-token").content.decode()
    assert "The first token is there." in html
    assert ticks(html) == [True, True, True, True, False]
    assert "registered: a provider sent somebody back" in html
    assert "support@practice.example" in html
    assert buttons(html) == ["/mail"]
    assert "Only trying it out?" not in html
    assert "The first token is there." in pages.admin.get("/tokens").content.decode()


def test_once_used_the_overview_is_quiet(pages: Pages, scene: Scene) -> None:
    scene.add()
    scene.authorize()
    now = scene.ctx.clock.now()
    MailAccount.objects.create(
        name="Sales",
        type="IMAPS",
        host="imap.example",
        port=993,
        login="sales@example.org",
        token=Token.objects.get(),
        deliver="maildir:/var/mail/sales",
        created_at=now,
    )
    assert "on-the-way" not in pages.admin.get("/tokens").content.decode()
    assert all(ticks(pages.admin.get("/first-token").content.decode()))


def test_with_many_configurations_nobody_is_told_how_to_begin(pages: Pages) -> None:
    pages.fill()
    assert "on-the-way" not in pages.admin.get("/tokens").content.decode()


def test_an_address_in_clear_is_not_ticked(pages: Pages) -> None:
    pages.set("FQDN", "bursar.example.org")
    client = pages.signed_in("admin", host="bursar.example.org")
    assert ticks(client.get("/first-token").content.decode()) == [True, False, False, False, False]


def test_an_auditor_sees_the_way_and_no_button(pages: Pages, provider: FakeProvider, clock: FakeClock) -> None:
    """SEC-42"""
    html = pages.auditor.get("/first-token").content.decode()
    assert buttons(html) == []
    assert "<form" not in html.split('class="card todo"')[1].split("</main>")[0]
