"""When an account is collected next."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from bursar.context import Context
from bursar.errors import BursarError, PersonMustAct, Refused, Temporary
from bursar.mail import schedule
from bursar.mail.models import MailAccount
from bursar.testing import FakeClock

NOW = FakeClock().now()


def wait(error: BursarError | None, failures: int, interval: int = 60, share: float = 1.0) -> float:
    return (schedule.after_run(NOW, interval, error, failures, share) - NOW).total_seconds()


def test_a_run_that_went_well_is_followed_by_another_an_interval_later() -> None:
    assert (wait(None, 0), wait(None, 0, share=0.95)) == (60, 57)


@pytest.mark.parametrize(("failures", "seconds"), [(1, 60), (3, 60), (4, 120), (6, 480), (20, 3600)])
def test_what_passes_by_itself_is_tried_at_the_interval_first(failures: int, seconds: float) -> None:
    assert wait(Temporary("x"), failures) == seconds


@pytest.mark.parametrize("error", [PersonMustAct("x"), Refused("x")])
def test_what_a_person_must_correct_is_tried_less_and_less_often(error: BursarError) -> None:
    assert [wait(error, failures) for failures in (1, 2, 3, 9)] == [120, 240, 480, 3600]
    assert wait(error, 9, interval=86_400) == 86_400


def test_a_server_s_hint_is_obeyed() -> None:
    assert wait(Temporary("x", retry_after=600.5), 1) == 600.5
    assert wait(Temporary("x", retry_after=1), 1) == 60


def account(name: str, due: float | None, **changed: object) -> MailAccount:
    moment = None if due is None else NOW + timedelta(seconds=due)
    usual = {"type": "IMAP", "host": "h", "port": 1, "login": "l", "deliver": "maildir:/x", "interval": 60}
    return MailAccount.objects.create(name=name, next_run_at=moment, created_at=NOW, **usual | changed)


@pytest.mark.django_db(transaction=True)
def test_what_is_due_is_claimed_once(ctx: Context, clock: FakeClock) -> None:
    late, later = account("late", -10), account("later", -5)
    account("not yet", 1)
    account("on request", None, interval=0)
    account("invalid", -10, validity="invalid")
    found = schedule.due(ctx, 10)
    assert [each.account_id for each in found] == [late.id, later.id]
    assert [schedule.claim(ctx, found[0]), schedule.claim(ctx, found[0])] == [True, False]
    assert [each.account_id for each in schedule.due(ctx, 10)] == [later.id]
    clock.advance(60)
    assert len(schedule.due(ctx, 10)) == 3


@pytest.mark.django_db(transaction=True)
def test_failures_in_a_row_are_counted_and_new_mail_that_was_told_of_stays_due(ctx: Context, clock: FakeClock) -> None:
    made = account("a", 30)
    for failures in (1, 2):
        schedule.plan_after(ctx, made.id, PersonMustAct("x"))
        made.refresh_from_db()
        assert made.failures == failures
    schedule.plan_after(ctx, made.id, Temporary("busy", code="account_busy"))
    made.refresh_from_db()
    assert made.failures == 2
    schedule.plan_after(ctx, made.id, None)
    made.refresh_from_db()
    assert made.failures == 0
    assert made.next_run_at > clock.now()
    schedule.plan_now(ctx, made.id)
    schedule.plan_after(ctx, made.id, None)
    assert [each.account_id for each in schedule.due(ctx, 10)] == [made.id]
    schedule.plan_after(ctx, "no such account", None)


@pytest.mark.django_db(transaction=True)
def test_an_interval_that_is_changed_this_very_moment_counts(
    ctx: Context, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = account("a", 30)
    real = schedule.after_run

    def meanwhile(*facts: Any) -> datetime:
        MailAccount.objects.update(interval=86_400)
        return real(*facts)

    monkeypatch.setattr(schedule, "after_run", meanwhile)
    schedule.plan_after(ctx, made.id, None)
    made.refresh_from_db()
    assert made.next_run_at > clock.now() + timedelta(hours=20)
