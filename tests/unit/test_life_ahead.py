"""Many refreshes ahead of their time: claimed together, and each by the rules of one."""

import hashlib

import pytest

from bursar.context import Context
from bursar.errors import Temporary
from bursar.testing import FakeClock, Script
from bursar.tokens import renew
from bursar.tokens.ahead import refresh_ahead
from bursar.tokens.models import Attempt, Token
from bursar.tokens.refresh import due_tokens
from bursar.tokens.revoke import revoke
from tests.unit.life_scene import Scene

NAMES = [f"box {number}" for number in range(6)]


def due(scene: Scene) -> list[str]:
    """Six tokens that are due, and their ids in the order of their names."""
    for name in NAMES:
        scene.add(name)
        scene.authorize(name)
    scene.clock.advance(3500)
    assert len(due_tokens(scene.ctx, 100)) == len(NAMES)
    return list(Token.objects.order_by("configuration__name").values_list("id", flat=True))


def test_all_are_refreshed_once_with_an_attempt_each(scene: Scene) -> None:
    """SEC-22, SEC-24: a second one that comes meanwhile, or afterwards, calls nobody."""
    ids = due(scene)
    assert refresh_ahead(scene.ctx, ids) == len(NAMES)
    assert scene.refresh_calls == len(NAMES)
    assert refresh_ahead(scene.ctx, ids) == 0
    assert due_tokens(scene.ctx, 100) == []
    assert Attempt.objects.filter(grant="refresh_token", outcome="granted", asker="scheduler").count() == len(NAMES)
    assert not Token.objects.exclude(lease_owner=None).exists()
    assert len({scene.token(name) for name in NAMES}) == len(NAMES)


def test_each_gets_its_own_verdict(scene: Scene) -> None:
    """SEC-26: one revoked, one refused, one in trouble; the rest are refreshed."""
    ids = due(scene)
    revoke(scene.ctx, NAMES[0])
    by_id = sorted(ids[1:])
    scene.provider.script(Script.answer(400, {"error": "invalid_grant"}), Script.answer(503))
    refresh_ahead(scene.ctx, ids)
    states = dict(Token.objects.values_list("id", "state"))
    assert states[ids[0]] == "revoked"
    assert [states[token_id] for token_id in by_id] == ["needs_authorization", "retrying"] + ["active"] * 3
    assert Token.objects.filter(due_at=None).count() == 2


def test_without_the_database_nobody_is_called(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """SEC-24, SEC-69."""
    ids = due(scene)

    def broken(*_: object) -> None:
        raise Temporary("no database", code="storage_unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(type(scene.ctx.storage), "write", broken)
        with pytest.raises(Temporary):
            refresh_ahead(scene.ctx, ids)
    assert scene.refresh_calls == 0
    assert refresh_ahead(scene.ctx, ids) == len(NAMES)


def test_a_success_whose_commit_fails_is_committed_later(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """SEC-25: what the provider gave is the only copy."""
    ids = due(scene)

    def broken(*_: object) -> None:
        raise Temporary("no database", code="storage_unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(type(scene.ctx.storage), "begin", broken)
        patch.setattr(type(scene.ctx.storage), "write", lambda self, job: self.finish(self._hand(self._writes, job)))
        assert refresh_ahead(scene.ctx, ids) == len(NAMES)
    assert due_tokens(scene.ctx, 100) == []
    stored = dict(Token.objects.values_list("configuration__name", "access_sha256"))
    assert {name: hashlib.sha256(scene.token(name).encode()).hexdigest() for name in NAMES} == stored


def test_a_lease_that_would_end_before_the_call_is_given_back(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """SEC-22: a slow provider; those whose turn comes too late are due as before, and others may take them."""
    ids = due(scene)
    call = renew._call

    def slow(*arguments: object) -> object:
        scene.clock.advance(6)
        return call(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(renew, "_call", slow)
    assert refresh_ahead(scene.ctx, ids) == 2
    assert len(due_tokens(scene.ctx, 100)) == len(NAMES) - 2
    assert not Token.objects.exclude(lease_owner=None).exists()
    assert Attempt.objects.filter(grant="refresh_token").count() == 2


def test_the_end_of_the_process_gives_back_what_was_not_begun(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, make_context: object, clock: FakeClock
) -> None:
    """SEC-68."""
    ids = due(scene)
    call = renew._call

    def stopping(*arguments: object) -> object:
        scene.ctx.stop.set()
        return call(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(renew, "_call", stopping)
        assert refresh_ahead(scene.ctx, ids) == 1
    assert callable(make_context)
    other: Context = make_context(clock=clock)
    assert refresh_ahead(other, ids) == len(NAMES) - 1
    assert scene.refresh_calls == len(NAMES)
