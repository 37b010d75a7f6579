"""If-Match is compared in one step with the change: who comes between the two is not overwritten (RFC 9110 §13.1.1)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from bursar.access import keys, roster
from bursar.access.models import Person
from bursar.api import tags
from bursar.context import Context
from bursar.handout.tries import Tries
from bursar.tokens import configure
from bursar.tokens.labels import add_label
from bursar.tokens.models import Configuration
from tests.unit.api_scene import Api, Said

pytestmark = pytest.mark.django_db(transaction=True)

MAIL = {"name": "Support", "login": "s@x.example", "host": "mail.x.example", "deliver": "maildir:/var/mail/x"}
NEW = {"template": "any-app", "name": "ERP", "set": {"TokenURL": "https://idp.example/token"}}
TIMEOUT = "WebUserAgent::Timeout"


@pytest.fixture
def api(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> Api:
    monkeypatch.setattr("bursar.app._context", ctx)
    monkeypatch.setattr("bursar.api.auth._tries", Tries())
    return Api(ctx)


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
