"""Asking for a token: what is handed out, what is refreshed first, what is served while the provider is in trouble."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError

from bursar.context import Context
from bursar.errors import Temporary
from bursar.testing import Script
from bursar.tokens import commit, life
from bursar.tokens.obtain import obtain, reject
from bursar.tokens.outcome import Obtained, RefusalKind
from tests.unit.life_scene import ERP, NAME, Scene


def test_a_valid_token_is_handed_out_without_asking_the_provider(scene: Scene) -> None:
    scene.add()
    scene.authorize()
    before = len(scene.provider.requests)
    assert scene.token() == scene.token()
    assert len(scene.provider.requests) == before


def test_a_configuration_that_was_never_authorized_needs_a_person(scene: Scene) -> None:
    scene.add()
    refusal = scene.refusal()
    assert (refusal.kind, refusal.code) == (RefusalKind.PERSON, "authorization_required")
    assert "bursar token authorize 'Sales inbox'" in refusal.action


def test_client_credentials_that_were_never_requested_are_requested(scene: Scene) -> None:
    scene.add_credentials()
    assert scene.token(ERP)
    assert scene.state(ERP) == "active"


def test_an_unknown_name_is_not_found(scene: Scene) -> None:
    assert scene.refusal("nobody").kind is RefusalKind.NOT_FOUND


@pytest.mark.parametrize("answer", ["rotated", "absent", "empty", "null"])
def test_fifty_refreshes_in_a_row_succeed_whatever_the_answer_says_of_the_refresh_token(
    scene: Scene, answer: str
) -> None:
    """SEC-23: rotation is stored whole; an absent, empty or null refresh token keeps the old one."""
    scene.add()
    scene.provider.rules.rotate = answer == "rotated"
    scene.authorize()
    seen = {scene.token()}
    for number in range(50):
        scene.clock.advance(3601)
        if answer in ("empty", "null"):
            value = "" if answer == "empty" else None
            scene.provider.script(
                Script.answer(200, {"access_token": f"t{number}", "expires_in": 3600, "refresh_token": value})
            )
        seen.add(scene.token())
    assert len(seen) == 51
    assert not scene.provider.family_revoked


def test_min_ttl_refreshes_a_token_that_ends_too_soon(scene: Scene) -> None:
    scene.add()
    scene.authorize()
    first = scene.token()
    scene.clock.advance(3000)
    assert scene.token() == first
    assert scene.token(min_ttl=1200) != first


def test_a_min_ttl_beyond_the_lifetime_costs_one_refresh_per_half_lifetime(scene: Scene) -> None:
    scene.add()
    scene.provider.rules.access_lifetime = 100
    scene.authorize()
    for _ in range(40):
        scene.clock.advance(10)
        assert scene.token(min_ttl=10_000)
    assert scene.refresh_calls <= 400 / 50


def test_a_still_valid_token_is_served_while_the_provider_is_in_trouble(scene: Scene) -> None:
    """SEC-28: transient trouble backs off, honours Retry-After, and takes nothing away."""
    scene.add()
    scene.authorize()
    first = scene.token()
    scene.clock.advance(3000)
    scene.provider.script(Script.answer(503, b"", {"Retry-After": "120"}))
    assert scene.token(min_ttl=1000) == first
    view = scene.view()
    assert view.state.word == "retrying"
    assert view.next_attempt_at is not None
    assert (view.next_attempt_at - scene.clock.now()).total_seconds() >= 120
    calls = scene.refresh_calls
    assert scene.token(min_ttl=1000) == first
    assert scene.refresh_calls == calls, "the back-off was not kept"
    scene.clock.advance(121)
    assert scene.token(min_ttl=1000) != first
    assert scene.view().error is None


def test_without_a_valid_token_transient_trouble_says_when_to_come_back(scene: Scene) -> None:
    scene.add()
    scene.authorize()
    scene.clock.advance(4000)
    scene.provider.script(Script.answer(503, "<html>busy</html>"))
    refusal = scene.refusal()
    assert refusal.kind is RefusalKind.TEMPORARY
    assert refusal.retry_after is not None
    assert refusal.retry_after > 0
    assert refusal.as_error().exit_code == 5


def test_three_days_of_503_cost_a_bounded_number_of_calls_and_recover_alone(scene: Scene) -> None:
    """SEC-28: one caller every five minutes for 72 hours."""
    scene.add()
    scene.authorize()
    scene.clock.advance(4000)
    calls = scene.refresh_calls
    scene.provider.script(*[Script.answer(503)] * 72 * 12)
    for _ in range(72 * 12):
        obtain(scene.ctx, NAME)
        scene.clock.advance(300)
    scene.provider.forget_scripts()
    assert 72 * 2 < scene.refresh_calls - calls < 72 * 6
    scene.clock.advance(1200)
    assert scene.token()


def test_a_dead_refresh_token_stops_the_calls_and_asks_for_a_person(scene: Scene) -> None:
    """SEC-19: invalid_grant is about this authorization; asking again can't help."""
    scene.add()
    scene.authorize()
    scene.provider.revoke_person(scene.provider.person.email)
    scene.clock.advance(4000)
    refusal = scene.refusal()
    assert (refusal.kind, refusal.code) == (RefusalKind.PERSON, "authorization_required")
    assert scene.state() == "needs_authorization"
    calls = scene.refresh_calls
    assert scene.refusal().code == "authorization_required"
    assert scene.refresh_calls == calls
    scene.authorize()
    assert scene.state() == "active"
    assert scene.token()


def test_a_refused_client_stops_every_token_of_the_configuration(scene: Scene) -> None:
    """SEC-19: invalid_client is about the client, so its other tokens wait as well."""
    scene.add()
    scene.authorize()
    scene.authorize(f"{NAME}#returns")
    scene.clock.advance(4000)
    scene.provider.script(Script.answer(401, {"error": "invalid_client"}))
    assert scene.refusal().kind is RefusalKind.PERSON
    assert scene.state() == "misconfigured"
    calls = scene.refresh_calls
    assert scene.state(f"{NAME}#returns") == "misconfigured"
    assert scene.refusal(f"{NAME}#returns").code == "invalid_client"
    assert scene.refresh_calls == calls


def test_a_corrected_secret_works_at_once_in_another_process(
    scene: Scene, make_context: Callable[..., Context]
) -> None:
    """SEC-30: fixing the cause clears the failure without a restart."""
    other = make_context(clock=scene.clock)
    scene.add(secret="wrong")
    with pytest.raises(AssertionError, match="client"):
        scene.authorize()
    scene.set_secret("secret")
    scene.authorize()
    scene.clock.advance(4000)
    scene.set_secret("wrong again")
    assert scene.refusal().code == "invalid_client"
    assert obtain(other, NAME) == scene.refusal()
    scene.set_secret("secret")
    assert isinstance(obtain(other, NAME), Obtained)
    assert scene.state() == "active"


def test_nothing_is_called_when_the_attempt_cannot_be_written(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """SEC-24: the provider may consume the refresh token, so the attempt is on disk first."""
    scene.add()
    scene.authorize()
    scene.clock.advance(4000)

    def broken(*_: Any) -> str:
        raise DatabaseError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(life, "begin_attempts", broken)
        with pytest.raises(Temporary, match="database"):
            obtain(scene.ctx, NAME)
    assert scene.refresh_calls == 0
    assert scene.token()
    assert scene.refresh_calls == 1


def test_a_rejected_token_is_replaced_once_and_never_handed_out_again(scene: Scene) -> None:
    """SEC-57: one forced refresh; a token that was replaced meanwhile costs no call."""
    scene.add()
    scene.authorize()
    first = obtain(scene.ctx, NAME)
    assert isinstance(first, Obtained)
    second = reject(scene.ctx, NAME, first.sha256)
    assert isinstance(second, Obtained)
    assert second.sha256 != first.sha256
    assert scene.refresh_calls == 1
    assert reject(scene.ctx, NAME, first.sha256) == second
    assert scene.refresh_calls == 1


def test_a_rejected_token_is_not_served_even_when_no_other_can_be_had(scene: Scene) -> None:
    scene.add()
    scene.authorize()
    first = obtain(scene.ctx, NAME)
    assert isinstance(first, Obtained)
    scene.provider.script(Script.answer(503))
    assert not isinstance(reject(scene.ctx, NAME, first.sha256), Obtained)
    assert not isinstance(obtain(scene.ctx, NAME), Obtained)


@pytest.mark.parametrize(
    ("expires_in", "lifetime", "assumed"),
    [
        (7200, 7200, False),
        ("7200", 7200, False),
        (7200.0, 7200, False),
        (None, 3600, True),
        (0, 3600, True),
        (-1, 3600, True),
        ("soon", 3600, True),
        ([1], 3600, True),
        (True, 3600, True),
        (10**30, 315_360_000, False),
    ],
)
def test_expiry_is_conservative(scene: Scene, expires_in: Any, lifetime: float, assumed: bool) -> None:
    """SEC-21: an unknown end is assumed and said to be; it counts from before the request was sent."""
    scene.add_credentials()
    scene.provider.script(Script.answer(200, {"access_token": "t", "token_type": "bearer", "expires_in": expires_in}))
    assert scene.token(ERP) == "t"
    view = scene.view(ERP)
    assert view.expires_at is not None
    assert (view.expires_at - scene.clock.now()).total_seconds() == lifetime
    assert view.expiry_assumed is assumed


def test_a_swapped_ciphertext_is_noticed_and_nothing_is_sent(scene: Scene) -> None:
    """SEC-32: a secret moved to another row by SQL opens nowhere but in its place."""
    from django.db import connection

    scene.add()
    scene.add("Other inbox")
    scene.authorize()
    scene.authorize("Other inbox")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT refresh_token FROM tokens_token t JOIN tokens_configuration c ON c.id ="
            " t.configuration_id WHERE c.name = %s",
            ["Other inbox"],
        )
        [stolen] = cursor.fetchone()
        cursor.execute(
            "UPDATE tokens_token SET refresh_token = %s WHERE configuration_id ="
            " (SELECT id FROM tokens_configuration WHERE name = %s)",
            [stolen, NAME],
        )
    scene.clock.advance(4000)
    assert scene.refusal().code == "secret_unreadable"
    assert scene.refresh_calls == 0
    assert scene.state() == "misconfigured"


@pytest.mark.parametrize("recovers", [True, False])
def test_the_token_is_committed_before_anybody_gets_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, recovers: bool
) -> None:
    """SEC-25: a commit that fails is tried again, since the old refresh token is used up; until it succeeds nobody
    gets the new token."""
    scene.add()
    scene.authorize()
    first = scene.token()
    scene.clock.advance(4000)
    tries = []

    def broken(*arguments: Any) -> bool:
        tries.append(arguments)
        if recovers and len(tries) == 3:
            return store(*arguments)
        raise DatabaseError("disk I/O error")

    store = life.store
    monkeypatch.setattr(commit, "WAITS", (0.0, 0.0, 0.0))
    with monkeypatch.context() as patch:
        patch.setattr(life, "store", broken)
        if recovers:
            assert scene.token() != first
        else:
            with pytest.raises(Temporary):
                obtain(scene.ctx, NAME)
    assert len(tries) == (3 if recovers else 4)
    assert scene.refresh_calls == 1
