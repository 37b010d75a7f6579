"""A connection that breaks after every single byte of a session: each message arrives once, whichever byte it was."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from bursar.context import Context
from bursar.mail.models import MailLedger
from bursar.testing import FakeGraph, FakeProvider
from tests.faults.cutting import Cutting
from tests.integration.fake_imap import FakeImap
from tests.integration.fake_pop3 import FakePop3
from tests.integration.mail_scene import USER, Scene
from tests.integration.test_mail_graph import graph, scene

__all__ = ["graph", "scene"]

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True), pytest.mark.slow]

BODY = b"S: 1\r\n\r\n.\r\n"


@pytest.fixture
def without_syncs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Power cuts are not what is tested here, and a thousand sessions are many."""

    def hurry(connection: BaseDatabaseWrapper, **_: object) -> None:
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA synchronous = OFF")

    monkeypatch.setattr(os, "fsync", lambda _: None)
    connection_created.connect(hurry)
    yield
    connection_created.disconnect(hurry)


@pytest.mark.parametrize("kind", ["IMAP", "POP3"])
def test_a_session_that_is_cut_after_each_of_its_bytes(
    without_syncs: None, ctx: Context, provider: FakeProvider, tmp_path: Path, kind: str
) -> None:
    """SEC-59: the run goes on over a new connection, or the next one does; nothing is lost, nothing comes twice."""
    scene = Scene(ctx, provider, tmp_path / "maildir")
    scene.configure()
    start: Callable[[], FakeImap | FakePop3] = lambda: (  # noqa: E731
        FakeImap({1: BODY}) if kind == "IMAP" else FakePop3({"a": BODY})
    )
    server = start()
    proxy = Cutting(server.port)
    try:
        scene.account(proxy.port, kind)
        assert scene.fetch().delivered == 1
        whole = proxy.carried
        assert whole > 100, "the whole session was counted"
        for byte in range(whole):
            server.messages = {byte + 2: BODY} if kind == "IMAP" else {f"u{byte}": BODY}  # type: ignore[assignment]
            proxy.limit = byte
            for _ in range(3):
                result = scene.fetch()
                if result.error is None and not server.messages:
                    break
            assert (byte, result.error, dict(server.messages)) == (byte, None, {})
    finally:
        proxy.close()
        server.close()
    files = [path.read_bytes() for path in (scene.maildir / "new").iterdir()]
    assert files == [BODY] * (whole + 1)
    assert list((scene.maildir / "tmp").iterdir()) == []
    assert MailLedger.objects.filter(state="begun").count() == 0
    print(f"{whole} bytes, {kind}")


EVERY = 13  # a session inside TLS is long, and most places in it are alike


def test_a_session_with_graph_that_is_cut_at_many_places(
    without_syncs: None, ctx: Context, provider: FakeProvider, graph: FakeGraph, tmp_path: Path
) -> None:
    """SEC-59: what changes something there is sent once; what only asks is asked again on another connection."""
    scene = Scene(ctx, provider, tmp_path / "maildir")
    scene.configure()
    proxy = Cutting(graph.port)
    mailbox = graph.mailbox(USER)
    try:
        scene.account(proxy.port, "MSGraph", ca_file=str(tmp_path / "ca.pem"))
        mailbox.deliver(BODY)
        assert scene.fetch().delivered == 1
        whole = proxy.carried
        assert whole > 2000, "the whole session was counted"
        places = range(0, whole, EVERY)
        for byte in places:
            mailbox.deliver(BODY)
            proxy.limit = byte
            for _ in range(3):
                result = scene.fetch()
                if result.error is None and not mailbox.inside(mailbox.folders["inbox"]):
                    break
            assert (byte, result.error, mailbox.inside(mailbox.folders["inbox"])) == (byte, None, [])
    finally:
        proxy.close()
    files = [path.read_bytes() for path in (scene.maildir / "new").iterdir()]
    assert files == [BODY] * (len(places) + 1)
    print(f"{len(places)} places of {whole} bytes")
