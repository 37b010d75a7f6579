"""A token configuration as YAML: checked in place, saved by the rules of the form."""

import re

import pytest

from bursar.access.models import Person
from bursar.keyring import Secret
from bursar.testing import FakeClock
from bursar.tokens import configure
from bursar.tokens.configure import secret_of
from bursar.tokens.document import document_of
from bursar.tokens.models import Configuration
from tests.unit.forms_scene import configuration, filled, shown, with_token
from tests.unit.web_pages import PASSWORD, Pages, form_token

pytestmark = pytest.mark.django_db(transaction=True)


def address(row: Configuration) -> str:
    return f"/configurations/{row.id}/yaml"


def again(row: Configuration) -> Configuration:
    return Configuration.objects.get(pk=row.id)


def edited(pages: Pages, row: Configuration, old: str, new: str, **values: str) -> dict[str, str]:
    sent = filled(pages.admin, address(row), **values)
    assert sent["text"].count(old) >= 1
    return sent | {"text": sent["text"].replace(old, new)}


def test_the_text_is_the_document_without_its_secret(pages: Pages) -> None:
    """SEC-41"""
    row = configuration(pages.ctx, Custom="kept")
    html = pages.admin.get(address(row)).content.decode()
    assert "Custom: kept" in shown(html)["text"]
    assert "ClientSecret: null" in shown(html)["text"]
    assert "cnry-" not in html


def test_a_changed_text_is_saved_and_keeps_secret_and_tokens(pages: Pages) -> None:
    row = configuration(pages.ctx)
    token = with_token(pages.ctx, row)
    sent = edited(pages, row, "Scope: mail", "Scope: mail calendar\n  New.Key: 7", action="save")
    answer = pages.admin.post(address(row), sent | {"text": sent["text"].replace("\n", "\r\n")})
    assert (answer.status_code, answer.headers["Location"]) == (303, address(row))
    now = again(row)
    assert (document_of(now).scope, document_of(now).extras["New.Key"]) == ("mail calendar", 7)
    assert secret_of(pages.ctx, now) == Secret("cnry-stored")
    token.refresh_from_db()
    assert (token.held, token.access_token is None, now.changed_by) == (False, False, "admin@kestrel.example")


def test_checking_marks_the_line_and_stores_nothing(pages: Pages) -> None:
    row = configuration(pages.ctx)
    sent = edited(pages, row, "Scope: mail", "Scope: other\n  PKCE: plain", action="check")
    answer = pages.admin.post(address(row), sent, headers={"HX-Request": "true"})
    html = answer.content.decode()
    line = sent["text"][: sent["text"].index("PKCE")].count("\n") + 1
    assert f'data-lines="{line} "' in html
    assert f"Line {line}</a>, <b>Config.PKCE</b>: must be S256 or none." in html
    assert "<code>PKCE: plain</code>" in html
    assert "<html" not in html
    whole = pages.admin.post(address(row), sent).content.decode()
    assert f'<i class="marked">{line}</i>' in whole
    fine = pages.admin.post(address(row), edited(pages, row, "Scope: mail", "Scope: x", action="check"))
    assert "The text is a valid configuration. It is not saved yet." in fine.content.decode()
    assert again(row).generation == row.generation


def test_a_text_that_breaks_rules_is_not_saved_and_comes_back(pages: Pages) -> None:
    row = configuration(pages.ctx)
    for old, new, said in (
        ("Name: Support", "Name: ''", "must not be empty"),
        ("Scope: mail", "Scope: [<b>", "is not YAML"),
        ("Scope: mail", "AuthFlow: ClientCredentials", "Requests.TokenByClientCredentials"),
    ):
        answer = pages.admin.post(address(row), edited(pages, row, old, new))
        html = answer.content.decode()
        assert (answer.status_code, said in html) == (422, True), said
        assert new in shown(html)["text"]
    configuration(pages.ctx, "Taken")
    answer = pages.admin.post(address(row), edited(pages, row, "Name: Support", "Name: Taken"))
    assert (answer.status_code, "already" in answer.content.decode()) == (422, True)
    assert again(row).generation == row.generation


def test_a_secret_in_the_text_is_refused_and_not_sent_back(pages: Pages) -> None:
    """SEC-41"""
    row = configuration(pages.ctx)
    for action in ("finish", "check"):
        sent = edited(pages, row, "ClientSecret: null", "ClientSecret: cnry-typed", action=action)
        html = pages.admin.post(address(row), sent).content.decode()
        assert "replace the secret on its own page" in html
        assert "cnry-" not in html
    assert secret_of(pages.ctx, again(row)) == Secret("cnry-stored")


def test_addresses_are_confirmed_before_they_are_saved(clock: FakeClock, pages: Pages) -> None:
    """SEC-43, SEC-62: as in the form."""
    row = configuration(pages.ctx)
    client = pages.admin
    client.get("/tokens")
    clock.advance(301)
    sent = filled(client, address(row))
    sent["text"] = sent["text"].replace("ClientID: bursar", "ClientID: other")
    html = client.post(address(row), sent).content.decode()
    assert "<ins><code>other</code></ins>" in html
    assert again(row).generation == row.generation
    sent = shown(html)
    assert client.post(address(row), sent).status_code == 422
    client.post(address(row), sent | {"current_password": PASSWORD, "moved": "hold"})
    assert (again(row).client_id, configure.held(again(row))) == ("other", ["secret"])


def test_two_people_at_once_lose_nothing(pages: Pages) -> None:
    row = configuration(pages.ctx)
    sent = edited(pages, row, "Scope: mail", "Scope: mine")
    configure.change(pages.ctx, "Support", [("Scope", "theirs")], None, "ben@kestrel.example")
    answer = pages.admin.post(address(row), sent)
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "ben@kestrel.example saved this configuration at" in html
    assert '<span class="theirs">-  Scope: theirs</span>' in html
    assert '<span class="mine">+  Scope: mine</span>' in html
    assert pages.admin.post(address(row), shown(html)).status_code == 303
    assert document_of(again(row)).scope == "mine"


def test_it_takes_a_form_of_our_own_its_own_fields_and_an_administrator(pages: Pages) -> None:
    """SEC-39, SEC-42"""
    row = configuration(pages.ctx)
    html = pages.auditor.get(address(row)).content.decode()
    assert re.search(r"<textarea[^>]* readonly>", html)
    assert "Save and finish" not in html
    sent = edited(pages, row, "Scope: mail", "Scope: x")
    assert pages.auditor.post(address(row), sent).status_code == 403
    assert pages.admin.post(address(row), sent | {"created_by": "x"}).status_code == 400
    assert pages.admin.post(address(row), sent | {"seen": "one"}).status_code == 400
    assert pages.admin.post(address(row), sent | {"text": "x" * 200_001}).status_code == 422
    client = pages.signed_in(Person.ADMIN, enforce_csrf_checks=True)
    page = client.get(address(row)).content.decode()
    assert client.post(address(row), sent).status_code == 403
    assert again(row).generation == row.generation
    assert client.post(address(row), sent | {"csrfmiddlewaretoken": form_token(page)}).status_code == 303
