"""The record of hand-outs: who, which, when, how often (SEC-47)."""

from datetime import timedelta

import pytest

from bursar.access import keys
from bursar.access.key_rules import Rules, Verb
from bursar.clock import to_micros
from bursar.errors import Temporary
from bursar.handout.usage import uses_by, uses_of
from bursar.storage import Storage
from bursar.testing import Script
from bursar.tokens.configure import delete
from bursar.tokens.obtain import obtain, reject
from bursar.tokens.outcome import Obtained
from bursar.tokens.request import request
from bursar.uses import Consumer
from tests.unit.door_scene import Door
from tests.unit.life_scene import ERP, Scene

ADA = Consumer("user", "ada", "ada")


def test_each_hand_out_is_counted_for_who_took_it(scene: Scene) -> None:
    """SEC-47: an obtained token, and one that came after a refusal."""
    scene.add_credentials()
    first_at = scene.clock.now()
    found = obtain(scene.ctx, ERP, by=ADA)
    assert isinstance(found, Obtained)
    scene.clock.advance(60)
    obtain(scene.ctx, ERP, by=ADA)
    obtain(scene.ctx, ERP, by=Consumer("mail", "7", "Support"))
    assert isinstance(reject(scene.ctx, ERP, found.sha256, by=Consumer("mail", "7", "Support inbox")), Obtained)
    scene.ctx.uses.flush(scene.ctx.storage)
    scene.clock.advance(60)
    obtain(scene.ctx, ERP, by=ADA)
    scene.ctx.uses.flush(scene.ctx.storage)
    mine, mail = uses_of(found.token_id)
    assert (mine.reference, mine.kind, mine.name, mine.count) == (ERP, "user", "ada", 3)
    assert (mine.first_at, mine.last_at) == (first_at, first_at + timedelta(seconds=120))
    assert (mail.kind, mail.name, mail.count) == ("mail", "Support inbox", 2)
    assert [use.token_id for use in uses_by("user", "ada")] == [found.token_id]


def test_a_refusal_is_no_hand_out(scene: Scene) -> None:
    scene.add_credentials()
    scene.provider.script(Script.answer(401, {"error": "invalid_client"}))
    obtain(scene.ctx, ERP, by=ADA)
    scene.ctx.uses.flush(scene.ctx.storage)
    assert uses_by("user", "ada") == []


def test_a_key_knows_when_it_was_used_last(scene: Scene) -> None:
    """SEC-44."""
    scene.add_credentials()
    key, _ = keys.new_key(scene.ctx, "erp", Rules(("*",), frozenset({Verb.READ})), None, "test")
    obtain(scene.ctx, ERP, by=Consumer("key", key.id, key.name, "192.0.2.7"))
    scene.ctx.uses.flush(scene.ctx.storage)
    [seen] = keys.list_keys(scene.ctx)
    assert (seen.last_used_at, seen.last_used_from) == (scene.clock.now(), "192.0.2.7")


def test_counts_wait_for_a_database_in_trouble_and_lose_nothing(scene: Scene) -> None:
    """SEC-69."""
    scene.add_credentials()
    found = obtain(scene.ctx, ERP, by=ADA)
    assert isinstance(found, Obtained)
    broken = Storage()
    broken.close()
    with pytest.raises(Temporary):
        scene.ctx.uses.flush(broken)
    scene.ctx.uses.count(found.token_id, "user", "ada", "ada", "", to_micros(scene.clock.now()), 5)
    scene.ctx.uses.flush(scene.ctx.storage)
    [use] = uses_of(found.token_id)
    assert use.count == 6


def test_a_count_for_a_token_that_is_gone_disturbs_nobody(scene: Scene) -> None:
    scene.add_credentials()
    scene.add_credentials("Other")
    obtain(scene.ctx, ERP, by=ADA)
    obtain(scene.ctx, "Other", by=ADA)
    delete(scene.ctx, ERP)
    scene.ctx.uses.flush(scene.ctx.storage)
    assert [use.reference for use in uses_by("user", "ada")] == ["Other"]
    delete(scene.ctx, "Other")
    assert uses_by("user", "ada") == []


def test_what_the_door_counts_without_a_lock_is_written_whole(scene: Scene, door: Door) -> None:
    """SEC-47: from memory and the long way, over changes of the token, and after it was forgotten."""
    scene.add_credentials()
    key = door.new_key("reader")
    for round_number in range(3):
        for _ in range(4):
            assert door.get(ERP, key=key).status == 200
        if round_number == 1:
            scene.ctx.uses.flush(scene.ctx.storage)
        request(scene.ctx, ERP)
    keys.change_key(scene.ctx, "reader", "test", rules=Rules((ERP,), frozenset(Verb)))
    assert door.get(ERP, key=key).status == 200
    scene.ctx.uses.flush(scene.ctx.storage)
    scene.ctx.uses.flush(scene.ctx.storage)
    found = next(view for view in keys.list_keys(scene.ctx) if view.name == "reader")
    [use] = uses_by("key", found.id)
    assert (use.count, use.address) == (13, "127.0.0.1")
