"""Every destination on its real counterpart: what arrives, what is refused, and what becomes of the rest."""

import mailbox
import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.utils import translation

from bursar.context import Context
from bursar.errors import NotFound
from bursar.mail.accounts import find, target_of
from bursar.mail.looking import look_of
from bursar.mail.models import MailLedger
from bursar.mail.probe import probe
from bursar.mail.quarantine import counts, quarantined, retry
from bursar.mail.result import exit_code
from bursar.mail.signing import renew_signing_secret
from bursar.testing import FakeProvider
from bursar.web.mail.seen import seen_in
from tests.counterparts.dovecot import Dovecot, Introspecting, message
from tests.counterparts.postfix import FULL, REFUSED, Postfix
from tests.counterparts.processes import free_port, wait_until
from tests.integration.mail_scene import USER, Scene, code
from tests.integration.webhook_receiver import WebhookReceiver

pytestmark = [pytest.mark.counterpart, pytest.mark.django_db(transaction=True)]

ARCHIVE = "archive@bursar.test"
ODD = (
    b"Return-Path: <bounce@bursar.test>\r\nTo: Support <support@bursar.test>\r\nSubject: odd\r\n\r\n"
    b".\r\n..two\r\nbare\rcr\r\nend"
)


@pytest.fixture
def mailserver(provider: FakeProvider, start_dovecot: Callable[[Introspecting], Dovecot]) -> Dovecot:
    return start_dovecot(provider)


@pytest.fixture
def scene(ctx: Context, provider: FakeProvider, tmp_path: Path) -> Scene:
    made = Scene(ctx, provider, tmp_path / "maildir")
    made.configure()
    return made


@pytest.fixture(scope="module")
def running_postfix() -> Iterator[Postfix]:
    running = Postfix()
    yield running
    running.close()


def test_lmtp_delivers_over_one_connection_with_a_stable_id(scene: Scene, mailserver: Dovecot) -> None:
    sent = [message(number) for number in range(30)] + [ODD]
    mailserver.deliver(USER, sent)
    scene.account(mailserver.imap, deliver=f"lmtp:127.0.0.1:{mailserver.lmtp}", recipients={}, login=USER)
    result = scene.fetch()
    # They come back into the very mailbox that they were taken from; a second look finds all of them again.
    assert (code(result), result.delivered) == (None, 31)
    arrived = mailserver.messages(USER)
    assert len(arrived) == 31
    assert sum(b"X-Bursar-Delivery: " in mail for mail in arrived) == 31
    odd = next(mail for mail in arrived if b"Subject: odd" in mail)
    assert odd.replace(b"\r\n", b"\n").endswith(b"\n\n.\n..two\nbare\ncr\nend\n")
    assert b"Return-Path: <bounce@bursar.test>" in odd
    assert mailserver.log().count("Connect from 127.0.0.1") == 1, "one connection serves the whole run"


def test_dispatching_sends_each_recipient_its_own_way(scene: Scene, mailserver: Dovecot, tmp_path: Path) -> None:
    to_archive = message(2).replace(b"To: support@bursar.test", b"To: Archive <ARCHIVE@bursar.test>, x@bursar.test")
    mailserver.deliver(USER, [message(1), to_archive])
    table = {ARCHIVE: f"lmtp:localhost:{mailserver.lmtp}"}
    scene.account(mailserver.imap, recipients=table)
    assert code(scene.fetch()) is None
    assert scene.delivered() == [message(1)]
    assert [b"ARCHIVE" in mail for mail in mailserver.messages(ARCHIVE)] == [True]


def test_a_destination_that_is_down_leaves_its_messages_and_hinders_no_other(scene: Scene, mailserver: Dovecot) -> None:
    to_archive = message(2).replace(b"To: support@bursar.test", b"To: archive@bursar.test")
    mailserver.deliver(USER, [to_archive, message(1)])
    scene.account(mailserver.imap, recipients={ARCHIVE: f"lmtp:127.0.0.1:{free_port()}"})
    result = scene.fetch()
    assert (code(result), result.delivered, result.skipped) == ("destination_failed", 1, 1)
    assert "connection refused" in result.skips[0]
    assert mailserver.messages(USER) == [to_archive]
    assert MailLedger.objects.filter(state="begun").count() == 0, "nothing was handed over, so nothing is in doubt"


def test_smtp_delivers_defers_and_quarantines(scene: Scene, mailserver: Dovecot, running_postfix: Postfix) -> None:
    to = {"a": "a@bursar.test", "b": REFUSED, "c": FULL}
    mails = {
        name: message(number).replace(b"To: support@bursar.test", f"To: {address}".encode())
        for number, (name, address) in enumerate(to.items())
    }
    mailserver.deliver(USER, mails.values())
    deliver = f"smtp:localhost:{running_postfix.smtp}?ca={running_postfix.certificates.ca}"
    table = dict.fromkeys(to.values(), deliver)
    scene.account(mailserver.imap, recipients=table, deliver=deliver)
    # Sessions with TLS, which Bursar alone has: who only looks whether Postfix is there yet may be logged at any time.
    sessions = running_postfix.log().count("TLS connection established from")
    result = scene.fetch()
    assert running_postfix.log().count("TLS connection established from") == sessions + 1, "one serves the whole run"
    assert (code(result), result.delivered, result.skipped) == ("messages_refused", 1, 2)
    wait_until(lambda: len(running_postfix.messages()) == 1, "delivery by Postfix")
    assert running_postfix.messages()[0].endswith(mails["a"].partition(b"\r\n\r\n")[2].replace(b"\r\n", b"\n"))
    assert "TLS connection established" in running_postfix.log()
    assert sorted(mailserver.messages(USER)) == sorted([mails["b"], mails["c"]]), "never deleted undelivered"

    [held] = quarantined("Support")
    assert (held.subject, held.size, "554" in held.reason, held.place) == ("Ticket 1", len(mails["b"]), True, "UID 2")
    assert counts() == {find("Support").id: 1}
    again = scene.fetch()
    assert (code(again), again.fetched) == ("destination_failed", 1), "what is in quarantine is not fetched again"
    with pytest.raises(NotFound):
        retry("Support", [held.id + 1000])
    assert retry("Support", [held.id]) == 1
    assert scene.fetch().fetched == 2


@contextmanager
def stripped() -> Iterator[tuple[int, list[bytes]]]:
    """A server from whose greeting somebody on the way has taken STARTTLS; and the commands that it heard."""
    heard: list[bytes] = []

    def serve(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection, connection.makefile("rwb", buffering=0) as dialogue:
            dialogue.write(b"220 ready\r\n")
            while line := dialogue.readline():
                heard.append(line.split()[0].upper())
                dialogue.write(b"250-localhost\r\n250 8BITMIME\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=serve, args=(listening,))
        server.start()
        yield listening.getsockname()[1], heard
        server.join()


def test_smtp_without_the_tls_that_is_asked_for_gets_nothing(
    scene: Scene, mailserver: Dovecot, running_postfix: Postfix
) -> None:
    """SEC-51, SEC-55: a certificate of another authority, and a server without STARTTLS."""
    mailserver.deliver(USER, [message(1)])
    scene.account(mailserver.imap, deliver=f"smtp:localhost:{running_postfix.smtp}?ca={mailserver.ca}")
    result = scene.fetch()
    assert code(result) == "destination_failed"
    assert "certificate" in result.skips[0]
    with stripped() as (port, heard):
        scene.account(mailserver.imap, name="Second", deliver=f"smtp:localhost:{port}?ca={mailserver.ca}")
        result = scene.fetch("Second")
    assert "offers no STARTTLS" in result.skips[0]
    assert heard == [b"EHLO"], "not a word of the message"
    assert mailserver.count(USER) == 1


def test_mbox_holds_every_message_for_other_readers(scene: Scene, mailserver: Dovecot, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "mbox"
    path.parent.mkdir()
    path.write_bytes(b"From old Mon Nov 23 12:00:00 2026\nSubject: old\n\nno newline at the end")
    from_line = b"Subject: f\r\n\r\nFrom here\r\n>From there\r\n"
    mailserver.deliver(USER, [message(1), from_line, message(2)])
    scene.account(mailserver.imap, deliver=f"mbox:{path}")
    result = scene.fetch()
    assert (code(result), result.delivered) == (None, 3)
    with closing(mailbox.mbox(path)) as read:
        assert [mail["Subject"] for mail in read] == ["old", "Ticket 1", "f", "Ticket 2"]
    assert b"\n>From here\n>>From there\n" in path.read_bytes()
    assert not (path.parent / "mbox.lock").exists()
    assert scene.fetch().fetched == 0


def test_a_new_mbox_is_its_owners_alone(scene: Scene, mailserver: Dovecot, tmp_path: Path) -> None:
    scene.account(mailserver.imap, deliver=f"mbox:{tmp_path / 'new' / 'mbox'}")
    assert code(scene.fetch()) is None
    assert stat.S_IMODE((tmp_path / "new" / "mbox").stat().st_mode) == 0o600


def script(tmp_path: Path, text: str) -> str:
    path = tmp_path / "program"
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return f"pipe:{path}"


def test_a_program_gets_the_bytes_and_nothing_of_bursars_own(
    scene: Scene, mailserver: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BURSAR_KEY", "cnry-key")
    out = tmp_path / "out"
    out.mkdir()
    mailserver.deliver(USER, [message(1), ODD])
    deliver = script(tmp_path, f'env > {out}/env; cat > {out}/"$BURSAR_DELIVERY.$1"')
    scene.account(mailserver.imap, deliver=f"{deliver} 'two words'")
    assert code(scene.fetch()) is None
    files = sorted(out.glob("*.two words"), key=lambda path: path.stat().st_mtime_ns)
    assert [path.read_bytes() for path in files] == [message(1), ODD]
    environment = (out / "env").read_text()
    assert f"BURSAR_RECIPIENT={USER}" in environment
    assert "cnry-key" not in environment
    assert "BURSAR_HOME" not in environment


@pytest.mark.parametrize(
    ("exits", "expected", "left"),
    [
        ("exit 75", "destination_failed", 2),
        ("exit 67", "messages_refused", 2),
        ("kill -9 $$", "destination_failed", 2),
        ("exec /nowhere", "destination_failed", 2),
        ("grep -q 'Ticket 1' && exit 65 || exit 0", "messages_refused", 1),
        ("head -c 1 >/dev/null; yes no | head -c 3000000; exit 0", None, 0),
    ],
)
def test_the_exit_code_decides(
    scene: Scene, mailserver: Dovecot, tmp_path: Path, exits: str, expected: str | None, left: int
) -> None:
    mailserver.deliver(USER, [message(1), message(2)])
    scene.account(mailserver.imap, deliver=script(tmp_path, f"echo said: why >&2\n{exits}"))
    result = scene.fetch()
    assert (code(result), mailserver.count(USER)) == (expected, left)
    if left:
        assert "said: why" in result.skips[0] or "nowhere" in result.skips[0]
        assert result.skipped == left


def test_a_program_that_vanished_is_said_and_nothing_is_lost(scene: Scene, mailserver: Dovecot, tmp_path: Path) -> None:
    mailserver.deliver(USER, [message(1)])
    deliver = script(tmp_path, "exit 0")
    scene.account(mailserver.imap, deliver=deliver)
    os.unlink(tmp_path / "program")
    result = scene.fetch()
    assert (code(result), mailserver.count(USER)) == ("destination_failed", 1)
    assert "can't be started" in result.skips[0]


def test_a_webhook_is_signed_and_tried_again(scene: Scene, mailserver: Dovecot) -> None:
    mailserver.deliver(USER, [message(1), ODD])
    with WebhookReceiver(answers=[503, 204, 429, 503, 200], retry_after="0") as receiver:
        scene.account(mailserver.imap, deliver=f"webhook:{receiver.url}")
        refused = scene.fetch()
        assert refused.error is not None
        assert (exit_code([refused]), code(refused)) == (4, "signing_secret_missing")
        assert "bursar mail signing-secret" in refused.error.action
        assert receiver.received == [], "nothing goes out unsigned"
        receiver.secret = renew_signing_secret(scene.ctx, find("Support")).reveal()
        result = scene.fetch()
    assert (code(result), result.delivered, result.repeated) == (None, 2, 0)
    assert [body for _, body in receiver.received] == [message(1), message(1), ODD, ODD, ODD]
    assert all(receiver.is_signed(headers, body) for headers, body in receiver.received)
    ids = [headers["webhook-id"] for headers, _ in receiver.received]
    assert (ids[0], len(set(ids))) == (ids[1], 2)
    assert receiver.received[0][0]["content-type"] == "message/rfc822"


def test_a_webhook_that_says_no_quarantines_and_one_in_trouble_leaves(scene: Scene, mailserver: Dovecot) -> None:
    mailserver.deliver(USER, [message(1), message(2)])
    with WebhookReceiver(answers=[410, 503], retry_after="3600") as receiver:
        scene.account(mailserver.imap, deliver=f"webhook:{receiver.url}")
        receiver.secret = renew_signing_secret(scene.ctx, find("Support")).reveal()
        result = scene.fetch()
    assert (code(result), result.skipped, len(receiver.received)) == ("messages_refused", 2, 2)
    assert [held.reason for held in quarantined()] == ["the webhook answers 410"]
    assert mailserver.count(USER) == 2


# -- the last step of the test of an account ----------------------------------------------------------------------


def test_the_test_of_an_account_looks_at_its_destination_and_leaves_it_alone(
    scene: Scene, mailserver: Dovecot, running_postfix: Postfix, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    webhook = f"webhook:http://127.0.0.1:{free_port()}/"
    postfix, authority = running_postfix.smtp, running_postfix.certificates.ca
    seen = {
        f"maildir:{tmp_path}/new": f"{tmp_path}/new will be made",
        f"mbox:{tmp_path}/file": f"{tmp_path}/file can be written to",
        f"mbox:{tmp_path}/file/below": "destination_failed",
        f"maildir:{tmp_path}/file/below": "destination_failed",
        f"lmtp:127.0.0.1:{mailserver.lmtp}": "127.0.0.1 answers LMTP",
        f"smtp:127.0.0.1:{postfix}": "127.0.0.1 answers SMTP",
        f"smtp:localhost:{postfix}?ca={authority}": "localhost answers SMTP with TLS",
        f"smtp:localhost:{postfix}?ca={mailserver.ca}": "destination_failed",
        f"smtp:127.0.0.1:{free_port()}": "destination_failed",
        "lmtp:10.0.0.9:24": "address_refused",
        "pipe:/bin/cat": "/bin/cat is a program that can be run",
        webhook: "signing_secret_missing",
    }
    for number, (deliver, expected) in enumerate(seen.items()):
        name = f"look {number}"
        scene.account(mailserver.imap, name=name, deliver=deliver, recipients={})
        account = find(name)
        *_, last = probe(scene.ctx, target_of(scene.ctx, account), account.folder, look_of(scene.ctx, account))
        assert (last.step, last.error.code if last.error else last.seen) == ("destination", expected), deliver
        with translation.override("de"):
            assert last.error or seen_in("destination", last.seen) != last.seen, last.seen
        if expected == "address_refused":
            assert last.error is not None
            assert "bursar setting set Outbound::AllowedNetworks" in last.error.action
    assert sorted(path.name for path in tmp_path.iterdir() if path.name in ("new", "file")) == ["file"]


def test_a_webhook_is_reached_without_a_message(scene: Scene, mailserver: Dovecot) -> None:
    with WebhookReceiver() as receiver:
        scene.account(mailserver.imap, deliver=f"webhook:{receiver.url}", recipients={})
        renew_signing_secret(scene.ctx, find("Support"))
        looked = look_of(scene.ctx, find("Support"))()
        assert looked.startswith("the webhook is reached")
        assert receiver.received == []


def test_a_destination_that_is_not_admitted_is_named_with_the_command(scene: Scene, mailserver: Dovecot) -> None:
    mailserver.deliver(USER, [message(1)])
    scene.account(mailserver.imap, deliver="lmtp:10.0.0.9:24", recipients={})
    [skip] = scene.fetch().skips
    assert "bursar setting set Outbound::AllowedNetworks" in skip
    assert mailserver.count(USER) == 1
