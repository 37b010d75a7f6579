"""API keys in the browser."""

import html
import re
from datetime import timedelta

import pytest

from bursar.access import keys
from bursar.access.key_rules import Rules, Verb
from bursar.clock import to_micros
from bursar.handout.models import Use
from bursar.tokens.models import Token
from bursar.uses import Consumer
from bursar.web.views import keys as views
from tests.bench.many import fill_many
from tests.unit.door_scene import Door
from tests.unit.web_pages import PASSWORD, Pages

pytestmark = pytest.mark.django_db(transaction=True)

FORM = {"name": "mail gateway", "allow": "mail-*\nSales inbox", "verbs": ["read"], "ends": "90d", "networks": ""}
STEP = {"current_password": PASSWORD}


def test_a_key_is_shown_once_and_works(pages: Pages, door: Door) -> None:
    """SEC-44: the page that made it shows it; no other page, and no second look, does."""
    pages.fill()
    admin = pages.admin
    answer = admin.post("/keys/new", FORM | STEP)
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    [secret] = set(re.findall(r"bursar_[A-Za-z0-9_-]{43}", answer.content.decode()))
    assert door.get("Sales inbox", key=secret).status != 401
    [view] = [key for key in keys.list_keys(pages.ctx) if key.name == "mail gateway"]
    assert (view.allow, view.verbs, view.created_by) == (("mail-*", "Sales inbox"), ("read",), "admin@kestrel.example")
    for path in ("/keys", f"/keys/{view.id}", f"/keys/{view.id}/edit", "/keys/new"):
        page = admin.get(path).content.decode()
        assert secret not in page, path
    assert "mail gateway" in admin.get("/keys").content.decode()
    again = admin.post("/keys/new", FORM | STEP)
    assert (again.status_code, "with this name already" in again.content.decode()) == (422, True)


def test_every_error_is_at_its_field_and_nothing_is_lost(pages: Pages) -> None:
    bad = {"name": "", "allow": " \n", "verbs": [], "ends": "date", "day": "2001-01-01", "networks": "10.0.0.1/8\nx"}
    answer = pages.admin.post("/keys/new", bad | STEP)
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "5 fields need you." in page
    assert page.count('class="problem"') == 5
    assert "10.0.0.1/8\nx</textarea>" in page
    assert keys.list_keys(pages.ctx) == []


def test_the_dangerous_steps_ask_for_the_password_again(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """SEC-43: making a key, changing one, stopping everything."""
    pages.fill()
    key, _ = keys.new_key(pages.ctx, "reader", Rules(("a",), frozenset({Verb.READ})), None, "test")
    monkeypatch.setattr("bursar.web.step_up.needs_password", lambda _: True)
    monkeypatch.setattr("bursar.web.templatetags.step_up.needs_password", lambda _: True)
    admin = pages.admin
    for path, form in (("/keys/new", FORM), (f"/keys/{key.id}/edit", FORM | {"ends": "keep"}), ("/keys/stop", {})):
        assert 'name="current_password"' in admin.get(path).content.decode(), path
        assert admin.post(path, form | {"current_password": "wrong"}).status_code == 422, path
    assert [view.allow for view in keys.list_keys(pages.ctx)] == [("a",)]
    assert Token.objects.exclude(state="revoked").exists()


def test_a_key_is_changed_and_revoked(pages: Pages, door: Door) -> None:
    pages.fill()
    secret = door.new_key("reader", "Sales inbox")
    view = next(key for key in keys.list_keys(pages.ctx) if key.name == "reader")
    admin = pages.admin
    changed = admin.post(f"/keys/{view.id}/edit", FORM | STEP | {"ends": "keep", "networks": "10.0.0.0/8"})
    assert (changed.status_code, changed.headers["Location"]) == (303, f"/keys/{view.id}")
    assert door.get("Sales inbox", key=secret).status == 401
    stale = FORM | STEP | {"ends": "keep", "seen": str(to_micros(view.changed_at) - 1)}
    assert admin.post(f"/keys/{view.id}/edit", stale).headers["Location"] == f"/keys/{view.id}/edit"
    assert keys.find_key(pages.ctx, view.id).networks == ("10.0.0.0/8",), "somebody else was faster"
    assert f'name="seen" value="{to_micros(keys.find_key(pages.ctx, view.id).changed_at)}"' in (
        admin.get(f"/keys/{view.id}/edit").content.decode()
    )
    assert "Revoke reader" in admin.get(f"/keys/{view.id}/revoke").content.decode()
    assert admin.post(f"/keys/{view.id}/revoke").status_code == 303
    assert keys.find_key(pages.ctx, view.id).revoked_by == "admin@kestrel.example"
    page = admin.get("/keys").content.decode()
    assert "1 revoked key" in page
    assert admin.get(f"/keys/{view.id}/edit").status_code == 404
    assert admin.get("/keys/nothing").status_code == 404


def test_a_key_says_what_it_was_handed(pages: Pages) -> None:
    """SEC-47: where is each token used, last used."""
    pages.fill()
    key, _ = keys.new_key(pages.ctx, "reader", Rules(("*",), frozenset({Verb.READ})), None, "test")
    token = pages.view("Sales inbox")
    for _ in range(3):
        pages.ctx.uses.note(token.id, Consumer("key", key.id, "reader", "192.0.2.7"), pages.ctx.clock.now())
    pages.ctx.uses.flush(pages.ctx.storage)
    page = pages.auditor.get(f"/keys/{key.id}").content.decode()
    assert "Sales inbox" in page
    assert "192.0.2.7" in page
    assert re.search(r"Times </span>3<", page)
    assert "192.0.2.7" in pages.auditor.get("/keys").content.decode()


def test_of_very_many_uses_the_last_are_shown_and_the_others_counted(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "USES_SHOWN", 3)
    fill_many(pages.ctx, 5, pages.ctx.clock.now())
    now = pages.ctx.clock.now()
    key, _secret = keys.new_key(pages.ctx, "wide", Rules(("*",), frozenset({Verb.READ})), None, "t")
    for number, token in enumerate(Token.objects.order_by("id").select_related("configuration")):
        used = now + timedelta(seconds=number)
        Use.objects.create(token=token, kind="key", consumer=key.id, name="wide", first_at=now, last_at=used, count=1)
    shown = pages.admin.get(f"/keys/{key.id}").content.decode()
    named = re.findall(r'<a class="name" href="/tokens/(\w+)">', shown)
    assert named == [token.id for token in Token.objects.order_by("-id")[:3]]
    assert "2 more, used longer ago" in shown


def test_one_button_stops_everything(pages: Pages, door: Door) -> None:
    """SEC-47: after it every hand-out is refused as revoked."""
    pages.fill()
    asking = pages.admin.get("/keys/stop").content.decode()
    assert "Revoke every token" in asking
    assert "Revoke every token" not in pages.auditor.get("/keys/stop").content.decode()
    answer = pages.admin.post("/keys/stop", STEP)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/tokens")
    assert set(Token.objects.values_list("state", flat=True)) == {"revoked"}
    assert door.get("Sales inbox").code == "revoked"
    assert 'href="/keys/stop"' in pages.admin.get("/tokens").content.decode()
