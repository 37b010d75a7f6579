"""Step-up: the dangerous few ask for the password again, five minutes after it was last confirmed (SEC-43)."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import Client
from django.urls import path
from pytest_django.fixtures import Settings

from bursar.access.models import Person
from bursar.testing import FakeClock
from bursar.web import urls
from bursar.web.access import act
from bursar.web.step_up import fresh_password, stepped_up
from tests.unit.web_pages import PASSWORD, Pages

pytestmark = pytest.mark.django_db(transaction=True)

SCREEN = "{% load step_up %}<form>{% password_again %}</form>"


@act
@fresh_password
def whole(request: HttpRequest) -> HttpResponse:
    return HttpResponse("the dangerous page" if request.method == "GET" else "done")


@act
def sometimes(request: HttpRequest) -> HttpResponse:
    allowed = request.method == "POST" and stepped_up(request)
    return HttpResponse("done" if allowed else engines["django"].from_string(SCREEN).render({}, request))


urlpatterns = [*urls.urlpatterns, path("whole", whole), path("sometimes", sometimes)]
handler403 = urls.handler403


@pytest.fixture
def admin(clock: FakeClock, pages: Pages, settings: Settings) -> Client:
    """Signed in; two dangerous pages are there to be asked for."""
    settings.ROOT_URLCONF = __name__
    return pages.admin


def test_five_minutes_after_signing_in_the_password_is_asked_for_once(clock: FakeClock, admin: Client) -> None:
    """SEC-43: a session older than five minutes is asked again; the right password leads on, and lasts five minutes."""
    clock.advance(299)
    assert b"the dangerous page" in admin.get("/whole").content
    clock.advance(1)
    asked = admin.get("/whole?of=it")
    assert b"Confirm that it is you" in asked.content
    assert b'name="then" value="/whole?of=it"' in asked.content
    answer = admin.post("/step-up", {"current_password": PASSWORD, "then": "/whole?of=it"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/whole?of=it")
    clock.advance(299)
    assert b"the dangerous page" in admin.get("/whole").content
    clock.advance(1)
    assert b"Confirm that it is you" in admin.get("/whole").content


def test_a_clock_that_was_set_back_confirms_nothing(clock: FakeClock, admin: Client) -> None:
    """SEC-43"""
    clock.jump(-3600)
    assert b"Confirm that it is you" in admin.get("/whole").content


def test_a_post_with_an_old_session_changes_nothing(clock: FakeClock, admin: Client) -> None:
    """SEC-43: unless it brings the password along."""
    clock.advance(301)
    refused = admin.post("/whole", {"x": "1"})
    assert refused.status_code == 422
    assert b"Nothing was changed yet" in refused.content
    assert admin.post("/whole", {"current_password": PASSWORD}).content == b"done"


def test_a_form_shows_the_field_only_when_it_is_needed(clock: FakeClock, admin: Client) -> None:
    """SEC-43; the wrong password is named beside the field and never sent back (SEC-41)."""
    assert b"current_password" not in admin.get("/sometimes").content
    clock.advance(301)
    assert b"Your password" in admin.get("/sometimes").content
    wrong = admin.post("/sometimes", {"current_password": "quite wrong"}).content.decode()
    assert "That is not your password." in wrong
    assert "quite wrong" not in wrong
    assert "Enter your password" in admin.post("/sometimes").content.decode()
    assert admin.post("/sometimes", {"current_password": PASSWORD}).content == b"done"
    assert admin.post("/sometimes").content == b"done"


def test_the_password_of_another_person_doesn_t_count(clock: FakeClock, pages: Pages, admin: Client) -> None:
    """SEC-43"""
    auditor = pages.person(Person.AUDITOR)
    auditor.set_password("the sentence of another")
    auditor.save()
    clock.advance(301)
    assert admin.post("/sometimes", {"current_password": "the sentence of another"}).content != b"done"


def test_guessing_is_slowed_as_at_the_sign_in(clock: FakeClock, admin: Client) -> None:
    """SEC-37: with a stolen session nobody guesses the password; the right one waits too."""
    clock.advance(301)
    said = [admin.post("/sometimes", {"current_password": f"wrong {n}"}).content.decode() for n in range(12)]
    assert "That is not your password." in said[0]
    assert "Too many tries" in said[-1]
    assert admin.post("/sometimes", {"current_password": PASSWORD}).content != b"done"


@pytest.mark.parametrize("then", ["https://evil.example/", "//evil.example", "", "/\\evil.example"])
def test_it_leads_to_no_other_host(admin: Client, then: str) -> None:
    """SEC-11"""
    answer = admin.post("/step-up", {"current_password": PASSWORD, "then": then})
    assert answer.headers["Location"] == "/tokens"
