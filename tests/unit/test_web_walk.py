"""What a new person stumbled over on a walk through the pages: who did it, by when, and what to do next."""

import re

import pytest

from bursar.tokens.edit import by_id
from bursar.web.help.library import shelves
from bursar.web.table import summary
from bursar.web.templatetags.bursar_web import linked
from tests.unit.test_web_yaml import address, edited
from tests.unit.web_pages import PASSWORD, Pages

pytestmark = pytest.mark.django_db(transaction=True)


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.partition("<main")[2]).split())


def test_whoever_comes_before_the_first_administrator_is_told_where_the_link_is(pages: Pages) -> None:
    assert "the link that bursar serve printed" in text(pages.visitor.get("/sign-in").content.decode())
    pages.person("admin")
    assert "the link that bursar serve printed" not in text(pages.visitor.get("/sign-in").content.decode())


def test_a_consent_under_way_says_who_opened_it_and_when(pages: Pages) -> None:
    pages.fill()
    view = pages.view("Ticket archive")
    assert pages.admin.post(f"/tokens/{view.id}/authorize").status_code == 303
    for path in ("/tokens", f"/tokens/{view.id}"):
        said = text(pages.auditor.get(path).content.decode())
        assert re.search(r"Waiting for consent .*Opened by The admin at \d\d:\d\d\.", said), path
    pages.person("admin").delete()
    assert "Opened by admin@kestrel.example at" in text(pages.auditor.get("/tokens").content.decode())


def test_days_and_people_are_said_as_everywhere(pages: Pages) -> None:
    """A secret's last day in words on each page that names it, a person by name, a template by its title."""
    pages.fill()
    view = pages.view("ERP connector")
    day = r"(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day \d+ [A-Z][a-z]+( \d{4})?"
    assert re.search(rf"stored, ends {day}", text(pages.admin.get(f"/tokens/{view.id}").content.decode()))
    shown = text(pages.admin.get(f"/configurations/{view.configuration_id}/secret").content.decode())
    assert re.search(rf"It ends on {day}\.", shown)
    row = by_id(view.configuration_id)
    row.created_by = pages.person("auditor").email
    row.save(update_fields=["created_by"])
    assert re.search(r"Made [^,]+, The auditor", text(pages.admin.get(address(row)).content.decode()))
    microsoft = text(pages.admin.get(f"/tokens/{pages.view('Sales inbox').id}").content.decode())
    assert "from the template Microsoft Exchange Online." in microsoft
    assert "Template Microsoft Exchange Online" in microsoft


def test_what_was_never_begun_is_named_where_nothing_else_is() -> None:
    assert summary(0, 0, 1, 2) == "Nothing needs you now, 2 are not started. 1 runs without you."
    assert summary(0, 0, 0, 1) == "Nothing needs you now, 1 is not started."
    assert summary(3, 2, 7, 1) == "3 need you now, 2 soon. 7 run without you."


def test_a_scope_that_looks_like_an_address_is_no_link(pages: Pages) -> None:
    shown = str(linked("See https://console.example.org, then allow `https://mail.google.com/`."))
    assert shown.count("<a ") == 1
    assert "<code>https://mail.google.com/</code>" in shown
    html = pages.admin.get("/configurations/add/google-mail").content.decode()
    assert "<code>https://mail.google.com/</code>" in html
    assert 'href="https://mail.google.com/"' not in html


def test_a_checked_text_says_that_it_sends_secrets_elsewhere(pages: Pages) -> None:
    """SEC-62: before anything is saved."""
    pages.fill()
    row = by_id(pages.view("Sales inbox").configuration_id)
    moved = edited(pages, row, "login.microsoftonline.com/token", "login.attacker.example/token", action="check")
    for headers in ({}, {"HX-Request": "true"}):
        answer = pages.admin.post(address(row), moved, headers=headers)
        assert "It sends secrets elsewhere than before" in answer.content.decode()
    same = edited(pages, row, "Sales inbox", "Sales", action="check")
    assert "elsewhere than before" not in pages.admin.post(address(row), same).content.decode()


def test_decisions_stand_in_the_order_in_which_they_were_taken() -> None:
    numbers = [int(entry.title.split(".")[0]) for entry in shelves()[-1].entries if entry.title != "Decisions"]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 12


@pytest.mark.parametrize("seen", ["9" * 5000, "٣", "-1", "1.0", ""])
def test_a_generation_that_no_form_sends_is_refused(pages: Pages, seen: str) -> None:
    """SEC-42: thousands of digits are a number that Python refuses to read; no page breaks by them."""
    pages.fill()
    view, held = pages.view("Sales inbox"), pages.view("Applications")
    configuration = f"/configurations/{view.configuration_id}"
    assert pages.admin.post(f"{configuration}/edit", {"seen": seen}).status_code == 400
    assert pages.admin.post(f"{configuration}/yaml", {"seen": seen, "text": "x"}).status_code == 400
    secret = {f"seen:{view.configuration_id}": seen, "ClientSecret": "another"}
    assert pages.admin.post(f"{configuration}/secret", secret).status_code == 400
    confirmed = pages.admin.post(f"/tokens/{held.id}/confirm", {"seen": seen, "current_password": PASSWORD})
    assert confirmed.status_code == 400


def test_what_was_changed_while_one_looked_at_it_is_shown_again_before_it_is_confirmed(pages: Pages) -> None:
    """SEC-62: the yes was about other addresses, so nothing is released, and nobody gets a page of a failure."""
    pages.fill()
    held = pages.view("Applications")
    seen = by_id(held.configuration_id).generation
    answer = pages.admin.post(f"/tokens/{held.id}/confirm", {"seen": str(seen + 1), "current_password": PASSWORD})
    assert answer.status_code == 409
    assert "It was changed while you looked at it." in text(answer.content.decode())
    assert pages.view("Applications").held == ["token"]
    answer = pages.admin.post(f"/tokens/{held.id}/confirm", {"seen": str(seen), "current_password": PASSWORD})
    assert answer.status_code == 303
    assert pages.view("Applications").held == []
