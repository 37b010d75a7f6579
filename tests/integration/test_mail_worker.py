"""The mail worker on a real Dovecot: accounts collected at their interval, and at once where the server knows IDLE."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bursar.context import Context
from bursar.mail.accounts import find
from bursar.mail.models import MailAccount, MailRun
from bursar.outbound.slots import Slots
from bursar.scheduler import mail
from bursar.scheduler.mail import MailWorker
from bursar.testing import FakeProvider
from tests.counterparts.dovecot import Dovecot, Introspecting, message
from tests.counterparts.processes import wait_until
from tests.integration.mail_scene import USER, Scene

pytestmark = [pytest.mark.counterpart, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def mailserver(provider: FakeProvider, start_dovecot: Callable[[Introspecting], Dovecot]) -> Dovecot:
    return start_dovecot(provider)


@pytest.fixture
def scene(ctx: Context, provider: FakeProvider, tmp_path: Path) -> Scene:
    made = Scene(ctx, provider, tmp_path / "maildir")
    made.configure()
    return made


@contextmanager
def working(ctx: Context) -> Iterator[MailWorker]:
    worker = MailWorker(ctx)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        ctx.stop.set()
        thread.join(60)
        assert not thread.is_alive(), "the worker ends with the stop event"


def count(scene: Scene) -> int:
    return len(list(scene.maildir.glob("new/*")))


def test_new_mail_arrives_long_before_the_interval_is_over_where_the_server_knows_idle(
    scene: Scene, mailserver: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEC-52: what waits with IDLE doesn't count among the connections at once, or it would hold the runs up."""
    monkeypatch.setattr(scene.ctx.door, "_slots", Slots(1))
    scene.account(mailserver.imaps, "IMAPS", ca_file=str(mailserver.ca), interval=86_400, after="leave")
    mailserver.deliver(USER, [message(0)])
    MailAccount.objects.update(next_run_at=scene.ctx.clock.now())
    with working(scene.ctx) as worker:
        wait_until(lambda: count(scene) == 1, "the first run")
        wait_until(lambda: worker.idling.waiting == 1, "IDLE")
        for number in (1, 2):
            mailserver.deliver(USER, [message(number)])
            wait_until(lambda number=number: count(scene) == 1 + number, "new mail")  # type: ignore[misc]
    account = find("Support")
    assert account.failures == 0
    assert account.next_run_at is not None
    assert account.next_run_at > scene.ctx.clock.now()
    assert scene.fetch().fetched == 0, "each message came once"


def test_due_accounts_are_collected_once_by_two_workers_and_trouble_holds_nobody_up(
    scene: Scene, mailserver: Dovecot, tmp_path: Path
) -> None:
    scene.ctx.settings.set("MailAccount::IMAP::IdleConnections", "0", "test", scene.ctx.clock.now())
    for number in range(6):
        scene.maildir = tmp_path / f"box{number}"
        scene.account(mailserver.imap, name=f"a{number}", interval=3600, after="leave")
    scene.account(mailserver.imap, name="broken", folder="Nowhere", interval=3600)
    scene.account(mailserver.imap, name="on request", interval=0)
    mailserver.deliver(USER, [message(0)])
    MailAccount.objects.filter(interval=3600).update(next_run_at=scene.ctx.clock.now())
    workers = [MailWorker(scene.ctx, threads=4, per_host=3) for _ in range(2)]
    with ThreadPoolExecutor(8) as pool:
        while work := [begun for worker in workers for begun in worker.turn(pool)]:
            wait(work)
    assert [len(list((tmp_path / f"box{number}" / "new").iterdir())) for number in range(6)] == [1] * 6
    assert sorted(MailRun.objects.values_list("account__name", "delivered")) == [
        *((f"a{number}", 1) for number in range(6)),
        ("broken", 0),
    ]
    assert find("broken").failures == 1


def test_one_slow_server_does_not_take_all_threads(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """SEC-70, however many of its accounts have waited longer."""
    going, waiting = threading.Event(), threading.Event()
    seen: list[str] = []

    def collect(ctx: Context, account_id: str) -> None:
        host = MailAccount.objects.get(id=account_id).host
        seen.append(host)
        if host == "slow.example":
            going.wait(60)
        else:
            waiting.set()

    monkeypatch.setattr(mail, "collect", collect)
    for number in range(20):
        scene.account(993, "IMAPS", f"slow{number}", host="slow.example")
    scene.account(993, "IMAPS", "quick", host="quick.example")
    MailAccount.objects.update(next_run_at=scene.ctx.clock.now() - timedelta(minutes=1))
    MailAccount.objects.filter(name="quick").update(next_run_at=scene.ctx.clock.now())
    worker = MailWorker(scene.ctx, threads=4, per_host=3)
    with ThreadPoolExecutor(4) as pool:
        worker.turn(pool)
        assert waiting.wait(30), "the quick one had its turn"
        assert seen.count("slow.example") <= 3
        going.set()


def test_runs_that_find_nothing_share_a_row_of_the_log(scene: Scene, mailserver: Dovecot) -> None:
    scene.account(mailserver.imap)
    for _ in range(3):
        scene.fetch()
    mailserver.deliver(USER, [message(0)])
    scene.fetch()
    scene.fetch()
    found = list(MailRun.objects.order_by("id").values_list("runs", "fetched"))
    assert found == [(3, 0), (1, 1), (1, 0)]
