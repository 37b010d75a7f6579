"""Collecting from a real Dovecot, over all three types, with each thing that can be done afterwards."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import translation

from bursar.context import Context
from bursar.keyring import Secret
from bursar.mail.accounts import delete, find, target_of, view_of
from bursar.mail.looking import look_of
from bursar.mail.models import MailLedger, MailRun
from bursar.mail.probe import STEPS, probe
from bursar.testing import FakeProvider
from bursar.web.mail.seen import seen_in
from tests.counterparts.dovecot import PASSWORD, Dovecot, Introspecting, message
from tests.integration.mail_scene import CONFIGURATION, USER, Scene, code

pytestmark = [pytest.mark.counterpart, pytest.mark.django_db(transaction=True)]

MESSAGES = [message(number) for number in range(60)] + [
    b"Subject: bytes\r\n\r\n" + bytes(sorted({*range(1, 256)} - {10})) + b"\r\n",
    b"Subject: long line\r\n\r\n" + b"x" * 1_000_000 + b"\r\n",
    b"Subject: literal look-alike\r\n\r\n* 1 FETCH (UID 1 BODY[] {5}\r\nhello)\r\n",
    b"Subject: empty body\r\n\r\n",
]


@pytest.fixture
def mailserver(provider: FakeProvider, start_dovecot: Callable[[Introspecting], Dovecot]) -> Dovecot:
    return start_dovecot(provider)


@pytest.fixture
def scene(ctx: Context, provider: FakeProvider, tmp_path: Path) -> Scene:
    made = Scene(ctx, provider, tmp_path / "maildir")
    made.configure()
    return made


@pytest.mark.parametrize("kind", ["IMAP", "IMAPS", "IMAPTLS"])
def test_every_type_collects_byte_for_byte_and_deletes(scene: Scene, mailserver: Dovecot, kind: str) -> None:
    """With XOAUTH2, which goes first where the server knows both."""
    mailserver.deliver(USER, MESSAGES)
    port = mailserver.imaps if kind == "IMAPS" else mailserver.imap
    scene.account(port, kind, ca_file=str(mailserver.ca))
    result = scene.fetch()
    assert (code(result), result.fetched, result.delivered, result.skipped) == (None, len(MESSAGES), len(MESSAGES), 0)
    assert scene.delivered() == MESSAGES
    assert mailserver.count(USER) == 0
    assert os.listdir(scene.maildir / "tmp") == []
    assert "logged in at 127.0.0.1 with XOAUTH2" in result.notes


def test_every_type_logs_in_with_oauthbearer_where_that_is_what_there_is(
    scene: Scene, provider: FakeProvider, start_dovecot: Callable[..., Dovecot]
) -> None:
    server = start_dovecot(provider, "oauthbearer plain")
    for kind, port in (("IMAP", server.imap), ("IMAPS", server.imaps), ("IMAPTLS", server.imap)):
        server.deliver(USER, MESSAGES[:2])
        scene.account(port, kind, kind, ca_file=str(server.ca))
        result = scene.fetch(kind)
        assert (code(result), result.delivered, server.count(USER)) == (None, 2, 0)
        assert "logged in at 127.0.0.1 with OAUTHBEARER" in result.notes


def test_every_type_collects_with_a_password_too(scene: Scene, mailserver: Dovecot) -> None:
    """SEC-31: the password is stored sealed, and shown nowhere."""
    server = mailserver
    for kind, port in (("IMAP", server.imap), ("IMAPS", server.imaps), ("IMAPTLS", server.imap)):
        server.deliver(USER, MESSAGES[:2])
        scene.account(port, kind, kind, ca_file=str(server.ca), password=Secret(PASSWORD))
        result = scene.fetch(kind)
        assert (code(result), result.delivered) == (None, 2)
        assert "logged in at 127.0.0.1 with PLAIN" in result.notes
    account = find("IMAPS")
    assert PASSWORD.encode() not in bytes(account.password or b"")
    assert PASSWORD not in str(view_of(account))
    steps = [
        step.step
        for step in probe(scene.ctx, target_of(scene.ctx, account), account.folder, look_of(scene.ctx, account))
    ]
    assert "token" not in steps
    assert steps[-1] == "destination"


def test_an_account_that_is_not_trusted_brings_no_steering_headers(scene: Scene, mailserver: Dovecot) -> None:
    raw = b"X-OTRS-Queue: Secret\r\n folded\r\nTo: a@bursar.test\r\nx-mine: 1\r\n\r\nX-OTRS-Body: stays\r\n"
    for name, trusted in (("no", False), ("yes", True), ("mine", False)):
        if name == "mine":
            scene.ctx.settings.set("PostMaster::UntrustedHeaders", "X-Mine", "test", scene.ctx.clock.now())
        mailserver.deliver(USER, [raw])
        scene.maildir = scene.maildir.with_name(name)
        scene.account(mailserver.imap, name=name, trusted=trusted)
        assert scene.fetch(name).delivered == 1
    names = ("no", "yes", "mine")
    found = [next((scene.maildir.with_name(name) / "new").iterdir()).read_bytes() for name in names]
    assert found[0] == b"To: a@bursar.test\r\nx-mine: 1\r\n\r\nX-OTRS-Body: stays\r\n"
    assert found[1] == raw
    assert found[2] == raw.replace(b"x-mine: 1\r\n", b"")


def test_messages_go_by_recipient_to_their_destination_or_the_default(
    scene: Scene, mailserver: Dovecot, tmp_path: Path
) -> None:
    table = {"sales@bursar.test": f"maildir:{tmp_path / 'sales'}", "Boss@bursar.test": f"maildir:{tmp_path / 'boss'}"}
    to = ["sales@bursar.test", "x@bursar.test, BOSS@bursar.test", "nobody@bursar.test"]
    sent = [f"To: {address}\r\n\r\nbody\r\n".encode() for address in to]
    mailserver.deliver(USER, sent)
    scene.account(mailserver.imap, recipients=table)
    assert (scene.fetch().delivered, mailserver.count(USER)) == (3, 0)
    for place, raw in zip((tmp_path / "sales", tmp_path / "boss", scene.maildir), sent, strict=True):
        assert [path.read_bytes() for path in (place / "new").iterdir()] == [raw]


def test_the_settings_of_the_postmaster_count(scene: Scene, mailserver: Dovecot) -> None:
    mailserver.deliver(USER, [message(0, size=3000), *MESSAGES[:6]])
    for name, value in (("PostMasterMaxEmailSize", "2"), ("PostMasterReconnectMessage", "2")):
        scene.ctx.settings.set(name, value, "test", scene.ctx.clock.now())
    scene.account(mailserver.imap)
    result = scene.fetch(messages=2)
    assert (code(result), result.delivered, result.skipped) == (None, 6, 1)
    assert result.notes.count("the connection is made anew") == 2
    assert mailserver.count(USER) == 1


def test_a_second_fetch_delivers_only_what_is_new(scene: Scene, mailserver: Dovecot) -> None:
    mailserver.deliver(USER, MESSAGES[:3])
    scene.account(mailserver.imap, after="leave")
    scene.fetch()
    mailserver.deliver(USER, MESSAGES[3:5])
    result = scene.fetch()
    assert (code(result), result.fetched, result.delivered) == (None, 2, 2)
    assert scene.delivered() == MESSAGES[:5]
    assert mailserver.messages(USER) == MESSAGES[:5]
    assert mailserver.seen(USER) == 0, "leaving a message leaves its flags too"


def test_seen_marks_and_keeps(scene: Scene, mailserver: Dovecot) -> None:
    mailserver.deliver(USER, MESSAGES[:3])
    scene.account(mailserver.imap, after="seen")
    assert code(scene.fetch()) is None
    assert (mailserver.count(USER), mailserver.seen(USER)) == (3, 3)
    assert scene.fetch().fetched == 0


def test_move_makes_the_folder_and_moves(scene: Scene, mailserver: Dovecot) -> None:
    mailserver.deliver(USER, MESSAGES[:3])
    scene.account(mailserver.imap, after="move:Done & dusted")
    assert code(scene.fetch()) is None
    assert mailserver.count(USER) == 0
    assert mailserver.messages(USER, "Done &- dusted") == MESSAGES[:3]
    assert scene.delivered() == MESSAGES[:3]


def test_a_folder_with_a_name_beyond_ascii_is_collected(scene: Scene, mailserver: Dovecot) -> None:
    mailserver.deliver(USER, MESSAGES[:2], "Entw&APw-rfe")
    scene.account(mailserver.imap, folder="Entwürfe")
    assert code(scene.fetch()) is None
    assert scene.delivered() == MESSAGES[:2]


def test_a_missing_folder_is_explained_with_the_folders_there_are(scene: Scene, mailserver: Dovecot) -> None:
    mailserver.make_folder(USER, "Entw&APw-rfe")
    scene.account(mailserver.imap, folder="Inbocks")
    error = scene.fetch().error
    assert error is not None
    assert (error.code, error.exit_code) == ("folder_refused", 4)
    assert "Entwürfe, INBOX" in error.action


def test_a_shared_mailbox_is_opened_by_its_own_login_only_with_the_right_to_it(
    scene: Scene, mailserver: Dovecot
) -> None:
    """SEC-58: the login is a field of its own; this server lets nobody into another's mailbox, and says so in JSON."""
    scene.account(mailserver.imap, login="shared@bursar.test")
    error = scene.fetch().error
    assert error is not None
    assert (error.code, error.exit_code) == ("login_refused", 4)
    assert '"shared@bursar.test"' in error.sentence
    assert len(scene.provider.token_requests()) == 2, "SEC-57: one token, one forced renewal, then stop"


def test_a_token_that_the_server_refuses_is_renewed_once_and_the_run_succeeds(
    scene: Scene, mailserver: Dovecot
) -> None:
    """SEC-57."""
    mailserver.deliver(USER, MESSAGES[:2])
    scene.account(mailserver.imap, after="leave")
    scene.fetch()
    scene.provider.end_access_tokens()
    mailserver.deliver(USER, MESSAGES[2:4])
    result = scene.fetch()
    assert (code(result), result.delivered) == (None, 2)
    assert len(scene.provider.token_requests()) == 2


def test_a_restored_mailbox_with_another_uidvalidity_is_another_set_of_messages(
    scene: Scene, mailserver: Dovecot
) -> None:
    mailserver.deliver(USER, MESSAGES[:2])
    scene.account(mailserver.imap, after="leave")
    scene.fetch()
    mailserver.stop()
    mailserver.empty(USER)
    mailserver.start()
    mailserver.deliver(USER, MESSAGES[2:4])
    result = scene.fetch()
    assert (code(result), result.delivered) == (None, 2)
    assert sorted(scene.delivered()) == sorted(MESSAGES[:4])


def test_the_ledger_decides_not_the_file_that_a_reader_has_taken_away(scene: Scene, mailserver: Dovecot) -> None:
    mailserver.deliver(USER, MESSAGES[:3])
    scene.account(mailserver.imap, after="leave")
    scene.fetch()
    shutil.rmtree(scene.maildir)
    result = scene.fetch()
    assert (result.fetched, result.delivered) == (0, 0)


def test_the_ledger_forgets_what_the_server_no_longer_has(scene: Scene, mailserver: Dovecot) -> None:
    mailserver.deliver(USER, MESSAGES[:3])
    scene.account(mailserver.imap)
    scene.fetch()
    assert MailLedger.objects.filter(state="settled").count() == 3
    scene.fetch()
    assert MailLedger.objects.count() == 0


def test_a_delivered_but_unsettled_message_is_settled_without_a_second_delivery(
    scene: Scene, mailserver: Dovecot
) -> None:
    """SEC-59: as after a kill between the ledger and the server's deletion."""
    mailserver.deliver(USER, MESSAGES[:3])
    scene.account(mailserver.imap, after="leave")
    scene.fetch()
    account = find("Support")
    account.after = "delete"
    account.save()
    MailLedger.objects.update(state="delivered")
    result = scene.fetch()
    assert (code(result), result.fetched, result.delivered) == (None, 0, 0)
    assert mailserver.count(USER) == 0
    assert len(scene.delivered()) == 3


def test_a_full_destination_stops_the_run_and_nothing_is_deleted(
    scene: Scene, mailserver: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailserver.deliver(USER, MESSAGES[:3])
    scene.account(mailserver.imap)
    write = os.write

    def full(descriptor: int, data: bytes) -> int:
        if len(data) > 100:
            raise OSError(28, "No space left on device")
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", full)
    result = scene.fetch()
    assert (code(result), result.delivered, result.skipped) == ("destination_failed", 0, 3)
    assert mailserver.count(USER) == 3
    assert os.listdir(scene.maildir / "tmp") == []
    monkeypatch.undo()
    assert scene.fetch().delivered == 3


def test_a_message_that_the_maildir_does_not_take_is_named_and_left_and_the_others_go_on(
    scene: Scene, mailserver: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailserver.deliver(USER, [MESSAGES[0], b"Subject: poison\r\n\r\n" + b"x" * 5000, MESSAGES[1]])
    scene.account(mailserver.imap)
    write = os.write

    def too_large(descriptor: int, data: bytes) -> int:
        if len(data) > 4000:
            raise OSError(27, "File too large")
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", too_large)
    result = scene.fetch()
    assert (code(result), result.delivered, result.skipped) == ("destination_failed", 2, 1)
    assert result.skips == ["message UID 2 was left on the server: the maildir did not take it (File too large)"]
    assert mailserver.count(USER) == 1


def test_an_oversized_message_is_named_and_left(scene: Scene, mailserver: Dovecot) -> None:
    mailserver.deliver(USER, [MESSAGES[0], message(1, size=50_000), MESSAGES[1]])
    scene.account(mailserver.imap)
    result = scene.fetch(largest=10_000)
    assert (code(result), result.delivered, result.skipped) == (None, 2, 1)
    assert mailserver.count(USER) == 1


def test_more_oversized_messages_than_a_batch_holds_stop_nobody(scene: Scene, mailserver: Dovecot) -> None:
    """SEC-59: a full batch of them is named, skipped and left."""
    mailserver.deliver(USER, [message(number, size=3000) for number in range(230)] + MESSAGES[:3])
    scene.account(mailserver.imap)
    result = scene.fetch(largest=1000)
    assert (code(result), result.delivered, result.skipped) == (None, 3, 230)
    assert mailserver.count(USER) == 230
    assert "bytes are more than the 1000 that are taken" in result.skips[0]


def test_the_log_of_runs_is_kept_and_bounded(scene: Scene, mailserver: Dovecot) -> None:
    scene.account(mailserver.imap)
    run = scene.fetch()
    account = find("Support")
    last = MailRun.objects.get(account=account)
    assert (last.fetched, last.error_code) == (0, None)
    assert "logged in at 127.0.0.1 with XOAUTH2" in last.notes
    assert run.notes == last.notes.splitlines()
    MailRun.objects.bulk_create(
        MailRun(
            account=account, started_at=last.started_at, finished_at=last.finished_at, fetched=0, delivered=0, skipped=0
        )
        for _ in range(60)
    )
    mailserver.deliver(USER, MESSAGES[:1])
    scene.fetch()
    assert MailRun.objects.filter(account=account).count() == 50


def test_a_foreign_certificate_is_refused_before_any_login(scene: Scene, mailserver: Dovecot) -> None:
    """SEC-51: IMAPS and STARTTLS alike, without the test authority."""
    for kind, port in (("IMAPS", mailserver.imaps), ("IMAPTLS", mailserver.imap)):
        scene.account(port, kind, name=kind)
        result = scene.fetch(kind)
        assert code(result) == "tls_failed"
    assert scene.provider.token_requests() == []


def test_the_test_of_an_account_goes_step_by_step(scene: Scene, mailserver: Dovecot) -> None:
    mailserver.deliver(USER, MESSAGES[:3])
    scene.account(mailserver.imap, "IMAPTLS", ca_file=str(mailserver.ca))
    account = find("Support")
    steps = list(probe(scene.ctx, target_of(scene.ctx, account), account.folder, look_of(scene.ctx, account)))
    words = "name address TCP TLS capabilities token login folder count destination"
    assert [step.step for step in steps] == words.split()
    assert [step.error for step in steps] == [None] * 10
    assert steps[3].seen.startswith("TLSv1.3")
    assert "localhost" in steps[3].seen
    assert "by Bursar test authority, verified, ends 20" in steps[3].seen
    assert CONFIGURATION in steps[5].seen
    assert steps[8].seen == "3 messages"
    assert mailserver.seen(USER) == 0
    assert [seen_in(step.step, step.seen) for step in steps] == [step.seen for step in steps]
    with translation.override("de"):
        assert [step.step for step in steps if seen_in(step.step, step.seen) == step.seen] == []


@pytest.mark.parametrize("kind", ["POP3", "POP3S", "POP3TLS"])
def test_the_test_of_a_pop3_account_goes_the_same_way(scene: Scene, mailserver: Dovecot, kind: str) -> None:
    mailserver.deliver(USER, MESSAGES[:3])
    port = mailserver.pop3s if kind == "POP3S" else mailserver.pop3
    scene.account(port, kind, ca_file=str(mailserver.ca))
    account = find("Support")
    steps = list(probe(scene.ctx, target_of(scene.ctx, account), account.folder, look_of(scene.ctx, account)))
    assert [step.step for step in steps] == list(STEPS)
    assert [step.error for step in steps] == [None] * 10
    assert steps[8].seen == "3 messages"
    scene.account(port, kind, "shared", login="shared@bursar.test", ca_file=str(mailserver.ca))
    account = find("shared")
    *_, last = probe(scene.ctx, target_of(scene.ctx, account), account.folder, look_of(scene.ctx, account))
    assert last.error is not None
    assert (last.step, last.error.code) == ("login", "login_refused")
    assert "C: login as shared@bursar.test, token hidden" in last.said
    assert any('"status":"401"' in line or "invalid_token" in line for line in last.said)
    assert [choice.edit for choice in last.choices] == [True, False]
    assert mailserver.count(USER) == 3


def test_a_deleted_account_leaves_its_mail(scene: Scene, mailserver: Dovecot) -> None:
    mailserver.deliver(USER, MESSAGES[:3])
    scene.account(mailserver.imap, after="leave")
    scene.fetch()
    delete(scene.ctx, "Support")
    assert MailLedger.objects.count() == 0
    assert len(scene.delivered()) == 3
