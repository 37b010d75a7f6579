"""The worker: refreshes ahead, asks nobody in vain, and is not held up by one slow provider."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from bursar.scheduler.worker import PER_SERVER, Worker
from bursar.testing import FakeProvider, Script
from bursar.tokens.configure import confirm
from bursar.tokens.models import Token
from tests.unit.life_scene import ERP, NAME, Scene


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def turn(scene: Scene, pool: ThreadPoolExecutor) -> None:
    """One turn of a worker, to the end of all that it began."""
    for work in wait(Worker(scene.ctx).turn(pool)).done:
        work.result()


def test_a_token_is_refreshed_ahead_of_its_end_without_any_consumer(scene: Scene, pool: ThreadPoolExecutor) -> None:
    scene.add()
    scene.authorize()
    scene.clock.advance(3200)
    turn(scene, pool)
    assert scene.refresh_calls == 0, "too early: the margin is 300 s and a fifth of it"
    scene.clock.advance(110)
    turn(scene, pool)
    turn(scene, pool)
    assert scene.refresh_calls == 1


def test_an_idle_token_is_alive_after_a_hundred_days(scene: Scene, pool: ThreadPoolExecutor) -> None:
    """SEC-29: nobody asks, refresh tokens of 24 hours, and yet it lives."""
    scene.provider.rules.refresh_lifetime = 24 * 3600
    scene.provider.rules.access_lifetime = 12 * 3600
    scene.add()
    scene.authorize()
    for _ in range(100 * 4):
        scene.clock.advance(6 * 3600)
        turn(scene, pool)
    assert scene.state() == "active"
    assert scene.token()


def test_client_credentials_are_kept_once_they_were_requested(scene: Scene, pool: ThreadPoolExecutor) -> None:
    scene.add_credentials()
    turn(scene, pool)
    assert scene.provider.token_requests() == []
    scene.token(ERP)
    scene.clock.advance(3400)
    turn(scene, pool)
    assert len(scene.provider.token_requests("client_credentials")) == 2


@pytest.mark.parametrize("change", [("Validity", "invalid"), ("Requests.TokenByRefreshToken.Request.URL", "")])
def test_what_is_invalid_or_held_is_not_refreshed(
    scene: Scene, pool: ThreadPoolExecutor, change: tuple[str, str]
) -> None:
    """SEC-62: the token stays, and nobody is called."""
    scene.add()
    scene.authorize()
    path, value = change
    scene.change(path, value or scene.provider.token_url + "?other")
    scene.clock.advance(3400)
    turn(scene, pool)
    assert scene.refresh_calls == 0
    if path == "Validity":
        scene.change("Validity", "valid")
    else:
        confirm(scene.ctx, NAME, "test")
    turn(scene, pool)
    assert scene.refresh_calls == 1


def test_what_only_a_person_can_change_is_not_asked_again_and_again(scene: Scene, pool: ThreadPoolExecutor) -> None:
    """SEC-19: after a verdict the token is due no longer."""
    scene.add()
    scene.authorize()
    scene.provider.revoke_person(scene.provider.person.email)
    scene.clock.advance(3400)
    for _ in range(5):
        turn(scene, pool)
        scene.clock.advance(3600)
    assert scene.refresh_calls == 1
    assert Token.objects.get().due_at is None


def test_transient_trouble_is_tried_again_when_its_time_has_come(scene: Scene, pool: ThreadPoolExecutor) -> None:
    """SEC-28."""
    scene.add()
    scene.authorize()
    scene.clock.advance(3400)
    scene.provider.script(Script.answer(500), Script.answer(429, b"", {"Retry-After": "60"}))
    turn(scene, pool)
    turn(scene, pool)
    assert scene.refresh_calls == 1
    scene.clock.advance(10)
    turn(scene, pool)
    assert scene.refresh_calls == 2
    scene.clock.advance(50)
    turn(scene, pool)
    assert scene.refresh_calls == 2
    scene.clock.advance(11)
    turn(scene, pool)
    assert scene.state() == "active"


def test_a_hanging_provider_does_not_delay_the_others(scene: Scene, pool: ThreadPoolExecutor) -> None:
    """SEC-70: it holds at most its share of the threads."""
    with FakeProvider(clock=scene.clock) as hanging:
        other = Scene(scene.ctx, hanging, scene.clock)
        for number in range(8):
            other.add(f"slow {number}")
            other.authorize(f"slow {number}")
        scene.add()
        scene.authorize()
        hanging.script(*[Script.hang()] * 8)
        scene.clock.advance(3400)
        worker = Worker(scene.ctx)
        begun = worker.turn(pool)
        assert len(begun) == PER_SERVER + 2
        waiting = threading.Event()
        for _ in range(300):
            if len(hanging.token_requests("refresh_token")) == PER_SERVER:
                break
            waiting.wait(0.01)
        assert len(hanging.token_requests("refresh_token")) == PER_SERVER
        for _ in range(300):
            if scene.refresh_calls == 1:
                break
            waiting.wait(0.01)
        assert scene.refresh_calls == 1, "the healthy provider waits for the hanging one"
        hanging.stop()
        wait(begun)


def test_the_worker_ends_when_it_is_told_to(scene: Scene) -> None:
    """SEC-68: all waiting is on the stop event."""
    thread = threading.Thread(target=Worker(scene.ctx).run)
    thread.start()
    scene.ctx.stop.set()
    thread.join(5)
    assert not thread.is_alive()
