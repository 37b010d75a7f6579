"""People, invitations and one's own account, by the pages."""

import re

import pytest
from django.test import Client

from bursar.access.models import Invitation, Person
from bursar.testing import FakeClock
from tests.unit.web_pages import PASSWORD, Pages, form_token

pytestmark = pytest.mark.django_db(transaction=True)

ANOTHER = "quite another sentence"


def link_in(html: str) -> str:
    found = re.search(r'data-text="http://localhost:8085(/join/[\w-]+)"', html)
    assert found is not None
    return found[1]


def where(pages: Pages, role: str) -> str:
    return f"/people/{pages.person(role).pk}"


def test_somebody_is_invited_by_a_link_that_is_shown_once(pages: Pages) -> None:
    """SEC-36"""
    admin = pages.admin
    answer = admin.post("/people/invite", {"email": "ada@kestrel.example", "name": "Ada", "role": "auditor"})
    link = link_in(answer.content.decode())
    listed = admin.get("/people").content.decode()
    assert "ada@kestrel.example" in listed
    assert link not in listed
    guest = pages.client()
    page = guest.get(link).content.decode()
    assert 'value="Ada"' in page
    wrong = guest.post(link, {"name": "Ada", "password": "password1234"})
    assert wrong.status_code == 422
    assert 'value="password1234"' not in wrong.content.decode()
    assert guest.post(link, {"name": "Ada Byron", "password": PASSWORD}).headers["Location"] == "/tokens"
    assert b"Ada Byron" in guest.get("/tokens").content
    assert guest.post("/people/invite", {"email": "x@kestrel.example", "role": "admin"}).status_code == 403
    assert pages.client().get(link).status_code == 403
    assert pages.client().post(link, {"name": "Eve", "password": PASSWORD}).status_code == 403


def test_everything_about_people_asks_for_the_password(clock: FakeClock, pages: Pages) -> None:
    """SEC-43: a new administrator above all."""
    admin = pages.admin
    auditor = where(pages, Person.AUDITOR)
    clock.advance(301)
    assert admin.post("/people/invite", {"email": "ada@kestrel.example", "role": "admin"}).status_code == 422
    assert not Invitation.objects.exists()
    for wanted in ("role", "disable", "sessions", "link", "delete"):
        answer = admin.post(auditor, {"do": wanted, "role": "admin", "sure": "yes"})
        assert answer.status_code == 422, wanted
        assert b"Enter your password" in answer.content
    untouched = Person.objects.get(role=Person.AUDITOR)
    assert (untouched.is_active, untouched.session_epoch) == (True, 0)
    admin.post(auditor, {"do": "role", "role": "admin", "current_password": PASSWORD})
    assert Person.objects.filter(role=Person.ADMIN).count() == 2


def test_a_disabled_person_is_out_at_once_and_back_with_a_new_sign_in(pages: Pages) -> None:
    """SEC-38"""
    admin, theirs = pages.admin, pages.auditor
    assert theirs.get("/tokens").status_code == 200
    admin.post(where(pages, Person.AUDITOR), {"do": "disable"})
    assert theirs.get("/tokens").status_code == 302
    admin.post(where(pages, Person.AUDITOR), {"do": "enable"})
    assert theirs.get("/tokens").status_code == 302
    email = pages.person(Person.AUDITOR).email
    assert theirs.post("/sign-in", {"login": email, "password": PASSWORD}).status_code == 302
    assert theirs.get("/tokens").status_code == 200


def test_sessions_are_ended_everywhere_but_one_s_own_here(pages: Pages) -> None:
    """SEC-38"""
    admin, elsewhere, theirs = pages.admin, pages.admin, pages.auditor
    admin.post(where(pages, Person.AUDITOR), {"do": "sessions"})
    assert theirs.get("/tokens").status_code == 302
    admin.post(where(pages, Person.ADMIN), {"do": "sessions"})
    assert elsewhere.get("/tokens").status_code == 302
    assert admin.get("/tokens").status_code == 200


def test_nobody_ends_themselves_and_the_last_administrator_stays(pages: Pages) -> None:
    """SEC-42"""
    admin = pages.admin
    for wanted in ("role", "disable", "delete"):
        answer = admin.post(where(pages, Person.ADMIN), {"do": wanted, "role": "auditor", "sure": "yes"})
        assert answer.status_code == 422
        assert b"Ask another administrator" in answer.content
    assert Person.objects.get(role=Person.ADMIN).is_active


def test_deleting_asks_first_and_removes_the_person(pages: Pages) -> None:
    admin, theirs = pages.admin, pages.auditor
    address = where(pages, Person.AUDITOR)
    assert b"What they did, under their name" in admin.post(address, {"do": "delete"}).content
    assert Person.objects.count() == 2
    assert admin.post(address, {"do": "delete", "sure": "yes"}).headers["Location"] == "/people"
    assert theirs.get("/tokens").status_code == 302
    assert admin.get(address).status_code == 404
    assert admin.get("/people/nobody").status_code == 404


def test_a_forgotten_password_is_replaced_by_a_link(pages: Pages) -> None:
    link = link_in(pages.admin.post(where(pages, Person.AUDITOR), {"do": "link"}).content.decode())
    theirs = pages.auditor
    guest = pages.client()
    assert b"Set a new password" in guest.get(link).content
    guest.post(link, {"password": ANOTHER})
    assert guest.get("/account").status_code == 200
    assert theirs.get("/tokens").status_code == 302
    assert Person.objects.get(role=Person.AUDITOR).check_password(ANOTHER)


def test_auditors_see_people_and_change_none(pages: Pages) -> None:
    """SEC-42; unknown fields change nothing either."""
    auditor = pages.auditor
    pages.person(Person.ADMIN)
    assert b"admin@kestrel.example" in auditor.get("/people").content
    assert b"<button" not in auditor.get(where(pages, Person.ADMIN)).content.split(b"<main")[1]
    for path, data in (
        (where(pages, Person.AUDITOR), {"do": "role", "role": "admin"}),
        ("/people/invite", {"email": "x@kestrel.example", "role": "admin"}),
        ("/people/withdraw", {"email": "x@kestrel.example"}),
    ):
        assert auditor.post(path, data).status_code == 403
    assert auditor.get("/people/invite").status_code == 403
    auditor.post("/account", {"do": "name", "name": "New", "role": "admin", "is_active": "", "email": "e@evil.example"})
    mine = Person.objects.get(pk=pages.person(Person.AUDITOR).pk)
    assert (mine.name, mine.role, mine.email) == ("New", "auditor", "auditor@kestrel.example")


def test_a_password_is_changed_by_who_knows_the_old_one_and_ends_other_sessions(pages: Pages) -> None:
    """SEC-38, SEC-43: the old one is asked for however fresh the session is."""
    mine, elsewhere = pages.auditor, pages.auditor
    good = {"do": "password", "current_password": PASSWORD, "password": ANOTHER, "again": ANOTHER}
    for change, said in (
        ({"current_password": "wrong"}, "That is not your password."),
        ({"password": "short", "again": "short"}, "too short"),
        ({"again": "other"}, "The two passwords differ."),
    ):
        answer = mine.post("/account", good | change)
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert ANOTHER not in answer.content.decode()
    assert mine.post("/account", good).headers["Location"] == "/account"
    assert mine.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302


def test_one_s_other_sessions_are_ended_from_the_account(clock: FakeClock, pages: Pages) -> None:
    """SEC-38"""
    mine, elsewhere = pages.auditor, pages.auditor
    clock.advance(301)
    assert mine.post("/account", {"do": "sessions"}).status_code == 422
    assert elsewhere.get("/account").status_code == 200
    assert mine.post("/account", {"do": "sessions", "current_password": PASSWORD}).status_code == 303
    assert mine.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302


def test_forms_about_people_must_be_ours(pages: Pages) -> None:
    """SEC-39"""
    client: Client = pages.signed_in(Person.ADMIN, enforce_csrf_checks=True)
    given = {"email": "ada@kestrel.example", "role": "auditor"}
    assert client.post("/people/invite", given).status_code == 403
    token = form_token(client.get("/people/invite").content.decode())
    assert client.post("/people/invite", given | {"csrfmiddlewaretoken": token}).status_code == 200
