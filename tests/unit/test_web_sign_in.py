"""Signing in and out, throttling, sessions that end, the first administrator."""

from datetime import timedelta

import pytest
from django.test import Client

from bursar.access.models import Person
from bursar.access.setup import new_setup_link
from bursar.testing import FakeClock
from tests.unit.web_pages import HOST, PASSWORD, Pages, form_token

pytestmark = pytest.mark.django_db(transaction=True)

WRONG = b"The e-mail address or the password is wrong."


def sign_in(client: Client, email: str, password: str = PASSWORD, **extra: str) -> int:
    return client.post("/sign-in", {"login": email, "password": password}, **extra).status_code  # type: ignore[arg-type]


def test_signing_in_leads_back_to_the_page_that_was_asked_for(pages: Pages) -> None:
    email = pages.person(Person.ADMIN).email
    where = pages.visitor.get("/tokens?show=now").headers["Location"]
    assert where == "/sign-in?next=/tokens%3Fshow%3Dnow"
    answer = pages.visitor.post(where, {"login": email, "password": PASSWORD, "next": "/tokens?show=now"})
    assert answer.headers["Location"] == "/tokens?show=now"


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_never_leads_to_another_host(pages: Pages, target: str) -> None:
    """SEC-11"""
    email = pages.person(Person.ADMIN).email
    answer = pages.visitor.post("/sign-in", {"login": email, "password": PASSWORD, "next": target})
    assert answer.headers["Location"] == "/tokens"


def test_an_unknown_person_gets_the_same_answer_as_a_wrong_password(pages: Pages) -> None:
    """SEC-37"""
    email = pages.person(Person.ADMIN).email
    known = pages.client().post("/sign-in", {"login": email, "password": "wrong"})
    unknown = pages.client().post("/sign-in", {"login": "nobody@kestrel.example", "password": "wrong"})
    assert known.status_code == unknown.status_code == 200
    assert WRONG in known.content
    assert WRONG in unknown.content


def test_a_disabled_person_gets_the_same_answer_too(pages: Pages) -> None:
    """SEC-37, SEC-38: and a session that is open ends at once."""
    admin = pages.admin
    person = pages.person(Person.ADMIN)
    Person.objects.filter(pk=person.pk).update(is_active=False)
    assert admin.get("/tokens").status_code == 302
    answer = pages.client().post("/sign-in", {"login": person.email, "password": PASSWORD}, follow=True)
    assert WRONG in answer.content


def test_guessing_is_slowed_and_the_person_still_signs_in_from_elsewhere(pages: Pages) -> None:
    """SEC-37: a hundred wrong passwords from one address."""
    email = pages.person(Person.ADMIN).email
    guesser = pages.client()
    pages_seen = [guesser.post("/sign-in", {"login": email, "password": f"wrong {n}"}).content for n in range(12)]
    assert WRONG in pages_seen[0]
    assert b"Too many tries" in pages_seen[-1]
    assert guesser.post("/sign-in", {"login": email, "password": PASSWORD}).status_code != 302
    assert sign_in(pages.client(), email, REMOTE_ADDR="203.0.113.9") == 302


def test_a_session_gets_a_new_name_at_sign_in_and_is_gone_after_sign_out(pages: Pages) -> None:
    """SEC-38: the old cookie is worth nothing in any process."""
    email = pages.person(Person.ADMIN).email
    client = pages.client()
    client.cookies["bursar-session"] = "planted0planted0planted0planted0"
    assert sign_in(client, email) == 302
    cookie = client.cookies["bursar-session"].value
    assert cookie != "planted0planted0planted0planted0"
    assert client.get("/tokens").status_code == 200
    assert client.post("/sign-out").headers["Location"] == "/sign-in"
    again = pages.client()
    again.cookies["bursar-session"] = cookie
    assert again.get("/tokens").status_code == 302
    assert again.post("/tokens/x/revoke").status_code == 401


def test_a_changed_password_ends_every_session(pages: Pages) -> None:
    """SEC-38"""
    admin = pages.admin
    person = pages.person(Person.ADMIN)
    person.set_password("quite another sentence")
    person.save()
    assert admin.get("/tokens").status_code == 302


def test_a_session_ends_twelve_hours_after_sign_in_however_busy_it_is(clock: FakeClock, pages: Pages) -> None:
    """SEC-38"""
    admin = pages.admin
    for _ in range(11):
        clock.advance(3600)
        assert admin.get("/tokens").status_code == 200
    clock.advance(timedelta(hours=1, seconds=1).total_seconds())
    assert admin.get("/tokens").status_code == 302


def test_a_session_ends_two_hours_after_its_last_use(clock: FakeClock, pages: Pages) -> None:
    """SEC-38: what a page asks for by itself is no use; nothing is written for it (SEC-39)."""
    left, busy = pages.admin, pages.admin
    for _ in range(23):
        clock.advance(300)
        assert left.get("/tokens/rows", headers={"HX-Request": "true"}).headers.get("HX-Redirect") is None
        assert busy.get("/settings").status_code == 200
    clock.advance(300)
    assert left.get("/tokens/rows", headers={"HX-Request": "true"}).headers["HX-Redirect"] == "/sign-in"
    assert busy.get("/settings").status_code == 200


@pytest.mark.parametrize("cookie", ["", "1.x", "another session's"])
def test_when_a_session_was_used_is_believed_of_its_own_cookie_alone(
    clock: FakeClock, pages: Pages, cookie: str
) -> None:
    """SEC-38"""
    admin, other = pages.admin, pages.auditor
    clock.advance(3600)
    for client in (admin, other):
        assert client.get("/settings").status_code == 200
    clock.advance(3600)
    name = "bursar-last-use"
    admin.cookies[name] = other.cookies[name].value if cookie.startswith("another") else cookie
    assert admin.get("/settings").status_code == 302
    assert other.get("/settings").status_code == 200


def test_a_new_password_does_not_end_the_session_that_set_it_however_old_it_is(clock: FakeClock, pages: Pages) -> None:
    admin = pages.admin
    for _ in range(3):
        clock.advance(3600)
        assert admin.get("/account").status_code == 200
    new = "a new sentence, long enough"
    sent = {"do": "password", "current_password": PASSWORD, "password": new, "again": new}
    assert admin.post("/account", sent).status_code == 303
    assert admin.get("/account").status_code == 200


def test_the_first_administrator_is_made_once(pages: Pages) -> None:
    """SEC-36: the link is gone after its use, and without one there is no way in."""
    link = f"/setup/{new_setup_link(pages.ctx)}"
    assert pages.visitor.get("/setup/guessed").status_code == 403
    assert pages.visitor.get(link).status_code == 200
    given = {"name": "Jana Novak", "email": "jana@kestrel.example", "password": PASSWORD}
    answer = pages.visitor.post(link, given)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/tokens")
    assert b"Welcome, Jana Novak" in pages.visitor.get("/tokens").content
    assert Person.objects.get().role == Person.ADMIN
    assert pages.client().get(link).status_code == 403
    assert pages.client().post(link, given | {"email": "eve@evil.example"}).status_code == 403
    assert Person.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": ""}, "Enter your name"),
        ({"email": "jana"}, "not an e-mail address"),
        ({"password": "short"}, "too short"),
        ({"password": "password1234"}, "too common"),
    ],
)
def test_a_bad_first_administrator_is_told_why_and_the_link_stays_good(
    pages: Pages, change: dict[str, str], said: str
) -> None:
    """SEC-37; the password is never sent back (SEC-41)."""
    link = f"/setup/{new_setup_link(pages.ctx)}"
    given = {"name": "Jana Novak", "email": "jana@kestrel.example", "password": PASSWORD} | change
    answer = pages.visitor.post(link, given)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert f'value="{given["password"]}"' not in answer.content.decode()
    assert pages.visitor.get(link).status_code == 200


def test_a_post_without_its_token_or_from_elsewhere_is_refused(pages: Pages) -> None:
    """SEC-39: no token, a foreign Origin, Sec-Fetch-Site cross-site; the page says which host it expects."""
    pages.fill()
    client = pages.signed_in(Person.ADMIN, enforce_csrf_checks=True)
    page = client.get("/tokens").content.decode()
    path = f"/tokens/{pages.view('Sales inbox').id}/authorize"
    good = {"csrfmiddlewaretoken": form_token(page)}
    assert client.post(path).status_code == 403
    assert client.post(path, good, headers={"origin": "https://evil.example"}).status_code == 403
    assert client.post(path, good, headers={"origin": "null"}).status_code == 403
    refused = client.post(path, good, headers={"sec-fetch-site": "cross-site"})
    assert refused.status_code == 403
    assert f"http://{HOST}" in refused.content.decode()
    own = {"origin": f"http://{HOST}", "sec-fetch-site": "same-origin"}
    assert client.post(path, good, headers=own).status_code == 303


def test_behind_a_proxy_that_speaks_tls_our_own_origin_is_known(pages: Pages) -> None:
    """SEC-39: Django itself sees http and another Host."""
    pages.set("HttpType", "https")
    pages.set("FQDN", "bursar.kestrel.example")
    client = pages.client(enforce_csrf_checks=True, host="127.0.0.1:8085")
    email = pages.person(Person.ADMIN).email
    token = form_token(client.get("/sign-in").content.decode())
    given = {"login": email, "password": PASSWORD, "csrfmiddlewaretoken": token}
    assert client.post("/sign-in", given, headers={"origin": "https://bursar.kestrel.example"}).status_code == 302
