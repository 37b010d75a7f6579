"""The words of an account."""

from pathlib import Path

import pytest

from bursar.errors import InvalidInput
from bursar.mail.account import AccountType, After, Afterwards, maildir_path, one_line


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
    assert maildir_path("maildir:/var/mail/a:b") == Path("/var/mail/a:b")


@pytest.mark.parametrize(
    "text", ["maildir:", "maildir:relative", "maildir:~/x", "mbox:/x", "lmtp:h:24", "/x", "maildir:/a\0"]
)
def test_any_other_destination_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        maildir_path(text)


@pytest.mark.parametrize("text", ["", "a\r\nb", "a\0", "\x7f"])
def test_what_would_end_a_line_of_the_protocol_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        one_line(text, "--login")


def test_ports_follow_the_type() -> None:
    assert {kind: kind.default_port for kind in AccountType} == {"IMAP": 143, "IMAPS": 993, "IMAPTLS": 143}
