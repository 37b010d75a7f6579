"""Late answers, zombies, dead processes: whoever comes last overwrites nothing that is newer."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

from bursar.context import Context
from bursar.testing import Script
from bursar.tokens.obtain import obtain
from bursar.tokens.outcome import Obtained, Refusal
from bursar.worker_name import is_gone, worker_name
from tests.unit.life_scene import NAME, Scene

# Leases end by the wall clock, deadlines by the monotonic one. It jumps, so that the slow one, who may not wait at its
# socket yet when its call is counted, does not give up by itself.
LONGER_THAN_A_LEASE = 60


def in_background(pool: ThreadPoolExecutor, ctx: Context) -> "Future[Obtained | Refusal]":
    return pool.submit(obtain, ctx, NAME)


def wait_for_calls(scene: Scene, count: int) -> None:
    waiting = threading.Event()
    for _ in range(3000):
        if scene.refresh_calls >= count:
            return
        waiting.wait(0.01)
    raise AssertionError("the provider was not called")


def test_a_late_success_is_adopted_over_a_verdict_of_the_same_generation(
    scene: Scene, make_context: Callable[..., Context]
) -> None:
    """SEC-26, SEC-27: A's answer is slow, B calls after A's lease and is refused because A has used the token up."""
    slow, quick = make_context(clock=scene.clock), make_context(clock=scene.clock)
    scene.add()
    scene.authorize()
    scene.clock.advance(4000)
    scene.provider.script(Script.held(judged := threading.Event()), Script.answer(400, {"error": "invalid_grant"}))
    with ThreadPoolExecutor(2) as pool:
        late = in_background(pool, slow)
        wait_for_calls(scene, 1)
        scene.clock.jump(LONGER_THAN_A_LEASE)
        assert isinstance(obtain(quick, NAME), Refusal)
        assert scene.state() == "needs_authorization"
        judged.set()
        found = late.result()
    assert isinstance(found, Obtained)
    assert scene.state() == "active"
    assert scene.token() == found.access_token.reveal()


def test_a_late_verdict_is_dropped_when_another_succeeded_meanwhile(
    scene: Scene, make_context: Callable[..., Context]
) -> None:
    """SEC-26: B's refusal was about a refresh token that A has replaced: nobody hears of it."""
    slow, quick = make_context(clock=scene.clock), make_context(clock=scene.clock)
    scene.add()
    scene.authorize()
    scene.clock.advance(4000)
    scene.provider.script(Script.answer(400, {"error": "invalid_grant"}, until=(succeeded := threading.Event())))
    with ThreadPoolExecutor(2) as pool:
        late = in_background(pool, slow)
        wait_for_calls(scene, 1)
        scene.clock.jump(LONGER_THAN_A_LEASE)
        newest = obtain(quick, NAME)
        succeeded.set()
        assert isinstance(newest, Obtained)
        assert late.result() == newest
    assert scene.state() == "active"


def test_a_zombie_does_not_overwrite_a_newer_token(scene: Scene, make_context: Callable[..., Context]) -> None:
    """SEC-27: both succeed; the one whose generation has moved stores nothing."""
    zombie, quick = make_context(clock=scene.clock), make_context(clock=scene.clock)
    scene.add()
    scene.provider.rules.rotate = False
    scene.authorize()
    scene.clock.advance(4000)
    replaced = threading.Event()
    scene.provider.script(
        Script.answer(200, {"access_token": "zombie", "refresh_token": "zombie"}, until=replaced),
    )
    with ThreadPoolExecutor(2) as pool:
        late = in_background(pool, zombie)
        wait_for_calls(scene, 1)
        scene.clock.jump(LONGER_THAN_A_LEASE)
        newest = obtain(quick, NAME)
        replaced.set()
        assert isinstance(newest, Obtained)
        assert late.result() == newest
    scene.clock.advance(4000)
    assert scene.token() != "zombie"
    assert scene.provider.token_requests("refresh_token")[-1].form["refresh_token"] != "zombie"


def test_the_lease_of_a_dead_process_is_taken_over_at_once(scene: Scene) -> None:
    """SEC-68: a process that was killed in the middle of a refresh holds nobody up."""
    import subprocess
    import sys

    dead = subprocess.run(
        [sys.executable, "-c", "from bursar.worker_name import worker_name; print(worker_name())"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert is_gone(dead)
    assert not is_gone(worker_name())
    scene.add()
    scene.authorize()
    scene.clock.advance(4000)
    lease(scene, dead)
    assert scene.token()


def test_the_lease_of_a_process_that_may_live_is_respected(scene: Scene) -> None:
    scene.add()
    scene.authorize()
    scene.clock.advance(4000)
    lease(scene, "another host|boot|pid:[1]|123|456")
    scene.ctx.stop.set()
    assert scene.refusal().code == "busy"
    assert scene.refresh_calls == 0


def test_many_callers_in_one_process_share_one_refresh(scene: Scene) -> None:
    """SEC-22: fifty threads, one call, fifty equal answers."""
    scene.add()
    scene.authorize()
    scene.clock.advance(4000)
    scene.provider.script(Script.late(0.3))
    with ThreadPoolExecutor(50) as pool:
        tokens = set(pool.map(lambda _: scene.token(), range(50)))
    assert len(tokens) == 1
    assert scene.refresh_calls == 1


def lease(scene: Scene, owner: str) -> None:
    from bursar.tokens.models import Token

    Token.objects.update(lease_owner=owner, lease_until=scene.clock.now() + timedelta(seconds=30))
