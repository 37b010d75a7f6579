"""If-Match is compared in one step with the change: who comes between the two is not overwritten (RFC 9110 §13.1.1)."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.db import connections

from bursar.access import keys, roster
from bursar.access.key_model import ApiKey
from bursar.access.models import Person
from bursar.api import tags
from bursar.mail.models import MailAccount
from bursar.tokens import configure
from bursar.tokens.labels import add_label
from bursar.tokens.models import Configuration
from tests.unit.api_scene import Api, Said

pytestmark = pytest.mark.django_db(transaction=True)

MAIL = {"name": "Support", "login": "s@x.example", "host": "mail.x.example", "deliver": "maildir:/var/mail/x"}
SERVICE = {
    "Name": "Tickets",
    "BaseURL": "https://tickets.example.org",
    "Authentication": "None",
    "Invokers": {"read": {"Path": "/tickets", "Method": "GET"}},
}
NEW = {"template": "any-app", "name": "ERP", "set": {"TokenURL": "https://idp.example/token"}}
TIMEOUT = "WebUserAgent::Timeout"


def asked(api: Api, method: str, where: str, body: Any = None) -> Said:
    """With the tag of what is there now."""
    return api.ask(method, where, body, **{"if-match": api.ask("GET", where).headers["ETag"]})


def after_check(monkeypatch: pytest.MonkeyPatch, module: str, other: Callable[[], object]) -> None:
    """Somebody else changes it right after the tag was found to be the right one."""

    def check(request: Any, shown: Any) -> None:
        tags.check(request, shown)
        other()

    monkeypatch.setattr(f"bursar.api.{module}.check", check)


def before_lock(monkeypatch: pytest.MonkeyPatch, place: str, lock: Any, other: Callable[[], object]) -> None:
    """Somebody else changes it right before the transaction begins in which it is looked at."""

    def late() -> AbstractContextManager[None]:
        monkeypatch.setattr(place, lock)
        other()
        return lock()  # type: ignore[no-any-return]

    monkeypatch.setattr(place, late)


@pytest.mark.parametrize(("method", "body"), [("PUT", {"value": "30"}), ("DELETE", None)])
@pytest.mark.parametrize("stored", [True, False])
def test_settings(api: Api, monkeypatch: pytest.MonkeyPatch, method: str, body: object, stored: bool) -> None:
    settings, now = api.ctx.settings, api.ctx.clock.now()
    if stored:
        settings.set(TIMEOUT, "10", "test", now)
    where = f"/settings/{TIMEOUT}"
    with monkeypatch.context() as patch:
        after_check(patch, "settings", lambda: settings.set(TIMEOUT, "20", "another", now))
        assert asked(api, method, where, body).status == 412
    assert settings.text(TIMEOUT) == "20"
    assert asked(api, method, where, body).status == 200


@pytest.mark.parametrize(("method", "body"), [("PATCH", {"allow": ["*"]}), ("DELETE", None)])
def test_keys(api: Api, monkeypatch: pytest.MonkeyPatch, clock: Any, method: str, body: object) -> None:
    api.new_key("erp", "ERP*")
    [key] = [each for each in keys.list_keys(api.ctx) if each.name == "erp"]
    clock.advance(1)
    with monkeypatch.context() as patch:
        after_check(patch, "keys", lambda: keys.change_key(api.ctx, "erp", "another", allow=("less",)))
        assert asked(api, method, f"/keys/{key.id}", body).status == 412
    assert keys.find_key(api.ctx, key.id).allow == ("less",)
    assert asked(api, method, f"/keys/{key.id}", body).status == 200


@pytest.mark.parametrize(("method", "body"), [("PATCH", {"may_sign_in": False}), ("DELETE", None)])
def test_people(api: Api, monkeypatch: pytest.MonkeyPatch, method: str, body: object) -> None:
    from bursar.api.people import one_at_a_time

    for name in ("ada", "bob"):
        Person.objects.add(f"{name}@x.example", "admin", "a long enough sentence", name)
    where = "/people/bob@x.example"
    with monkeypatch.context() as patch:
        before_lock(
            patch, "bursar.api.people.one_at_a_time", one_at_a_time, lambda: roster.set_role("bob@x.example", "auditor")
        )
        assert asked(api, method, where, body).status == 412
    bob = roster.find_person("bob@x.example")
    assert (bob.role, bob.is_active) == ("auditor", True)
    assert asked(api, method, where, body).status in (200, 204)


def test_deleting_a_configuration(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    made = api.ask("POST", "/configurations", NEW)
    where = f"/configurations/{made.json['id']}"
    row = Configuration.objects.get(name="ERP")
    with monkeypatch.context() as patch:
        before_lock(patch, "bursar.tokens.configure.writing", configure.writing, lambda: add_label(row, "other"))
        assert asked(api, "DELETE", where).status == 412
    assert row.tokens.filter(label="other").exists()
    assert asked(api, "DELETE", where).status == 204


def test_deleting_a_mail_account(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    made = api.ask("POST", "/mail-accounts", MAIL | {"password": "x"})
    where = f"/mail-accounts/{made.json['id']}"
    with monkeypatch.context() as patch:
        after_check(patch, "mail", lambda: _recomment(api, where, patch))
        assert asked(api, "DELETE", where).status == 412
    assert api.ask("GET", where).json["comment"] == "mine"
    assert asked(api, "DELETE", where).status == 204


def test_what_bursar_notes_beside_it_is_no_change_that_anybody_could_overwrite(api: Api, clock: Any) -> None:
    """A key that is used, an account that is collected, a person who signs in: If-Match holds all the same."""
    key = next(each for each in keys.list_keys(api.ctx) if each.name == "everything")
    account = api.ask("POST", "/mail-accounts", MAIL | {"password": "x"}).json["id"]
    Person.objects.add("ada@x.example", "admin", "a long enough sentence", "ada")
    Person.objects.add("bob@x.example", "admin", "a long enough sentence", "bob")
    places: tuple[tuple[str, Any], ...] = (
        (f"/keys/{key.id}", {"expires": "90d"}),
        (f"/mail-accounts/{account}", {"comment": "mine"}),
        ("/people/bob@x.example", {"role": "auditor"}),
    )
    seen = [api.ask("GET", where).headers["ETag"] for where, _ in places]
    clock.advance(60)
    now = api.ctx.clock.now()
    ApiKey.objects.filter(pk=key.id).update(last_used_at=now, last_used_from="10.0.0.9")
    MailAccount.objects.filter(pk=account).update(next_run_at=now)
    Person.objects.update(last_login=now)
    for (where, body), tag in zip(places, seen, strict=True):
        assert api.ask("GET", where, **{"if-none-match": tag}).status == 200, where
        assert api.ask("PATCH", where, body, **{"if-match": tag}).status == 200, where
        assert api.ask("PATCH", where, body, **{"if-match": tag}).status == 412, where


@pytest.mark.parametrize(("method", "body"), [("PUT", {"document": SERVICE | {"Comment": "late"}}), ("DELETE", None)])
def test_web_services(api: Api, monkeypatch: pytest.MonkeyPatch, method: str, body: object) -> None:
    made = api.ask("POST", "/webservices", {"document": SERVICE})
    where = f"/webservices/{made.json['id']}"
    with monkeypatch.context() as patch:
        after_check(patch, "webservices", lambda: _set_comment(api, where, patch))
        assert asked(api, method, where, body).status == 412
    assert api.ask("GET", where).json["document"]["Comment"] == "mine"
    assert asked(api, method, where, body).status in (200, 204)


def test_of_two_who_saw_a_web_service_one_wins(api: Api) -> None:
    """Eight callers with the same tag at once, half of them delete and half of them change: one is carried out."""
    for number in range(5):
        made = api.ask("POST", "/webservices", {"document": SERVICE})
        where, tag = f"/webservices/{made.json['id']}", made.headers["ETag"]
        ways = [("DELETE", None), ("PUT", {"document": SERVICE | {"Comment": "mine"}})] * 4
        together = threading.Barrier(len(ways))

        def ask(
            way: tuple[str, Any], where: str = where, tag: str = tag, together: threading.Barrier = together
        ) -> tuple[str, int]:
            try:
                mine = api.with_key()
                together.wait()
                return way[0], mine.ask(way[0], where, way[1], **{"if-match": tag}).status
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(ways)) as pool:
            said = list(pool.map(ask, ways))
        won = [each for each in said if each[1] < 300]
        assert len(won) == 1, f"round {number}: {said}"
        assert {status for _, status in said} <= {200, 204, 404, 412}, said
        left = api.ask("GET", where)
        assert left.status == (404 if won[0][0] == "DELETE" else 200)
        if left.status == 200:
            assert api.ask("DELETE", where).status == 204


def _set_comment(api: Api, where: str, patch: pytest.MonkeyPatch) -> None:
    patch.setattr("bursar.api.webservices.check", tags.check)
    assert api.ask("PUT", where, {"document": SERVICE | {"Comment": "mine"}}).status == 200


def _recomment(api: Api, where: str, patch: pytest.MonkeyPatch) -> None:
    patch.setattr("bursar.api.mail.check", tags.check)
    assert api.ask("PATCH", where, {"comment": "mine"}).status == 200


def test_a_key_for_a_name_deletes_no_labels_beyond_it(api: Api) -> None:
    """SEC-45: a configuration goes with its labels, so a key has to be for all of them."""
    made = api.ask("POST", "/configurations", NEW)
    where = f"/configurations/{made.json['id']}"
    row = Configuration.objects.get(name="ERP")
    add_label(row, "mine")
    add_label(row, "other")
    narrow, wide = api.new_key("narrow", "ERP", "ERP#mine"), api.new_key("wide", "ERP", "ERP#*")
    refused = api.ask("DELETE", where, key=narrow)
    assert (refused.status, refused.code) == (403, "key_limited")
    assert row.tokens.count() == 3
    assert api.ask("DELETE", where, key=wide).status == 204
