"""Waiting with IDLE for many servers: what one of them does wrong ends its own waiting and nobody else's."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from bursar.context import Context
from bursar.mail import schedule
from bursar.mail.account import AccountType
from bursar.mail.collect import Watch
from bursar.mail.login import Target
from bursar.scheduler import idle
from bursar.scheduler.idle import Idling

pytestmark = pytest.mark.django_db(transaction=True)


class Session:
    """What `begin` gives: `odd` fails at the first news in a way that nobody thought of."""

    missed = False

    def __init__(self, odd: bool) -> None:
        self.odd = odd
        self.sock, self.server = socket.socketpair()

    def heard(self) -> bool:
        self.sock.recv(100)
        if self.odd:
            raise ValueError("odd")
        return True

    def close(self) -> None:
        self.sock.close()


def watch(name: str) -> Watch:
    return Watch(name, name, 1, Target(AccountType.IMAPS, "h", 993, "l"), "INBOX", 0)


@pytest.fixture
def sessions(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Session]]:
    made: dict[str, Session] = {}

    def begin(_: Context, wanted: Watch) -> Any:
        if wanted.name == "unreadable":
            raise ValueError("unreadable")
        made[wanted.name] = Session(wanted.name == "odd")
        return made[wanted.name]

    monkeypatch.setattr(idle, "begin", begin)
    monkeypatch.setattr(idle, "CHECK_SECONDS", 1e9)  # there are no such accounts
    yield made
    for session in made.values():
        session.server.close()


def test_a_server_that_nobody_expected_ends_no_other_waiting(
    ctx: Context, sessions: dict[str, Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEC-70."""
    told = threading.Event()
    monkeypatch.setattr(schedule, "plan_now", lambda _, account_id: told.set() if account_id == "good" else None)
    monkeypatch.setattr(Idling, "_drop_changed", lambda _: None)
    waiting = Idling(ctx)
    waiting.start()
    try:
        waiting.watch(watch("unreadable"))
        for name in ("odd", "good"):
            waiting.watch(watch(name))
        while waiting.waiting < 2:
            assert not ctx.stop.wait(0.05)
        sessions["odd"].server.send(b"x")
        while waiting.waiting > 1:
            assert not ctx.stop.wait(0.05)
        sessions["good"].server.send(b"x")
        assert told.wait(60)
        with closing(sessions["odd"].server):
            waiting.watch(watch("odd"))
            waiting.watch(watch("unreadable"))
            while waiting.waiting < 2:
                assert not ctx.stop.wait(0.05)
        assert waiting._watched == {"good", "odd"}, "what failed may be tried again"
    finally:
        ctx.stop.set()
        waiting.join()
