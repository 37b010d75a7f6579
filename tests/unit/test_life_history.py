"""What is kept of a token's past: who did what, who asked for each call, and a bound on all of it."""

from datetime import timedelta

import pytest

from bursar.testing.people import human
from bursar.tokens import candidate, configure, history, life
from bursar.tokens.ahead import refresh_ahead
from bursar.tokens.asker import SCHEDULER
from bursar.tokens.history import Call, Event
from bursar.tokens.models import Attempt
from bursar.tokens.models import Event as Row
from bursar.tokens.obtain import obtain
from bursar.tokens.outcome import AccountChanged
from bursar.tokens.refresh import due_tokens, refresh
from bursar.tokens.request import request
from bursar.tokens.revoke import revoke
from bursar.tokens.rows import read_row
from bursar.uses import Consumer
from tests.unit.life_scene import ERP, NAME, PERSON, Scene

pytestmark = pytest.mark.django_db(transaction=True)


def past(scene: Scene, name: str = NAME) -> tuple[list[Call], list[Event]]:
    view = scene.view(name)
    return scene.ctx.storage.read(lambda cursor: history.past(cursor, view.configuration_id, view.id))


def kinds(scene: Scene) -> list[tuple[str, str]]:
    return [(event.kind, event.by) for event in past(scene)[1]]


def call(scene: Scene, outcome: str, times: int = 1) -> None:
    """Calls of the scheduler that ended so, one a minute."""
    token_id = scene.view().id

    def job(cursor: object) -> None:
        row = read_row(cursor, token_id)  # type: ignore[arg-type]
        assert row is not None
        for _ in range(times):
            scene.clock.advance(60)
            now = scene.clock.now()
            attempt = life.begin_attempt(cursor, row, "refresh_token", None, "w", SCHEDULER, now)  # type: ignore[arg-type]
            ends = now + timedelta(hours=1)
            life.end_attempt(cursor, row, attempt, outcome, now, 200, "", ends)  # type: ignore[arg-type]

    scene.ctx.storage.write(job)


def test_every_call_says_who_asked_for_it(scene: Scene) -> None:
    scene.add()
    scene.authorize()
    ends = scene.view().expires_at
    refresh(scene.ctx, NAME, "ann")
    scene.clock.advance(7200)
    obtain(scene.ctx, NAME, by=Consumer("mail", "1", "Sales"))
    scene.clock.advance(3590)
    refresh_ahead(scene.ctx, [due.token_id for due in due_tokens(scene.ctx, 10)])
    calls, _ = past(scene)
    assert [(each.asker, each.by) for each in calls] == [
        ("person", PERSON),
        ("person", "ann"),
        ("mail", "Sales"),
        ("scheduler", ""),
    ]
    assert {each.outcome for each in calls} == {"granted"}
    assert calls[0].expires_at == ends
    scene.add_credentials()
    request(scene.ctx, ERP, "bob")
    [asked], _ = past(scene, ERP)
    assert (asked.grant, asked.asker, asked.by) == ("client_credentials", "person", "bob")


def test_what_people_did_is_kept_with_their_names(scene: Scene) -> None:
    scene.add()
    done = scene.authorize()
    scene.clock.advance(1)
    scene.change("Scope", "mail offline_access")
    scene.clock.advance(1)
    scene.set_secret("cnry-another-secret")
    scene.clock.advance(1)
    scene.change("Requests.TokenByRefreshToken.Request.URL", "https://elsewhere.example/token")
    scene.clock.advance(1)
    configure.confirm(scene.ctx, NAME, "ann")
    scene.clock.advance(1)
    revoke(scene.ctx, NAME, "bob")
    _, events = past(scene)
    assert [(event.kind, event.by) for event in events] == [
        ("authorized", PERSON),
        ("changed", "test"),
        ("changed", "test"),
        ("changed", "test"),
        ("confirmed", "ann"),
        ("revoked", "bob"),
    ]
    assert events[0].detail["account"] == done.account
    assert [event.detail["what"] for event in events[1:4]] == [["Scope"], ["ClientSecret"], ["Requests"]]
    assert events[3].detail["held"] == ["token", "secret"]
    assert "cnry-" not in repr(events)


def test_a_consent_that_came_to_nothing_says_why(scene: Scene) -> None:
    scene.add()
    parameters = [pair for pair in scene.begin() if pair[0] != "code"]
    scene.finish([*parameters, ("error", "access_denied")])
    [event] = past(scene)[1]
    assert (event.kind, event.by, event.detail["code"]) == ("consent_failed", PERSON, "access_denied")
    assert event.detail["sentence"]


def test_the_decision_between_two_accounts_is_kept(scene: Scene) -> None:
    """SEC-13"""
    scene.add()
    first = scene.authorize().account
    for decide in (candidate.decline, candidate.adopt):
        scene.provider.person = human("other@practice.example")
        outcome = scene.finish(scene.begin())
        assert isinstance(outcome, AccountChanged)
        scene.clock.advance(1)
        decide(scene.ctx, outcome.consent_id, "ann")
        scene.clock.advance(1)
    events = past(scene)[1][1:]
    assert [event.kind for event in events] == ["account_waits", "account_kept", "account_waits", "account_replaced"]
    assert (events[1].detail["account"], events[1].detail["other"]) == (first, "other@practice.example")
    assert (events[3].detail["before"], events[3].detail["account"]) == (first, "other@practice.example")


def test_old_calls_are_folded_into_runs_and_nothing_grows_without_end(scene: Scene) -> None:
    scene.add()
    scene.authorize()
    call(scene, "granted", 123)
    assert Attempt.objects.count() == 124
    call(scene, "granted")
    assert Attempt.objects.count() == history.ATTEMPTS_KEPT
    call(scene, "granted", 25)
    call(scene, "retrying", 3)
    call(scene, "granted", 22)
    call(scene, "granted", 100)
    calls, _ = past(scene)
    folded = [each for each in calls if each.count > 1]
    assert [(each.outcome, each.count) for each in folded] == [("granted", 149), ("retrying", 3), ("granted", 22)]
    assert folded[0].started_at < (folded[0].until or folded[0].started_at) < folded[1].started_at
    assert sum(each.count for each in calls) == 1 + 149 + 3 + 22 + 100
    assert Attempt.objects.count() == history.ATTEMPTS_KEPT


def test_no_token_keeps_more_than_two_hundred_events(scene: Scene) -> None:
    scene.add()
    view = scene.view()
    for number in range(history.EVENTS_KEPT + 5):
        scene.clock.advance(1)
        scene.ctx.storage.write(
            lambda cursor, by=str(number): history.note(
                cursor, view.configuration_id, view.id, history.REVOKED, by, scene.clock.now()
            )
        )
    assert Row.objects.count() == history.EVENTS_KEPT
    assert kinds(scene)[0] == ("revoked", "5")


def test_the_past_leaves_with_its_configuration(scene: Scene) -> None:
    scene.add()
    scene.authorize()
    scene.change("Scope", "mail")
    configure.delete(scene.ctx, NAME)
    assert not Row.objects.exists()
