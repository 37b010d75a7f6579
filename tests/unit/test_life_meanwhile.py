"""Something happens while the provider is answering, or a provider is odd: what is stored and handed out then."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from bursar.errors import BursarError
from bursar.scheduler.worker import THREADS, Worker
from bursar.testing import FakeProvider, Script
from bursar.tokens import renew
from bursar.tokens.ahead import refresh_ahead
from bursar.tokens.authorize import ticket
from bursar.tokens.models import Configuration, Revocation, Token
from bursar.tokens.obtain import obtain, reject
from bursar.tokens.outcome import Obtained, Refusal, RefusalKind
from bursar.tokens.refresh import refresh
from bursar.tokens.request import request
from bursar.tokens.revoke import revoke
from tests.counterparts.processes import wait_until
from tests.unit.life_scene import ERP, NAME, Scene
from tests.unit.test_life_conflicts import in_background, wait_for_calls


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def expired(scene: Scene) -> None:
    scene.add()
    scene.authorize()
    scene.clock.advance(4000)


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("Requests.TokenByRefreshToken.Request.URL", "{token_url}?other", "held"),
        ("Validity", "invalid", "configuration_invalid"),
    ],
)
def test_what_is_held_or_invalid_by_now_is_not_handed_out(
    scene: Scene, pool: ThreadPoolExecutor, path: str, value: str, code: str
) -> None:
    """SEC-62: the change counts, although the call was begun before it."""
    expired(scene)
    scene.provider.script(Script.held(changed := Event()))
    asked = in_background(pool, scene.ctx)
    wait_for_calls(scene, 1)
    scene.change(path, value.format(token_url=scene.provider.token_url))
    changed.set()
    found = asked.result()
    assert isinstance(found, Refusal)
    assert found.code == code


def waits_for_a_lock(scene: Scene) -> bool:
    """Whether the writer stands before a row that this thread has locked; SQLite lets it not even begin."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        [waiting] = cursor.fetchone()
    return bool(waiting)


def test_a_hold_that_is_being_committed_while_the_answer_is_stored_stands(
    scene: Scene, pool: ThreadPoolExecutor
) -> None:
    """SEC-62: between reading the configuration and writing the token, the change that holds it is committed."""
    expired(scene)
    scene.provider.script(Script.held(changed := Event()))
    asked = in_background(pool, scene.ctx)
    wait_for_calls(scene, 1)
    with transaction.atomic():
        scene.change("Requests.TokenByRefreshToken.Request.URL", scene.provider.token_url + "?other")
        changed.set()
        while not waits_for_a_lock(scene):
            scene.ctx.stop.wait(0.01)
    found = asked.result()
    assert isinstance(found, Refusal)
    assert found.code == "held"
    assert scene.view().held == ["token", "secret"]


@pytest.mark.parametrize("ask", [obtain, refresh])
def test_a_revocation_during_a_failing_refresh_is_what_the_caller_hears(
    scene: Scene, pool: ThreadPoolExecutor, ask: Any
) -> None:
    expired(scene)
    scene.provider.script(Script.answer(400, {"error": "invalid_grant"}, until=(revoked := Event())))
    asked = pool.submit(ask, scene.ctx, NAME)
    wait_for_calls(scene, 1)
    revoke(scene.ctx, NAME)
    revoked.set()
    found = asked.result()
    assert isinstance(found, Refusal)
    assert found.code == "revoked"


def test_a_revocation_during_the_exchange_of_a_code_stands(scene: Scene, pool: ThreadPoolExecutor) -> None:
    """SEC-35: what the consent still brings is revoked at the provider."""
    scene.add()
    back = scene.begin()
    scene.provider.script(Script.held(revoked := Event()))
    asked = pool.submit(scene.finish, back)
    while not scene.provider.token_requests():
        scene.ctx.stop.wait(0.01)
    revoke(scene.ctx, NAME)
    revoked.set()
    found = asked.result()
    assert isinstance(found, Refusal)
    assert found.code == "revoked"
    assert scene.state() == "revoked"
    assert list(Revocation.objects.values_list("hint", flat=True)) == ["refresh_token", "access_token"]


def test_a_correction_during_the_scheduler_s_call_is_tried(scene: Scene, pool: ThreadPoolExecutor) -> None:
    """SEC-30: the verdict about the old secret doesn't take the token out of the schedule."""
    expired(scene)
    scene.provider.script(Script.answer(401, {"error": "invalid_client"}, until=(corrected := Event())))
    asked = pool.submit(refresh_ahead, scene.ctx, [Token.objects.get().id])
    wait_for_calls(scene, 1)
    scene.set_secret("another")
    corrected.set()
    asked.result()
    assert scene.view().due_at is not None


def test_a_refresh_token_without_end_may_be_written_as_zero(scene: Scene) -> None:
    """SEC-17: Keycloak's `refresh_expires_in: 0` for offline tokens means no end, not the end."""
    scene.add()
    back = scene.begin()
    answer = {"access_token": "a", "refresh_token": "r", "expires_in": 300, "refresh_expires_in": 0}
    scene.provider.script(Script.answer(200, answer))
    scene.finish(back)
    scene.clock.advance(301)
    assert scene.view().refresh_expires_at is None
    assert scene.state() == "active"


def test_retrying_ends_with_the_refresh_token(scene: Scene) -> None:
    scene.add()
    back = scene.begin()
    answer = {"access_token": "a", "refresh_token": "r", "expires_in": 3600, "refresh_token_expires_in": 7200}
    scene.provider.script(Script.answer(200, answer), Script.answer(503))
    scene.finish(back)
    scene.clock.advance(7000)
    assert scene.refusal().code == "retrying"
    scene.clock.advance(1000)
    assert scene.state() == "needs_authorization"
    assert scene.refusal().code == "authorization_required"


def test_a_provider_that_gives_the_rejected_token_again_does_not_get_it_through(scene: Scene) -> None:
    scene.add_credentials()
    same = {"access_token": "same", "expires_in": 3600}
    scene.provider.script(Script.answer(200, same), Script.answer(200, same))
    first = obtain(scene.ctx, ERP)
    assert isinstance(first, Obtained)
    assert isinstance(reject(scene.ctx, ERP, first.sha256), Refusal)


def test_a_provider_that_gives_the_rejected_token_again_is_asked_with_growing_intervals(scene: Scene) -> None:
    """SEC-28, SEC-57: not at every call of everybody who needs a token."""
    scene.add_credentials()
    scene.provider.script(*[Script.answer(200, {"access_token": "same", "expires_in": 3600})] * 3)
    first = obtain(scene.ctx, ERP)
    assert isinstance(first, Obtained)
    waits = []
    for calls in (2, 3):
        for ask in (lambda: reject(scene.ctx, ERP, first.sha256), lambda: obtain(scene.ctx, ERP)):
            refusal = ask()
            assert isinstance(refusal, Refusal)
            assert (refusal.kind, refusal.code) == (RefusalKind.TEMPORARY, "token_refused_again")
        assert len(scene.provider.token_requests()) == calls
        assert scene.state(ERP) == "retrying"
        assert refusal.retry_after is not None
        waits.append(refusal.retry_after)
        scene.clock.advance(refusal.retry_after + 0.001)
    assert waits[1] > waits[0]
    assert scene.token(ERP) != "same"
    assert scene.state(ERP) == "active"


def test_requesting_makes_a_label(scene: Scene) -> None:
    scene.add_credentials()
    assert not isinstance(request(scene.ctx, f"{ERP}#returns"), Refusal)
    assert scene.token(f"{ERP}#returns")


def test_a_refused_authorization_leaves_no_label(scene: Scene) -> None:
    scene.add_credentials()
    with pytest.raises(BursarError, match="nobody signs in"):
        ticket(scene.ctx, f"{ERP}#returns", "cli:root")
    assert Token.objects.count() == 1


def test_a_secret_that_does_not_open_is_replaced_by_a_new_one(scene: Scene) -> None:
    """SEC-32: the printed remedy works."""
    scene.add()
    Configuration.objects.update(client_secret=b"x" * 60)
    scene.set_secret("secret")
    scene.authorize()


def test_a_success_releases_the_tokens_that_waited_for_the_client(scene: Scene) -> None:
    """SEC-30: the cause was mended at the provider; one person's try is enough for all tokens."""
    scene.add()
    scene.authorize()
    scene.authorize(f"{NAME}#returns")
    scene.clock.advance(4000)
    scene.provider.script(Script.answer(401, {"error": "invalid_client"}))
    assert scene.refusal().code == "invalid_client"
    assert scene.state(f"{NAME}#returns") == "misconfigured"
    assert not isinstance(refresh(scene.ctx, NAME), Refusal)
    assert scene.state(f"{NAME}#returns") == "active"
    assert scene.token(f"{NAME}#returns")


def test_a_slow_server_with_many_due_tokens_hides_no_other(scene: Scene) -> None:
    """SEC-70: three hundred are due there before the one here, which doesn't wait for them."""
    with FakeProvider(clock=scene.clock) as healthy, ThreadPoolExecutor(THREADS) as threads:
        scene.add_credentials("slow")
        Scene(scene.ctx, healthy, scene.clock).add_credentials("healthy")
        now = scene.clock.now()
        slow = Configuration.objects.get(name="slow")
        ended = {"state": "active", "issued_at": now, "expires_at": now}
        Token.objects.bulk_create(
            Token(configuration=slow, label=f"{n}", due_at=now - timedelta(seconds=9), **ended) for n in range(300)
        )
        Token.objects.filter(configuration__name="healthy").update(due_at=now, **ended)
        scene.provider.script(*[Script.late(0.5)] * 300)
        under_way = Worker(scene.ctx).turn(threads)
        wait_until(lambda: bool(healthy.token_requests()), "a call of the other server")
        assert len(scene.provider.token_requests()) < 300
        scene.ctx.stop.set()  # the rest of the three hundred shows nothing more
        for work in under_way:
            work.result()
        assert len(healthy.token_requests()) == 1


def test_something_unexpected_makes_no_hot_loop(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    expired(scene)

    def broken(*_: object) -> None:
        raise RuntimeError("nobody thought of this")

    with monkeypatch.context() as patch:
        patch.setattr(renew, "_call", broken)
        assert refresh_ahead(scene.ctx, [Token.objects.get().id]) == 1
    due_at = Token.objects.get().due_at
    assert due_at is not None
    assert due_at > scene.clock.now()
    scene.clock.advance(1000)
    assert scene.token()


@pytest.mark.parametrize("name", ["\udcff", "a\x00b"])
def test_a_name_that_no_database_takes_is_not_found(scene: Scene, name: str) -> None:
    assert scene.refusal(name).code == "configuration_not_found"


def test_nobody_hears_of_success_when_the_database_undid_the_whole_group(scene: Scene) -> None:
    """SEC-25: SQLite undoes everything by itself when the disk is full; the innocent jobs of the group hear it too."""
    if connection.vendor != "sqlite":
        return  # PostgreSQL undoes the job alone: there is no such moment
    scene.add()
    gate = scene.ctx.storage

    def fill(cursor: CursorWrapper) -> None:
        cursor.execute("PRAGMA page_count")
        [pages] = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        cursor.execute("UPDATE tokens_configuration SET document = %s", ["x" * 5_000_000])

    def innocent(cursor: CursorWrapper) -> None:
        cursor.execute("UPDATE tokens_token SET scope = 'was here'")

    def slow(cursor: CursorWrapper) -> None:
        scene.ctx.stop.wait(0.3)

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(gate.write, slow)
        scene.ctx.stop.wait(0.1)
        told = pool.submit(gate.write, innocent)
        scene.ctx.stop.wait(0.05)
        full = pool.submit(gate.write, fill)
        first.result()
        assert full.exception() is not None
        heard = told.exception() is None
    assert heard == (Token.objects.get().scope == "was here")
