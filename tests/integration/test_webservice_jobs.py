"""Calls that are tried again: by the policy, by any worker, after a kill; and calls by the clock."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bursar.context import Context
from bursar.scheduler.webservices import WebServiceWorker
from bursar.testing import FakeClock
from bursar.webservices import jobs, planned
from bursar.webservices.call import Outcome
from bursar.webservices.models import WebServiceCall, WebServiceJob
from bursar.webservices.services import find
from bursar.worker_name import worker_name
from tests.conftest import Cli
from tests.counterparts.processes import wait_until
from tests.integration.webservice_server import Answer, Service
from tests.unit.webservice_scene import service

POLICY = {"First": "10s", "Factor": 2, "Maximum": "30s", "Count": 3, "Period": "1h"}
INVOKERS = {"create": {"Path": "/tickets", "Method": "POST"}}
CLI_DOCUMENT = """\
- Name: Tickets
  BaseURL: {url}
  Retry: {{First: 1s, Factor: 1, Count: 3}}
  Invokers:
    create: {{Path: "/tickets/:id", Method: POST, Output: path, Sample: {{id: 5}}}}
"""


@pytest.fixture
def server() -> Iterator[Service]:
    with Service() as running:
        yield running


def run(ctx: Context, data: Any = None) -> Outcome:
    return jobs.run(ctx, find("Tickets"), "create", data or {"title": "x"}, "test")


def turn(*contexts: Context) -> None:
    """One turn of a worker in each context, and the calls it begins."""
    with ThreadPoolExecutor(8) as pool:
        wait([begun for ctx in contexts for begun in WebServiceWorker(ctx).turn(pool)])


@pytest.mark.django_db(transaction=True)
def test_trouble_is_tried_again_as_the_policy_says_under_one_idempotency_key(
    ctx: Context, clock: FakeClock, server: Service
) -> None:
    service(ctx, server.url, Retry=POLICY, Invokers=INVOKERS)
    server.answers = [Answer(503), Answer(429, {"Retry-After": "120"}), Answer(200)]
    first = run(ctx)
    assert first.again is not None
    assert 10 <= first.again <= 11
    turn(ctx)
    assert len(server.received) == 1, "not before its time"
    clock.advance(12)
    turn(ctx)
    clock.advance(60)
    turn(ctx)
    assert len(server.received) == 2, "not before the other side wants it"
    clock.advance(61)
    turn(ctx)
    assert not WebServiceJob.objects.exists()
    assert len({each.headers["idempotency-key"] for each in server.received}) == 1
    assert len({each.body for each in server.received}) == 1
    assert list(WebServiceCall.objects.order_by("id").values_list("tries", "status")) == [(1, 503), (2, 429), (3, 200)]


@pytest.mark.django_db(transaction=True)
def test_a_call_is_given_up_after_its_tries_and_may_be_begun_anew(
    ctx: Context, clock: FakeClock, server: Service
) -> None:
    service(ctx, server.url, Retry=POLICY, Invokers=INVOKERS)
    server.answers = [Answer(500)] * 4
    run(ctx)
    for _ in range(10):
        clock.advance(40)
        turn(ctx)
    assert len(server.received) == 4
    [given_up] = jobs.views(find("Tickets"))
    assert (given_up.state, given_up.tries, given_up.error) == ("given-up", 4, "127.0.0.1 answers 500.")
    jobs.try_again(ctx, given_up.id)
    turn(ctx)
    assert jobs.views() == []
    assert server.received[-1].headers["idempotency-key"] == given_up.id


@pytest.mark.django_db(transaction=True)
def test_what_no_other_try_can_mend_is_not_tried_again(ctx: Context, clock: FakeClock, server: Service) -> None:
    service(ctx, server.url, Retry=POLICY, Invokers=INVOKERS)
    server.answers = [Answer(422)]
    assert run(ctx).again is None
    clock.advance(4000)
    turn(ctx)
    assert len(server.received) == 1
    assert [job.state for job in jobs.views()] == ["given-up"]


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_makes_each_call_and_a_living_lease_is_respected(
    make_context: Any, clock: FakeClock, server: Service
) -> None:
    contexts = [make_context(clock=clock) for _ in range(3)]
    service(contexts[0], server.url, Retry=POLICY, Invokers=INVOKERS)
    server.answers = [Answer(503)] * 6
    for number in range(6):
        run(contexts[0], {"number": number})
    clock.advance(15)
    for _ in range(3):
        turn(*contexts)
    assert len(server.received) == 12
    run(contexts[0])  # answered at once
    server.answers = [Answer(503)]
    run(contexts[0])
    until = int((clock.now() + timedelta(hours=1)).timestamp() * 1_000_000)
    WebServiceJob.objects.update(lease_owner=worker_name(), lease_run="other", lease_until=until)
    clock.advance(100)
    turn(*contexts)
    assert len(server.received) == 14


@pytest.mark.django_db(transaction=True)
def test_an_invoker_runs_by_the_clock_once_whoever_looks(make_context: Any, clock: FakeClock, server: Service) -> None:
    contexts = [make_context(clock=clock) for _ in range(2)]
    invokers = {"create": INVOKERS["create"] | {"Schedule": "0 6 * * *", "Sample": {"report": "daily"}}}
    row = service(contexts[0], server.url, Invokers=invokers)
    turn(*contexts)
    assert server.received == []
    clock.advance(86_400 * 3)
    turn(*contexts)
    turn(*contexts)
    assert [each.body for each in server.received] == [b'{"report": "daily"}'], "made up for once"
    next_at = planned.next_of(contexts[0], row.id)["create"]
    assert clock.now() < next_at <= clock.now() + timedelta(days=1)
    assert WebServiceCall.objects.get().origin == "schedule"


@pytest.mark.counterpart
def test_a_call_survives_its_killed_process_and_a_killed_worker_with_the_same_key(
    cli: Cli, bursar_home: Any, server: Service, tmp_path: Path
) -> None:
    """SEC-59: what was begun survives the process that began it."""
    cli("setting", "set", "Outbound::AllowedNetworks", "127.0.0.1", check=0)
    cli("webservice", "import", "-", input=CLI_DOCUMENT.format(url=server.url), check=0)
    killed = cli("webservice", "run", "Tickets", "create", "--sample", BURSAR_FAILPOINT="webservice.called")
    assert killed.returncode != 0
    assert len(server.received) == 1
    dying = bursar_home.start("worker", BURSAR_FAILPOINT="webservice.called")
    dying.communicate(timeout=60)
    assert (dying.returncode, len(server.received)) == (-9, 2), "the worker was killed with the answer in its hand"
    worker = bursar_home.start("worker")
    try:
        wait_until(lambda: len(server.received) == 3, "the third try")
        wait_until(lambda: cli("webservice", "jobs", "--json", check=0).stdout.strip() == "[]", "the end of the job")
    finally:
        worker.terminate()
        worker.communicate(timeout=60)
    assert len({each.headers["idempotency-key"] for each in server.received}) == 1
    log = cli("webservice", "log", "Tickets", check=0).stdout
    assert log.count("200") == 3


@pytest.mark.counterpart
def test_the_command_says_what_came_of_a_call(cli: Cli, server: Service, tmp_path: Path) -> None:
    cli("setting", "set", "Outbound::AllowedNetworks", "127.0.0.1", check=0)
    cli("webservice", "import", "-", input=CLI_DOCUMENT.format(url=server.url), check=0)
    assert "Tickets" in cli("webservice", "list", check=0).stdout
    assert "create" in cli("webservice", "show", "Tickets", check=0).stdout
    assert (
        cli("webservice", "run", "Tickets", "create", "--data", "-", input='{"id": 7}', check=0).stdout
        == "/tickets/7\n"
    )
    assert "no text or number id" in cli("webservice", "run", "Tickets", "create", check=2).stderr
    assert "is no JSON" in cli("webservice", "run", "Tickets", "create", "--data", "-", input="{", check=2).stderr
    assert "Its invokers: create" in cli("webservice", "run", "Tickets", "other", check=3).stderr
    server.answers = [Answer(503), Answer(403)]
    again = cli("webservice", "run", "Tickets", "create", "--sample", "--json", check=5)
    assert '"code": "service_in_trouble"' in again.stdout
    assert "tried again" in again.stderr
    cli("webservice", "run", "Tickets", "create", "--sample", check=4)
    waiting = cli("webservice", "jobs", "Tickets", check=0).stdout
    assert "waiting" in waiting
    assert "given-up" in waiting
    large = tmp_path / "large"
    server.answers = [Answer(200, {"Content-Type": "application/zip"}, b"0123456789" * 1_000_000), Answer(503)]
    cli("webservice", "run", "Tickets", "create", "--sample", "--output", str(large), check=0)
    assert large.stat().st_size == 10_000_000
    cli("webservice", "run", "Tickets", "create", "--sample", "--output", str(large), check=5)
    assert large.stat().st_size == 10_000_000, "what was there stays"
    download = ("webservice", "run", "Tickets", "create", "--sample", "--output", str(large))
    broken = {"Content-Length": "100", "Content-Type": "application/zip"}
    server.answers = [
        Answer(200, {}, b"x" * 100),
        Answer(200, broken, lambda handler: handler.wfile.write(b"half") and None),
        Answer(403, {}, b'{"why": "not yours"}'),
    ]
    assert "more than 99 bytes" in cli(*download, "--max-size", "99", check=4).stderr
    cli(*download, check=5)
    cli(*download, check=4)
    assert large.stat().st_size == 10_000_000, "what was there stays, whatever came"
    assert "not yours" in cli("webservice", "log", "Tickets", "--limit", "1", "--json", check=0).stdout
    assert list(tmp_path.glob("*.part")) == []
    cli("webservice", "delete", "Tickets", "--yes", check=0)
