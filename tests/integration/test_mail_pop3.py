"""POP3: every type and every login on a real Dovecot; what it can't be made to do on a server of our own."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bursar.context import Context
from bursar.keyring import Secret
from bursar.mail import wire
from bursar.mail.models import MailLedger
from bursar.testing import FakeProvider
from tests.counterparts import certificates
from tests.counterparts.dovecot import PASSWORD, Dovecot, message
from tests.integration.fake_pop3 import FakePop3, Hook, Session, Stop
from tests.integration.mail_scene import USER, Scene, code

pytestmark = [pytest.mark.once, pytest.mark.counterpart, pytest.mark.django_db(transaction=True)]

MESSAGES = [message(number) for number in range(220)] + [
    b"Subject: bytes\r\n\r\n" + bytes(sorted({*range(1, 256)} - {10, 13})) + b"\r\n",
    b"Subject: long line\r\n\r\n" + b"x" * 1_000_000 + b"\r\n",
    b"Subject: dots\r\n\r\n.\r\n..\r\n...\r\n.x\r\n",
    b"Subject: empty body\r\n\r\n",
]
ODD = {
    "bare-lf": b"Subject: x\r\n\r\na\n.\nb\n..\n\r\n.\n\r\n",
    "dot-first": b".Subject: x\r\n\r\n",
    "empty": b"",
    "long": b"S: x\r\n\r\n" + b"y" * 1_000_000 + b"\r\n" + b".z" * 500_000 + b"\r\n",
    'odd "signs" ~!': b"Subject: y\r\n\r\n\0\r.\xff\r\n",
}


@pytest.fixture
def scene(ctx: Context, provider: FakeProvider, tmp_path: Path) -> Scene:
    made = Scene(ctx, provider, tmp_path / "maildir")
    made.configure()
    return made


@pytest.fixture
def start() -> Iterator[Callable[..., FakePop3]]:
    started: list[FakePop3] = []

    def begin(messages: dict[str, bytes] | None = None, **hooks: Hook) -> FakePop3:
        started.append(FakePop3(ODD if messages is None else messages, **hooks))
        return started[-1]

    yield begin
    for server in started:
        server.close()


def bodies(scene: Scene) -> list[bytes]:
    return sorted(path.read_bytes() for path in (scene.maildir / "new").glob("*"))


def test_every_type_and_every_login_collects_byte_for_byte_and_deletes(
    scene: Scene, provider: FakeProvider, start_dovecot: Callable[..., Dovecot]
) -> None:
    servers = {
        "XOAUTH2": start_dovecot(provider),
        "OAUTHBEARER": start_dovecot(provider, "oauthbearer plain"),
    }
    for mechanism in ("XOAUTH2", "OAUTHBEARER", "PLAIN"):
        server = servers.get(mechanism, servers["XOAUTH2"])
        given = {"password": Secret(PASSWORD)} if mechanism == "PLAIN" else {}
        for kind, port in (("POP3", server.pop3), ("POP3S", server.pop3s), ("POP3TLS", server.pop3)):
            name = f"{kind} {mechanism}"
            server.deliver(USER, MESSAGES)
            scene.maildir = scene.maildir.with_name(name)
            scene.account(port, kind, name, ca_file=str(server.ca), **given)
            result = scene.fetch(name)
            assert (name, code(result), result.fetched, result.delivered) == (name, None, len(MESSAGES), len(MESSAGES))
            assert bodies(scene) == sorted(MESSAGES)
            assert server.count(USER) == 0
            assert f"logged in at 127.0.0.1 with {mechanism}" in result.notes
    assert scene.fetch("POP3S PLAIN").fetched == 0
    assert MailLedger.objects.filter(account__name="POP3S PLAIN").count() == 0


def test_what_is_left_is_known_by_its_uidl_and_not_fetched_again(
    scene: Scene, provider: FakeProvider, start_dovecot: Callable[..., Dovecot]
) -> None:
    server = start_dovecot(provider)
    server.deliver(USER, MESSAGES[:3])
    scene.account(server.pop3, "POP3", after="leave")
    assert scene.fetch().delivered == 3
    server.deliver(USER, MESSAGES[3:5])
    assert scene.fetch().delivered == 2
    assert bodies(scene) == sorted(MESSAGES[:5])
    assert server.count(USER) == 5


def test_a_wrong_password_is_told_and_not_tried_twice(
    scene: Scene, provider: FakeProvider, start_dovecot: Callable[..., Dovecot]
) -> None:
    server = start_dovecot(provider)
    for kind, port in (("POP3", server.pop3), ("IMAP", server.imap)):
        scene.account(port, kind, kind, password=Secret("wrong"))
        error = scene.fetch(kind).error
        assert error is not None
        assert (error.code, error.exit_code) == ("login_refused", 4)
        assert "password" in str(error)
        assert "token" not in str(error)
        assert "wrong" not in str(error)


@pytest.mark.parametrize("pipelining", [True, False])
def test_odd_bytes_arrive_as_they_are(scene: Scene, start: Callable[..., FakePop3], pipelining: bool) -> None:
    server = start()
    if not pipelining:
        server.capabilities.remove("PIPELINING")
    scene.account(server.port, "POP3")
    assert code(scene.fetch()) is None
    assert bodies(scene) == sorted(ODD.values())
    assert server.messages == {}


def test_commands_go_out_before_the_answers_are_in_where_the_server_says_so(
    scene: Scene, start: Callable[..., FakePop3], monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 2449 §6.6: this server answers no message before it has heard all that are asked for."""
    monkeypatch.setattr(wire, "IDLE_SECONDS", 2.0)
    asked: list[str] = []

    def patient(session: Session, number: str) -> None:
        asked.append(number)
        if len(asked) == len(ODD):
            for each in asked:
                session.on_retr(each)

    server = start(retr=patient)
    scene.account(server.port, "POP3")
    assert code(scene.fetch()) is None
    assert bodies(scene) == sorted(ODD.values())
    for uidl, body in ODD.items():
        server.messages[f"again {uidl}"] = body
    asked.clear()
    server.capabilities.remove("PIPELINING")
    scene.fetch()
    assert asked[:2] == ["1", "1"], "to a server that doesn't say so, nothing goes out before the answer"


@pytest.mark.parametrize("where", ["capa", "auth", "stat", "uidl", "list", "retr", "dele", "quit"])
def test_a_server_that_falls_silent_is_left_after_the_deadline(
    scene: Scene, start: Callable[..., FakePop3], monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Deadlines on every step; what was not settled is settled by the next run, and delivered once."""
    monkeypatch.setattr(wire, "IDLE_SECONDS", 0.2)
    server = start(**{where: lambda session, _: session.line() and None})
    scene.account(server.port, "POP3")
    error = scene.fetch().error
    assert error is not None
    assert error.exit_code == 5
    del server.hooks[where]
    assert code(scene.fetch()) is None
    assert (bodies(scene), server.messages) == (sorted(ODD.values()), {})


def test_the_token_goes_on_a_second_line_where_the_host_wants_it_or_the_line_is_long(
    scene: Scene, provider: FakeProvider, start: Callable[..., FakePop3]
) -> None:
    server = start({})
    setting = "MailAccount::POP3::Auth::SplitOAuth2MethodAndToken::Hosts"
    assert scene.ctx.settings.get(setting) == ("outlook.office365.com", "pop-mail.outlook.com")
    scene.account(server.port, "POP3", login="a@b.example")
    assert code(scene.fetch()) is None
    assert b"AUTH XOAUTH2 " in server.heard
    assert server.logins[0].startswith(b"user=a@b.example\x01auth=Bearer ")
    server.heard = b""
    scene.ctx.settings.set(setting, "pop.example.org; LOCALHOST", "test", scene.ctx.clock.now())
    assert code(scene.fetch()) is None
    assert b"AUTH XOAUTH2\r\n" in server.heard
    assert server.logins[0] == server.logins[1]
    scene.ctx.settings.reset(setting, "test", scene.ctx.clock.now())
    server.heard = b""
    scene.account(server.port, "POP3", "long", login="a" * 200)
    assert code(scene.fetch("long")) is None
    assert b"AUTH XOAUTH2\r\n" in server.heard, "RFC 5034: a command line has at most 255 octets"


def test_user_and_pass_where_the_server_knows_nothing_newer(scene: Scene, start: Callable[..., FakePop3]) -> None:
    server = start({"a": b"x\r\n"}, capa=lambda session, _: session.send("-ERR what"))
    scene.account(server.port, "POP3", password=Secret("p w"))
    assert scene.fetch().delivered == 1
    assert b"PASS p w\r\n" in server.heard


@pytest.mark.parametrize(
    ("mechanism", "dummy"), [("XOAUTH2", b""), ("OAUTHBEARER", b"\x01")], ids=["XOAUTH2", "OAUTHBEARER"]
)
def test_a_refused_token_s_dialogue_is_finished_and_the_token_renewed_once(
    scene: Scene, start: Callable[..., FakePop3], mechanism: str, dummy: bytes
) -> None:
    """SEC-56, SEC-57."""
    said: list[bytes] = []

    def refuse(session: Session, rest: str) -> None:
        session.server.logins.append(
            base64.b64decode(rest.partition(" ")[2]) if " " in rest else session.challenge(b"")
        )
        said.append(session.challenge(b'{"status":"401","scope":"https://mail.example/"}'))
        session.send("-ERR [AUTH] no")

    server = start(auth=refuse)
    server.capabilities[2] = f"SASL {mechanism}"
    scene.account(server.port, "POP3")
    error = scene.fetch().error
    assert error is not None
    assert (error.code, said) == ("login_refused", [dummy, dummy])
    assert '"status":"401"' in error.sentence
    assert server.logins[0] != server.logins[1]
    assert len(scene.provider.token_requests()) == 2


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [(["SASL PLAIN", "USER"], "no_token_login"), (["STLS", "SASL XOAUTH2"], None)],
)
def test_the_token_is_never_sent_as_a_password(
    scene: Scene, start: Callable[..., FakePop3], capabilities: list[str], expected: str | None
) -> None:
    """SEC-55."""
    server = start({})
    server.capabilities = capabilities
    scene.account(server.port, "POP3")
    assert code(scene.fetch()) == expected
    assert b"PASS" not in server.heard


def test_stls_can_not_be_stripped_nor_prefixed(scene: Scene, start: Callable[..., FakePop3], tmp_path: Path) -> None:
    """SEC-55: no STLS, a refused STLS, injected bytes, capabilities from before the handshake."""
    made = certificates.make(tmp_path)

    def injected(session: Session, _: str) -> None:
        session.raw(b"+OK begin\r\n+OK\r\nSASL XOAUTH2\r\n.\r\n")
        session.start_tls()

    def weaker(session: Session, _: str) -> None:
        session.send("+OK begin")
        session.server.capabilities = ["USER"]
        session.start_tls()

    cases: list[tuple[str, dict[str, Hook], bool]] = [
        ("starttls_missing", {}, False),
        ("starttls_refused", {"stls": lambda session, _: session.send("-ERR no")}, True),
        ("starttls_injection", {"stls": injected}, True),
        ("no_token_login", {"stls": weaker}, True),
    ]
    for number, (expected, hooks, offered) in enumerate(cases):
        server = start({}, **hooks)
        server.capabilities = ["SASL PLAIN"] if expected == "no_token_login" else server.capabilities
        server.capabilities += ["STLS"] if offered else []
        server.tls = (made.certificate, made.key)
        scene.account(server.port, "POP3TLS", str(number), ca_file=str(made.ca))
        if expected == "no_token_login":
            server.hooks["capa"] = lambda session, _: session.send(
                "+OK", *(["SASL PLAIN"] if session.server.capabilities == ["USER"] else ["STLS", "SASL XOAUTH2"]), "."
            )
        assert code(scene.fetch(str(number))) == expected
        assert b"AUTH" not in server.heard


def test_a_lost_connection_undoes_the_deletions_and_the_next_run_asks_for_them_again(
    scene: Scene, start: Callable[..., FakePop3]
) -> None:
    """RFC 1939 §6: without QUIT nothing is deleted; nothing is delivered twice for that."""

    def hang_up(session: Session, _: str) -> None:
        raise Stop

    server = start(quit=hang_up)
    scene.account(server.port, "POP3")
    result = scene.fetch()
    assert (result.delivered, len(server.messages)) == (len(ODD), len(ODD))
    del server.hooks["quit"]
    result = scene.fetch()
    assert (code(result), result.fetched, server.messages) == (None, 0, {})
    assert bodies(scene) == sorted(ODD.values())


def test_a_message_that_is_larger_than_the_server_said_is_read_over_named_and_left(
    scene: Scene, start: Callable[..., FakePop3]
) -> None:
    messages = {
        "a": b"Subject: a\r\n\r\n",
        "b": b"Subject: b\r\n\r\n" + b"x" * 300_000 + b"\r\n",
        "c": b"Subject: c\r\n\r\n",
    }

    def lie(session: Session, _: str) -> None:
        session.send("+OK", "1 10", "2 10", "3 10", ".")

    server = start(messages, list=lie)
    scene.account(server.port, "POP3")
    result = scene.fetch(largest=100_000)
    assert (code(result), result.delivered, result.skipped) == (None, 2, 1)
    assert result.skips == [
        "message UIDL b was left on the server: 300016 bytes are more than the 100000 that are taken"
    ]
    assert list(server.messages) == ["b"]


def test_a_uidl_of_any_bytes_is_an_id(scene: Scene, start: Callable[..., FakePop3]) -> None:
    server = start({"a": b"one\r\n"}, uidl=lambda session, _: session.raw(b"+OK\r\n1 \xff\xfe'\"\x01\r\n.\r\n"))
    scene.account(server.port, "POP3", after="leave")
    assert (scene.fetch().delivered, scene.fetch().fetched) == (1, 0)


def test_messages_that_share_a_uidl_are_left(scene: Scene, start: Callable[..., FakePop3]) -> None:
    server = start(
        {"a": b"one\r\n", "b": b"two\r\n", "c": b"three\r\n"},
        uidl=lambda session, _: session.send("+OK", "1 same", "2 same", "3 c", "."),
    )
    scene.account(server.port, "POP3")
    result = scene.fetch()
    assert (code(result), result.delivered) == (None, 1)
    assert bodies(scene) == [b"three\r\n"]
    assert "share the UIDL same" in "\n".join(result.notes)
    assert set(server.messages) == {"a", "b"}


@pytest.mark.parametrize(
    ("command", "expected"),
    [("uidl", "uidl_missing"), ("stat", "command_refused"), ("retr", None), ("dele", None)],
)
def test_a_refused_command_is_told(
    scene: Scene, start: Callable[..., FakePop3], command: str, expected: str | None
) -> None:
    refuse: Hook = lambda session, _: session.send("-ERR not now")  # noqa: E731
    server = start(**{command: refuse})
    scene.account(server.port, "POP3")
    result = scene.fetch()
    assert code(result) == expected
    assert result.skipped == (len(ODD) if command == "retr" else 0)
    assert len(server.messages) == len(ODD)


def test_a_mailbox_in_use_is_a_matter_of_time(scene: Scene, start: Callable[..., FakePop3]) -> None:
    def busy(session: Session, rest: str) -> None:
        session.send("-ERR [IN-USE] another session has it")

    scene.account(start(auth=busy).port, "POP3")
    error = scene.fetch().error
    assert error is not None
    assert error.exit_code == 5
