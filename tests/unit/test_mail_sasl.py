"""What is said in AUTHENTICATE, and what a refusal of it tells."""

import base64

import pytest

from bursar.errors import Refused
from bursar.keyring import Secret
from bursar.mail.sasl import Challenge, Dialogue, Mechanism, choose, choose_for_password, initial_response


def test_xoauth2_is_written_as_google_and_microsoft_document_it() -> None:
    said = initial_response(Mechanism.XOAUTH2, "a@example.org", Secret("tok"), "mail.example.org", 993)
    assert said == b"user=a@example.org\x01auth=Bearer tok\x01\x01"


def test_oauthbearer_carries_host_and_port_and_escapes_the_name() -> None:
    """SEC-54: `,` and `=` are escaped (RFC 5801 §4)."""
    said = initial_response(Mechanism.OAUTHBEARER, "a=b,c@example.org", Secret("tok"), "h", 143)
    assert said == b"n,a=a=3Db=2Cc@example.org,\x01host=h\x01port=143\x01auth=Bearer tok\x01\x01"


@pytest.mark.parametrize("mechanism", list(Mechanism))
@pytest.mark.parametrize(
    ("user", "token"),
    [("a\x01auth=Bearer x", "t"), ("a\r\n", "t"), ("a\0", "t"), ("a", "t\x01"), ("a", "t\n"), ("", "t"), ("a", "")],
)
def test_control_characters_in_login_or_token_are_refused(mechanism: Mechanism, user: str, token: str) -> None:
    """SEC-54."""
    with pytest.raises(Refused, match="nothing was sent"):
        initial_response(mechanism, user, Secret(token), "h", 1)


@pytest.mark.parametrize(
    ("capabilities", "chosen"),
    [
        (("IMAP4REV1", "AUTH=OAUTHBEARER", "AUTH=XOAUTH2"), Mechanism.XOAUTH2),
        (("AUTH=OAUTHBEARER", "AUTH=PLAIN"), Mechanism.OAUTHBEARER),
        (("IMAP4REV1",), Mechanism.XOAUTH2),
    ],
)
def test_oauthbearer_is_used_only_where_xoauth2_is_not_offered(
    capabilities: tuple[str, ...], chosen: Mechanism
) -> None:
    assert choose(capabilities) is chosen


@pytest.mark.parametrize("host", ["imap.yandex.com", "imap.yandex.com.tr", "IMAP.yandex.ru.", "pop.ya.ru"])
def test_yandex_takes_xoauth2_without_saying_so(host: str) -> None:
    assert choose(("IMAP4REV1", "AUTH=PLAIN"), host) is Mechanism.XOAUTH2
    with pytest.raises(Refused):
        choose(("IMAP4REV1", "AUTH=PLAIN"), f"{host.rstrip('.')}.example.org")


def test_a_password_goes_by_plain_or_the_command_login() -> None:
    assert choose_for_password(("AUTH=PLAIN", "AUTH=LOGIN")) is Mechanism.PLAIN
    assert choose_for_password(("AUTH=LOGIN",)) is Mechanism.LOGIN
    assert initial_response(Mechanism.PLAIN, "a@b", Secret("p w"), "h", 1) == b"\0a@b\0p w"
    with pytest.raises(Refused, match="LOGINDISABLED"):
        choose_for_password(("LOGINDISABLED",))


def test_a_server_that_only_takes_passwords_gets_no_token() -> None:
    """SEC-55."""
    with pytest.raises(Refused) as refused:
        choose(("IMAP4REV1", "AUTH=PLAIN", "AUTH=LOGIN"))
    assert refused.value.code == "no_token_login"
    assert "LOGIN, PLAIN" in refused.value.sentence


@pytest.mark.parametrize(("mechanism", "dummy"), [(Mechanism.XOAUTH2, b""), (Mechanism.OAUTHBEARER, b"AQ==")])
def test_a_refusal_is_answered_with_the_dummy_and_its_reason_kept(mechanism: Mechanism, dummy: bytes) -> None:
    """SEC-56."""
    dialogue = Dialogue(mechanism, b"secret")
    assert base64.b64decode(dialogue.answer(b"")) == b"secret"
    assert dialogue.answer(base64.b64encode(b'{"status":"401","schemes":"bearer","scope":"mail"}')) == dummy
    assert dialogue.challenge == Challenge(
        "401", "mail", "bearer", '{"status":"401","schemes":"bearer","scope":"mail"}'
    )
    assert dialogue.answer(b"") == b"*", "the token is never sent a second time"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"!!! not base64 !!!", "!!! not base64 !!!"),
        (base64.b64encode(b"no json\r\n\x1b[31m"), "no json\\x0d\\x0a\\x1b[31m"),
        (base64.b64encode(b"[" * 100_000), "[" * 1000),
        (base64.b64encode(b'["a"]'), '["a"]'),
        (b"", ""),
    ],
)
def test_an_unreadable_challenge_is_shown_as_it_came_but_printable_and_bounded(line: bytes, shown: str) -> None:
    assert Challenge.read(line).text == shown
    assert not Challenge.read(line).blames_token


@pytest.mark.parametrize("status", ["400", "401", "invalid_token"])
def test_these_statuses_blame_the_token(status: str) -> None:
    assert Challenge.read(base64.b64encode(b'{"status":"%b"}' % status.encode())).blames_token
