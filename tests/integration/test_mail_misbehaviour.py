"""Servers that lie, hang, hang up or attack: what Dovecot can't be made to do."""

import base64
import os
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bursar.context import Context
from bursar.keyring import Secret
from bursar.mail import imap, mailbox, wire
from bursar.mail.account import AccountType, Authentication
from bursar.mail.accounts import find, target_of
from bursar.mail.lease import Lease
from bursar.mail.login import Target, open_session
from bursar.mail.looking import look_of
from bursar.mail.models import MailAccount
from bursar.mail.pop3 import login as pop3_login
from bursar.mail.probe import probe
from bursar.testing import FakeProvider, FakeRandomness
from bursar.tokens.transfer import import_documents
from tests.counterparts import certificates
from tests.integration.documents import as_yaml, credentials_document
from tests.integration.fake_imap import FakeImap, Hook, Session, Stop
from tests.integration.fake_pop3 import FakePop3
from tests.integration.mail_scene import USER, Scene, code

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

BODIES = {uid: b"Subject: %d\r\n\r\nbody\r\n" % uid for uid in range(1, 21)}
Start = Callable[..., FakeImap]


@pytest.fixture
def scene(ctx: Context, provider: FakeProvider, tmp_path: Path) -> Scene:
    made = Scene(ctx, provider, tmp_path / "maildir")
    made.configure()
    return made


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[FakeImap] = []

    def begin(messages: dict[int, bytes] | None = None, **hooks: Hook) -> FakeImap:
        started.append(FakeImap(BODIES if messages is None else messages, **hooks))
        return started[-1]

    yield begin
    for server in started:
        server.close()


def times(count: int, hook: Hook, otherwise: str) -> Hook:
    """The hook for the first `count` commands, afterwards the server behaves."""
    left = [count]

    def turned(session: Session, tag: str, arguments: str) -> None:
        left[0] -= 1
        (hook if left[0] >= 0 else lambda s, t, a: getattr(s, otherwise)(t, a))(session, tag, arguments)

    return turned


# -- the list of a large mailbox ----------------------------------------------------------------------------------


def removing(session: Session, tag: str, arguments: str) -> None:
    """Somebody removes old messages while the list is read."""
    session.on_fetch(tag, arguments)
    for uid in (1, 2, 3, 8):
        session.server.messages.pop(uid, None)


def everything(session: Session, tag: str, _: str) -> None:
    """A server that knows no ranges in SEARCH."""
    session.on_uid_search(tag, "ALL")


def absent(session: Session, tag: str, _: str) -> None:
    session.send(f"{tag} BAD there is no such message")


@pytest.mark.parametrize(
    ("hooks", "arriving"),
    [({}, range(1, 21)), ({"fetch": removing}, [*range(4, 8), *range(9, 21)]),
     ({"uid_search": everything}, range(1, 21)), ({"fetch": absent}, range(1, 21))],
    ids=["ranges", "messages removed meanwhile", "a search that gives everything", "no message at that place"],
)  # fmt: skip
def test_a_large_mailbox_is_listed_in_ranges_and_each_message_taken_once(
    scene: Scene, start: Start, monkeypatch: pytest.MonkeyPatch, hooks: dict[str, Hook], arriving: Collection[int]
) -> None:
    monkeypatch.setattr(mailbox, "WINDOW", 4)
    server = start(dict(BODIES), **hooks)
    scene.account(server.port, after="leave")
    result = scene.fetch(messages=3)
    assert (result.error, result.delivered) == (None, len(arriving))
    assert scene.delivered() == [BODIES[uid] for uid in arriving]
    assert server.heard.count(b"UID SEARCH") == (1 if hooks.get("fetch") is absent else 5)
    assert scene.fetch().fetched == 0


def test_what_is_deleted_between_two_ranges_shifts_none_of_the_others(
    scene: Scene, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "WINDOW", 4)
    server = start(dict(BODIES))
    server.capabilities += " UIDPLUS"
    scene.account(server.port, after="delete")
    assert scene.fetch(at_once=4).delivered == 20
    assert (scene.delivered(), server.messages) == (list(BODIES.values()), {})


# -- before the login ---------------------------------------------------------------------------------------------


def test_a_server_without_starttls_gets_no_login(scene: Scene, start: Start) -> None:
    """SEC-55: STARTTLS was stripped."""
    server = start()
    scene.account(server.port, "IMAPTLS")
    result = scene.fetch()
    assert code(result) == "starttls_missing"
    assert b"AUTHENTICATE" not in server.heard


def test_a_refused_starttls_is_not_gone_around(scene: Scene, start: Start) -> None:
    """SEC-55."""
    server = start(starttls=lambda session, tag, _: session.send(f"{tag} NO not today"))
    server.capabilities += " STARTTLS"
    scene.account(server.port, "IMAPTLS")
    assert code(scene.fetch()) == "starttls_refused"
    assert b"AUTHENTICATE" not in server.heard


def test_a_response_injected_in_front_of_tls_ends_the_connection(scene: Scene, start: Start, tmp_path: Path) -> None:
    """SEC-55: what came before the handshake counts for nothing."""
    made = certificates.make(tmp_path)

    def injected(session: Session, tag: str, _: str) -> None:
        session.raw(f"{tag} OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n".encode())
        session.start_tls()

    server = start(starttls=injected)
    server.capabilities += " STARTTLS"
    server.tls = (made.certificate, made.key)
    scene.account(server.port, "IMAPTLS", ca_file=str(made.ca))
    assert code(scene.fetch()) == "starttls_injection"
    assert b"AUTHENTICATE" not in server.heard


def test_capabilities_are_read_again_inside_tls(scene: Scene, start: Start, tmp_path: Path) -> None:
    """SEC-55: AUTH=XOAUTH2 from before the handshake is not believed."""
    made = certificates.make(tmp_path)

    def begin(session: Session, tag: str, _: str) -> None:
        session.ok(tag)
        session.server.capabilities = "IMAP4rev1 AUTH=PLAIN"
        session.start_tls()

    server = start(starttls=begin)
    server.capabilities += " STARTTLS"
    server.tls = (made.certificate, made.key)
    scene.account(server.port, "IMAPTLS", ca_file=str(made.ca))
    assert code(scene.fetch()) == "no_token_login"
    assert server.logins == []


@pytest.mark.parametrize("kind", ["IMAP", "IMAPTLS"])
def test_a_greeting_that_claims_to_be_logged_in_is_refused(scene: Scene, start: Start, kind: str) -> None:
    """SEC-55: PREAUTH would skip STARTTLS."""
    server = start()
    server.greeting = "* PREAUTH welcome"
    server.capabilities += " STARTTLS"
    scene.account(server.port, kind)
    assert code(scene.fetch()) == "greeting_preauth"


def test_a_server_that_only_takes_passwords_gets_no_token(scene: Scene, start: Start) -> None:
    """SEC-55."""
    server = start()
    server.capabilities = "IMAP4rev1 AUTH=PLAIN AUTH=LOGIN"
    scene.account(server.port)
    assert code(scene.fetch()) == "no_token_login"
    assert b"AUTHENTICATE" not in server.heard
    assert b"LOGIN" not in server.heard


def test_the_command_login_quotes_what_it_carries(scene: Scene, start: Start) -> None:
    server = start()
    server.capabilities = "IMAP4rev1 UIDPLUS"
    scene.account(server.port, password=Secret('p"a\\s s ü'))
    assert scene.fetch().delivered == 20
    assert server.logins == ['"support@bursar.test" "p\\"a\\\\s s ü"'.encode()]


def test_a_server_that_takes_no_passwords_gets_none(scene: Scene, start: Start) -> None:
    """SEC-55."""
    server = start()
    server.capabilities = "IMAP4rev1 LOGINDISABLED AUTH=XOAUTH2"
    scene.account(server.port, password=Secret("wherever"))
    assert code(scene.fetch()) == "no_password_login"
    assert b"LOGIN" not in server.heard


@pytest.mark.parametrize("host", ["mail.example.invalid", "192.0.2.1", "10.0.0.1"])
def test_plain_imap_to_another_machine_is_refused(scene: Scene, host: str) -> None:
    """SEC-55: a login without encryption stays within this machine."""
    scene.account(143, host=host)
    error = scene.fetch().error
    assert error is not None
    assert (error.code, error.exit_code) == ("plaintext_refused", 6)


def test_loopback_that_is_not_admitted_is_refused(
    make_context: Callable[..., Context], provider: FakeProvider, start: Start, tmp_path: Path
) -> None:
    """SEC-49."""
    server = start()
    strict = Scene(make_context(allowed="127.0.0.2"), provider, tmp_path / "maildir")
    strict.configure()
    strict.account(server.port)
    error = strict.fetch().error
    assert error is not None
    assert (error.code, error.exit_code) == ("address_refused", 6)
    assert "'127.0.0.2,localhost'" in error.action
    assert server.connections == 0


# -- the login ----------------------------------------------------------------------------------------------------

REASON = b'{"status":"401","schemes":"bearer","scope":"https://mail.example/"}'


def test_a_server_that_refuses_everything_sees_two_logins_and_one_renewal(scene: Scene, start: Start) -> None:
    """SEC-56, SEC-57: the dialogue is finished with an empty line, the reason is shown."""
    answers = []
    server = start(authenticate=lambda session, tag, _: answers.append(session.refuse(tag, REASON)))
    scene.account(server.port)
    error = scene.fetch().error
    assert error is not None
    assert (error.code, error.exit_code) == ("login_refused", 4)
    assert '"status":"401"' in error.sentence
    assert "also with a fresh one" in error.sentence
    assert "https://mail.example/" in error.action
    assert answers == [b"", b""]
    assert len(server.logins) == 2
    assert server.logins[0] != server.logins[1]
    assert len(scene.provider.token_requests()) == 2


class LongToken:
    """Credentials with a token as long as Microsoft's get where somebody is in many groups, and longer."""

    authentication = Authentication.TOKEN
    renewed = False

    def secret(self) -> Secret:
        return Secret("x" * 12_000)

    def refused(self) -> bool:
        return False

    def misdirected(self, target: Target) -> None:
        del target


def test_a_long_token_goes_as_a_continuation(scene: Scene, start: Start) -> None:
    """No line that carries a command is longer than servers take (RFC 5034 §4)."""
    imap, pop3 = start(), FakePop3({})
    try:
        target = Target(AccountType.IMAP, "localhost", imap.port, USER, "x")
        open_session(scene.ctx, target, LongToken()).leave()
        pop3_login.open_session(scene.ctx, replace(target, type=AccountType.POP3, port=pop3.port), LongToken()).leave()
    finally:
        pop3.close()
    for server, command in ((imap, b"AUTHENTICATE XOAUTH2\r\n"), (pop3, b"AUTH XOAUTH2\r\n")):
        assert command in server.heard
        assert server.logins == [b"user=" + USER.encode() + b"\x01auth=Bearer " + b"x" * 12_000 + b"\x01\x01"]


@pytest.mark.parametrize("kind", ["IMAP", "POP3"])
def test_a_token_for_another_service_is_told_by_the_test_and_by_the_run(scene: Scene, start: Start, kind: str) -> None:
    """SEC-57, SEC-58: the test doesn't send it; a run that is refused asks for no other one, which would be alike."""
    document = credentials_document("Graph", scene.provider, f"for-{USER}", "secret")
    document["Config"]["Scope"] = "https://graph.microsoft.com/.default"
    import_documents(scene.ctx, as_yaml(document).encode(), "t", overwrite=False, dry_run=False, by="t")
    server = start(authenticate=lambda session, tag, _: session.refuse(tag, REASON) and None)
    pop3 = FakePop3({}, auth=lambda session, _: session.challenge(REASON) or session.send("-ERR [AUTH] no"))
    try:
        scene.account(server.port if kind == "IMAP" else pop3.port, kind, token="Graph")
        account = find("Support")
        *_, last = probe(scene.ctx, target_of(scene.ctx, account), account.folder, look_of(scene.ctx, account))
        assert (last.step, last.error and last.error.code) == ("token", "wrong_audience")
        assert (server.logins, pop3.logins, len(last.choices)) == ([], [], 2)
        error = scene.fetch().error
    finally:
        pop3.close()
    assert error is not None
    assert (error.code, error.exit_code) == ("wrong_audience", 4)
    assert f"This token is for Microsoft Graph; {kind} needs one for Exchange Online" in error.sentence
    assert len(server.logins) == (kind == "IMAP")
    assert len(scene.provider.token_requests()) == 1


def test_oauthbearer_is_refused_with_its_own_dummy(scene: Scene, start: Start) -> None:
    """SEC-56: ^A, that is `AQ==` (RFC 7628 §3.2.3)."""
    answers = []
    server = start(authenticate=lambda s, tag, _: answers.append(s.refuse(tag, b'{"status":"invalid_token"}')))
    server.capabilities = "IMAP4rev1 AUTH=OAUTHBEARER"
    scene.account(server.port)
    assert code(scene.fetch()) == "login_refused"
    assert answers == [b"\x01", b"\x01"]
    assert b"AQ==\r\n" in server.heard
    assert server.logins[0].startswith(b"n,a=support@bursar.test,\x01host=localhost\x01port=")


@pytest.mark.parametrize(
    ("answer", "expected", "exit_code"),
    [
        ("BAD User is authenticated but not connected.", "mailbox_not_permitted", 4),
        ("NO [UNAVAILABLE] try later", "server_unavailable", 5),
        ("NO Request is throttled. Suggested Backoff Time: 90000 milliseconds", "throttled", 5),
    ],
)
def test_what_is_no_fault_of_the_token_costs_no_renewal(
    scene: Scene, start: Start, answer: str, expected: str, exit_code: int
) -> None:
    """SEC-57: "authenticated but not connected" is a permission problem, not a token problem."""
    server = start(authenticate=lambda session, tag, _: session.refuse(tag, b"{}", answer) and None)
    scene.account(server.port)
    error = scene.fetch().error
    assert error is not None
    assert (error.code, error.exit_code) == (expected, exit_code)
    assert len(server.logins) == 1
    assert len(scene.provider.token_requests()) == 1


def test_the_token_is_not_sent_again_to_a_second_challenge(scene: Scene, start: Start) -> None:
    """SEC-56."""

    def insistent(session: Session, tag: str, _: str) -> None:
        session.challenge(b"")
        session.challenge(REASON)
        session.send("+ ")
        assert session.line() == b"*"
        session.send(f"{tag} NO [AUTHENTICATIONFAILED] no")

    server = start(authenticate=insistent)
    scene.account(server.port)
    assert code(scene.fetch()) == "login_refused"


# -- during the run -----------------------------------------------------------------------------------------------


def half_then(end: Callable[[Session], None]) -> Hook:
    """Send half of what a FETCH of bodies asked for, then do `end`."""

    def hook(session: Session, tag: str, arguments: str) -> None:
        if "BODY" not in arguments:
            session.on_uid_fetch(tag, arguments)
            return
        uids = session.asked(arguments)
        for uid in uids[: len(uids) // 2]:
            session.body(uid, session.server.messages[uid])
        end(session)
        raise Stop

    return hook


def test_a_token_that_ends_during_the_run_is_replaced_and_the_run_goes_on(scene: Scene, start: Start) -> None:
    """Also SEC-59: what came whole before the BYE is delivered, nothing twice."""
    bye = half_then(lambda session: session.send("* BYE Session invalidated - AccessTokenExpired"))
    server = start(uid_fetch=times(4, bye, "on_uid_fetch"))
    scene.account(server.port)
    result = scene.fetch()
    assert (code(result), result.delivered) == (None, 20)
    assert scene.delivered() == list(BODIES.values())
    assert server.messages == {}
    assert len(scene.provider.token_requests()) >= 2
    assert server.logins[0] != server.logins[1]


def test_a_command_refused_for_an_ended_token_is_asked_again_with_a_fresh_one(scene: Scene, start: Start) -> None:
    refused: Hook = lambda session, tag, _: session.send(f"{tag} NO AccessTokenExpired")  # noqa: E731
    server = start(uid_search=times(1, refused, "on_uid_search"))
    scene.account(server.port)
    assert scene.fetch().delivered == 20
    assert len(server.logins) == 2


def test_a_server_that_ends_every_session_without_progress_is_given_up(scene: Scene, start: Start) -> None:
    def expired(session: Session, tag: str, _: str) -> None:
        session.send("* BYE Session invalidated - AccessTokenExpired")
        raise Stop

    server = start(uid_search=expired)
    scene.account(server.port)
    error = scene.fetch().error
    assert error is not None
    assert error.code == "connection_lost"
    assert "AccessTokenExpired" in error.sentence
    assert server.connections == 2


def test_a_disconnect_in_the_middle_of_a_literal_delivers_nothing_of_it(scene: Scene, start: Start) -> None:
    cut = half_then(lambda session: session.raw(b"* 11 FETCH (UID 11 BODY[] {5000}\r\nhalf"))
    server = start(uid_fetch=times(2, cut, "on_uid_fetch"))
    scene.account(server.port)
    result = scene.fetch()
    assert (code(result), result.delivered) == (None, 20)
    assert scene.delivered() == list(BODIES.values())


def test_a_message_at_which_the_server_hangs_up_is_found_named_and_left(scene: Scene, start: Start) -> None:
    """SEC-59: a poison message doesn't stop the box."""

    def poisoned(session: Session, tag: str, arguments: str) -> None:
        if "BODY" in arguments and 7 in session.asked(arguments):
            for uid in session.asked(arguments):
                if uid == 7:
                    raise Stop
                session.body(uid, session.server.messages[uid])
        session.on_uid_fetch(tag, arguments)

    server = start(uid_fetch=poisoned)
    scene.account(server.port)
    result = scene.fetch()
    assert (code(result), result.delivered, result.skipped) == (None, 19, 1)
    assert result.skips[0].startswith("message UID 7 was left on the server")
    assert list(server.messages) == [7]


def hanging_up(at: Collection[int]) -> Hook:
    """The server hangs up where one of these is asked for."""

    def poisoned(session: Session, tag: str, arguments: str) -> None:
        if "BODY" in arguments and set(session.asked(arguments)) & set(at):
            raise Stop
        session.on_uid_fetch(tag, arguments)

    return poisoned


def refusing(at: Collection[int]) -> Hook:
    """The server refuses what one of these is in."""

    def poisoned(session: Session, tag: str, arguments: str) -> None:
        if "BODY" in arguments and set(session.asked(arguments)) & set(at):
            session.send(f"{tag} NO can't read it")
        else:
            session.on_uid_fetch(tag, arguments)

    return poisoned


class Middle(FakeRandomness):
    """Between two bounds always the middle."""

    def uniform(self, low: float, high: float) -> float:
        return (low + high) / 2


@pytest.mark.parametrize("poison", [hanging_up, refusing])
def test_more_poison_than_a_batch_holds_stops_nobody(
    scene: Scene, start: Start, poison: Callable[[Collection[int]], Hook]
) -> None:
    """SEC-59: before, between and behind; also where nothing else is left, and where one more message comes then."""
    # The message that shows whether the server hangs up at every one is any in life, where chance may hit a bad one.
    scene = replace(scene, ctx=replace(scene.ctx, randomness=Middle()))
    bad = {*range(1, 9), 14, 20}
    server = start(uid_fetch=poison(bad))
    scene.account(server.port)
    result = scene.fetch(messages=4)
    assert (code(result), result.delivered, result.skipped) == (None, 10, 10)
    assert set(server.messages) == bad
    assert {line.split()[2] for line in result.skips} == {str(uid) for uid in bad}
    server.messages[21] = BODIES[1]
    again = scene.fetch(messages=4)
    assert (again.delivered, set(server.messages)) == (1, bad)


def test_a_server_that_hangs_up_at_every_message_is_given_up(scene: Scene, start: Start) -> None:
    server = start(uid_fetch=hanging_up(BODIES))
    scene.account(server.port)
    result = scene.fetch(messages=4)
    assert (code(result), result.delivered, result.skipped) == ("connection_lost", 0, 6)
    assert server.connections < 12


@pytest.mark.parametrize("refusal", ["NO can't read it", "OK nothing"])
def test_a_message_that_the_server_does_not_give_is_named_and_left(scene: Scene, start: Start, refusal: str) -> None:
    """SEC-59."""

    def unreadable(session: Session, tag: str, arguments: str) -> None:
        if "BODY" in arguments and 7 in session.asked(arguments):
            session.send(f"{tag} {refusal}")
        else:
            session.on_uid_fetch(tag, arguments)

    server = start(uid_fetch=unreadable)
    scene.account(server.port)
    result = scene.fetch()
    assert (code(result), result.delivered, result.skipped) == (None, 19, 1)
    assert list(server.messages) == [7]


def test_quoted_and_interleaved_answers_are_understood(scene: Scene, start: Start) -> None:
    def odd(session: Session, tag: str, arguments: str) -> None:
        if "BODY" not in arguments:
            session.on_uid_fetch(tag, arguments)
            return
        session.send("* 1 FETCH (FLAGS (\\Seen))")
        session.send('* 1 FETCH (BODY[] "a \\"b\\" \\\\c" UID 1)')
        session.send("* 20 EXISTS")
        session.raw(b"* 2 FETCH (BODY[] {4}\r\nbody UID 2 FLAGS ())\r\n")
        session.raw(b"* 99 FETCH (UID 99 BODY[] {3}\r\nbad)\r\n")
        session.ok(tag)

    server = start({1: b"x", 2: b"y"}, uid_fetch=odd)
    scene.account(server.port, after="leave")
    assert scene.fetch().delivered == 2
    assert scene.delivered() == [b'a "b" \\c', b"body"]


@pytest.mark.parametrize("literal", [b"{99999999999999}", b"{2000000000}"])
def test_an_absurd_literal_ends_the_connection_not_the_memory(scene: Scene, start: Start, literal: bytes) -> None:
    def absurd(session: Session, tag: str, arguments: str) -> None:
        if "BODY" not in arguments:
            session.on_uid_fetch(tag, arguments)
            return
        session.raw(b"* 1 FETCH (UID 1 BODY[] " + literal + b"\r\n")

    server = start({1: b"x"}, uid_fetch=absurd)
    scene.account(server.port)
    result = scene.fetch()
    assert result.skipped == 1
    assert "more than was asked for" in result.skips[0]


def test_a_flood_is_cut_off(scene: Scene, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "ALLOWANCE", 100_000)

    def flood(session: Session, tag: str, _: str) -> None:
        for _n in range(10_000):
            session.send("* 1 FETCH (FLAGS (\\Seen))")
        session.ok(tag)

    server = start(uid_search=flood)
    scene.account(server.port)
    error = scene.fetch().error
    assert error is not None
    assert "more than was asked for" in error.sentence


@pytest.mark.parametrize("where", ["capability", "authenticate", "select", "uid_search", "uid_fetch", "uid_store"])
def test_a_server_that_falls_silent_is_left_after_the_deadline(
    scene: Scene, start: Start, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Deadlines on every step."""
    monkeypatch.setattr(wire, "IDLE_SECONDS", 0.2)
    server = start(**{where: lambda session, tag, _: session.server.hang()})
    scene.account(server.port)
    error = scene.fetch().error
    assert error is not None
    assert error.exit_code == 5


def test_a_dripping_server_is_left_after_the_total_deadline(
    scene: Scene, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One byte now and then resets no deadline."""
    monkeypatch.setattr(mailbox, "COMMAND_SECONDS", 0.5)
    dripping = threading.Event()

    def drip(session: Session, tag: str, _: str) -> None:
        while not dripping.wait(0.05):
            session.raw(b"*")

    server = start(select=drip)
    scene.account(server.port)
    error = scene.fetch().error
    dripping.set()
    assert error is not None
    assert error.exit_code == 5


@pytest.mark.parametrize("junk", [b"\x00\x01\x02\r\n", b"* OK [UIDVALIDITY x] y\r\n", b"a1 OK\r\n", b"* 1 FETCH\r\n"])
def test_junk_ends_in_a_sentence(scene: Scene, start: Start, junk: bytes) -> None:
    def answer(session: Session, tag: str, _: str) -> None:
        session.raw(junk)
        session.ok(tag)

    server = start(select=answer, uid_search=answer)
    scene.account(server.port)
    error = scene.fetch().error
    assert error is not None
    assert error.exit_code in (4, 5)


def test_without_uidplus_what_somebody_else_has_flagged_is_not_expunged(scene: Scene, start: Start) -> None:
    server = start()
    server.capabilities = "IMAP4rev1 AUTH=XOAUTH2"
    server.messages[50] = b"theirs" * 1000
    server.deleted = {50}
    scene.account(server.port)
    result = scene.fetch(largest=1000, messages=8)
    assert (code(result), result.delivered, result.skipped) == (None, 20, 1)
    assert 50 in server.messages
    assert scene.fetch(largest=1000).fetched == 0
    server.deleted.discard(50)
    server.messages[51] = b"new"
    assert scene.fetch(largest=1000).delivered == 1
    assert list(server.messages) == [50], "what was only flagged before goes with the next expunge"


def test_a_server_that_does_not_let_messages_be_deleted_still_delivers_them_once(scene: Scene, start: Start) -> None:
    server = start(uid_store=lambda session, tag, _: session.send(f"{tag} NO [NOPERM] no"))
    scene.account(server.port)
    first, second = scene.fetch(messages=5), scene.fetch()
    assert (code(first), first.delivered) == ("settle_refused", 20)
    assert (code(second), second.delivered) == ("settle_refused", 0)
    assert len(scene.delivered()) == 20


def test_a_run_ends_when_its_time_is_over_and_the_next_goes_on(scene: Scene, start: Start) -> None:
    scene.account(start().port)
    assert (scene.fetch(seconds=0).delivered, scene.fetch().delivered) == (0, 20)


def test_a_process_that_is_to_stop_stops_between_two_batches(scene: Scene, start: Start) -> None:
    def stop(session: Session, tag: str, arguments: str) -> None:
        if "BODY" in arguments:
            scene.ctx.stop.set()
        session.on_uid_fetch(tag, arguments)

    server = start(uid_fetch=stop)
    scene.account(server.port)
    result = scene.fetch(messages=5)
    assert (code(result), result.delivered) == (None, 5)
    assert len(server.messages) == 15, "what was delivered is settled before the end"


@pytest.mark.parametrize(
    ("host", "kind", "step"),
    [
        ("nowhere.invalid", "IMAPS", "name"),
        ("192.0.2.1", "IMAP", "address"),
        ("10.0.0.1", "IMAPS", "address"),
        ("localhost", "IMAPTLS", "TLS"),
        ("localhost", "IMAPS", "TLS"),
    ],
)
def test_the_test_of_an_account_names_the_step_that_fails(
    scene: Scene, start: Start, host: str, kind: str, step: str
) -> None:
    """SEC-58."""

    def hang_up(session: Session, tag: str, _: str) -> None:
        raise Stop

    server = start(starttls=hang_up)
    server.capabilities += " STARTTLS" if step != "TLS" else ""
    scene.account(server.port, kind, host=host)
    account = find("Support")
    steps = list(probe(scene.ctx, target_of(scene.ctx, account), account.folder, look_of(scene.ctx, account)))
    assert [(found.step, found.error is not None) for found in steps][-1] == (step, True)


# -- two at once --------------------------------------------------------------------------------------------------


def test_a_second_run_reports_that_the_account_is_busy(scene: Scene, start: Start) -> None:
    server = start()
    scene.account(server.port)
    lease = Lease(scene.ctx, find("Support").id)
    assert lease.claim()
    result = scene.fetch()
    assert result.error is not None
    assert (result.error.code, result.error.exit_code) == ("account_busy", 5)
    assert server.connections == 0
    lease.release()
    assert scene.fetch().delivered == 20


def test_the_lease_of_a_process_that_is_gone_is_taken_over_at_once(scene: Scene, start: Start) -> None:
    from bursar.worker_name import worker_name

    scene.account(start().port)
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    gone = worker_name().split("|")
    os.waitpid(pid, 0)
    lease = Lease(scene.ctx, find("Support").id)
    lease.claim()
    MailAccount.objects.update(lease_owner="|".join([*gone[:-2], str(pid), "1"]))
    assert scene.fetch().delivered == 20


def test_a_run_that_lost_its_lease_delivers_nothing_more(scene: Scene, start: Start) -> None:
    """SEC-59: a worker that slept too long finds the account taken over, and takes its staged files away."""

    def taken(session: Session, tag: str, arguments: str) -> None:
        MailAccount.objects.update(lease_run="another")
        session.on_uid_store(tag, arguments)

    server = start(uid_store=taken)
    scene.account(server.port)
    result = scene.fetch(messages=10)
    assert code(result) == "account_busy"
    assert len(scene.delivered()) == 10
    assert os.listdir(scene.maildir / "tmp") == []
    assert sorted(server.messages) == list(range(11, 21))


def test_no_token_is_in_any_note_or_error(scene: Scene, start: Start) -> None:
    """SEC-64."""
    server = start(authenticate=lambda session, tag, _: session.refuse(tag, REASON) and None)
    scene.account(server.port)
    result = scene.fetch()
    sent = [login.split(b"Bearer ")[1].rstrip(b"\x01").decode() for login in server.logins]
    said = "\n".join([str(result.error), *result.notes, *result.skips])
    for token in sent:
        assert token not in said
        assert base64.b64encode(token.encode()).decode() not in said
    assert f"user={USER}" not in said
