"""The words of an account."""

from pathlib import Path

import pytest

from bursar.errors import InvalidInput
from bursar.mail.account import AccountType, After, Afterwards, interval_text, one_line, parse_interval
from bursar.mail.delivery.spec import (
    LmtpSpec,
    MaildirSpec,
    MboxSpec,
    PipeSpec,
    SmtpSpec,
    Spec,
    WebhookSpec,
    kind_of,
    parse,
)


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("delete", After(Afterwards.DELETE)),
        ("seen", After(Afterwards.SEEN)),
        ("leave", After(Afterwards.LEAVE)),
        ("move:Done/2026: a", After(Afterwards.MOVE, "Done/2026: a")),
    ],
)
def test_after_is_one_of_four(text: str, parsed: After) -> None:
    assert After.parse(text) == parsed


@pytest.mark.parametrize("text", ["", "move", "move:", "delete:x", "Delete", "trash", "move:a\r\nb"])
def test_any_other_after_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        After.parse(text)


def test_a_maildir_is_an_absolute_path() -> None:
    assert parse("maildir:/var/mail/a:b") == MaildirSpec(Path("/var/mail/a:b"))


NO_DESTINATIONS = (
    *("maildir:", "maildir:relative", "maildir:~/x", "maildir:/a\0", "mbox:x", "lmtp:h", "lmtp:h:0", "/x"),
    *("pipe:cat", "pipe:", "pipe:/a'", "webhook:ftp://h/", "webhook:https://u:p@h/", "burn:/x"),
)


@pytest.mark.parametrize("text", NO_DESTINATIONS)
def test_any_other_destination_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse(text)


@pytest.mark.parametrize("text", ["", "a\r\nb", "a\0", "\x7f"])
def test_what_would_end_a_line_of_the_protocol_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        one_line(text, "--login")


def test_ports_follow_the_type() -> None:
    ports = {"IMAP": 143, "IMAPS": 993, "IMAPTLS": 143, "POP3": 110, "POP3S": 995, "POP3TLS": 110, "MSGraph": 443}
    assert {kind: kind.default_port for kind in AccountType} == ports


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("mbox:/var/mail/x", MboxSpec(Path("/var/mail/x"))),
        ("lmtp:mail.example.org:24", LmtpSpec("mail.example.org", 24)),
        ("smtp:[::1]:25", SmtpSpec("[::1]", 25)),
        ("pipe:/usr/bin/x 'a b' c", PipeSpec(("/usr/bin/x", "a b", "c"))),
        ("webhook:https://h.example/x?y=1", WebhookSpec("https://h.example/x?y=1")),
    ],
)
def test_every_destination_is_parsed_once(text: str, spec: Spec) -> None:
    assert parse(text) == spec
    assert text.startswith(f"{kind_of(spec)}:")


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90s", 90), ("5m", 300), ("2H", 7200), ("1d", 86400)])
def test_an_interval_is_read_and_written(text: str, seconds: int) -> None:
    assert parse_interval(text) == seconds
    assert parse_interval(interval_text(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "5 minutes", "-5m", "9", "8d", "1.5h"])
def test_what_is_no_interval_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_interval(text)


def test_never_is_an_interval_too() -> None:
    assert parse_interval("never") == parse_interval("0") == 0
    assert interval_text(0) == "never"


@pytest.mark.parametrize("text", ["seen", "move:Done"])
def test_pop3_knows_neither_marks_nor_folders(text: str) -> None:
    with pytest.raises(InvalidInput):
        After.parse(text).check(AccountType.POP3S)
