"""The five numbers of the retry policy, and what a killed last try comes to."""

from collections.abc import Iterator

import pytest

from bursar.clock import to_micros
from bursar.context import Context
from bursar.testing import FakeClock
from bursar.webservices import jobs, planned
from bursar.webservices.models import WebServiceJob
from bursar.webservices.service import Retry
from bursar.webservices.services import find, set_validity
from tests.integration.test_webservice_jobs import INVOKERS, POLICY, run, turn
from tests.integration.webservice_server import Answer, Service
from tests.unit.webservice_scene import service

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server() -> Iterator[Service]:
    with Service() as running:
        yield running


def test_each_pause_is_the_factor_longer_up_to_the_longest() -> None:
    policy = Retry(first=7, factor=3, maximum=100, count=9)
    assert [policy.pause(tries) for tries in (1, 2, 3, 4, 1000)] == [7, 21, 63, 100, 100]
    assert [Retry(first=5, factor=1.5, count=1).pause(tries) for tries in (1, 2, 3)] == [5, 7.5, 11.25]


def test_after_the_period_it_is_given_up_whatever_the_count(ctx: Context, clock: FakeClock, server: Service) -> None:
    policy = {"First": "10s", "Factor": 1, "Count": 100, "Period": "21s"}
    service(ctx, server.url, Retry=policy, Invokers=INVOKERS)
    server.answers = [Answer(503)] * 10
    run(ctx)
    clock.advance(12)
    turn(ctx)
    assert len(server.received) == 2, "the third would begin after the period"
    assert [job.state for job in jobs.views()] == ["given-up"]


def test_a_worker_that_comes_back_after_the_period_gives_it_up_unsent(
    ctx: Context, clock: FakeClock, server: Service
) -> None:
    service(ctx, server.url, Retry=POLICY, Invokers=INVOKERS)
    server.answers = [Answer(503)]
    run(ctx)
    clock.advance(3601)
    turn(ctx)
    assert len(server.received) == 1
    [job] = jobs.views()
    assert (job.state, "period" in job.error) == ("given-up", True)
    jobs.try_again(ctx, job.id)
    turn(ctx)
    assert (len(server.received), jobs.views()) == (2, []), "begun anew, its period begins anew"


def test_a_last_try_that_a_kill_interrupted_was_the_last(ctx: Context, clock: FakeClock, server: Service) -> None:
    service(ctx, server.url, Retry=POLICY | {"Count": 1}, Invokers=INVOKERS)
    server.answers = [Answer(503)]
    run(ctx)
    WebServiceJob.objects.update(tries=2)  # counted before it began; nobody lives to say how it went
    clock.advance(100)
    turn(ctx)
    assert len(server.received) == 1
    [job] = jobs.views()
    assert (job.state, "interrupted" in job.error) == ("given-up", True)


def test_of_what_was_given_up_the_latest_are_kept(
    ctx: Context, server: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "KEPT", 2)
    service(ctx, server.url, Retry=POLICY, Invokers=INVOKERS)
    server.answers = [Answer(422)] * 4
    for _ in range(4):
        run(ctx)
    keys = [each.headers["idempotency-key"] for each in server.received]
    assert [job.id for job in jobs.views()] == keys[:1:-1]


def test_two_that_saw_the_same_moment_of_the_clock_put_one_job_in_line(
    ctx: Context, clock: FakeClock, server: Service
) -> None:
    service(ctx, server.url, Invokers={"create": INVOKERS["create"] | {"Schedule": "* * * * *"}})
    clock.advance(120)
    now = clock.now()
    [found] = ctx.storage.read(lambda cursor: planned._due(cursor, to_micros(now)))
    assert [planned._enqueue(ctx, found, now) for _ in range(2)] == [True, False]
    assert len(jobs.views()) == 1


def test_what_waits_is_not_called_for_a_service_that_is_not_valid(
    ctx: Context, clock: FakeClock, server: Service
) -> None:
    invokers = {"create": INVOKERS["create"] | {"Schedule": "* * * * *"}}
    service(ctx, server.url, Retry=POLICY, Invokers=invokers)
    server.answers = [Answer(503)]
    run(ctx)
    set_validity(ctx, find("Tickets"), "invalid-temporarily", "test")
    clock.advance(120)
    turn(ctx)
    assert (len(server.received), [job.state for job in jobs.views()]) == (1, ["waiting"])
    set_validity(ctx, find("Tickets"), "valid", "test")
    clock.advance(120)
    turn(ctx)
    assert len(server.received) > 1


def test_a_job_whose_invoker_is_gone_or_whose_data_were_changed_is_given_up(
    ctx: Context, clock: FakeClock, server: Service
) -> None:
    """SEC-32: sealed data that don't open are never sent."""
    row = service(ctx, server.url, Retry=POLICY, Invokers=INVOKERS)
    server.answers = [Answer(503)] * 2
    run(ctx)
    run(ctx)
    first, second = WebServiceJob.objects.order_by("id")
    first.data = second.data
    first.save()
    clock.advance(12)
    turn(ctx)
    [given_up] = jobs.views(find("Tickets"))
    assert (given_up.id, "don't open" in given_up.error) == (first.id, True)
    server.answers = [Answer(503)]
    waiting = run(ctx)
    assert waiting.again is not None
    find("Tickets").jobs.exclude(id=first.id).update(invoker="gone")
    clock.advance(12)
    turn(ctx)
    assert [job.state for job in jobs.views(row)] == ["given-up", "given-up"]
    assert 'has no invoker "gone"' in jobs.views(row)[0].error
    assert len(server.received) == 4
