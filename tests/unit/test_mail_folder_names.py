"""Modified UTF-7 by the examples of RFC 3501 §5.1.3."""

import pytest

from bursar.mail.folder_names import decode, encode, quoted


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("INBOX", "INBOX"),
        ("Entwürfe", "Entw&APw-rfe"),
        ("Sales & Co", "Sales &- Co"),
        ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
    ],
)
def test_names_are_written_as_the_rfc_says(name: str, wire: str) -> None:
    assert encode(name) == wire
    assert decode(wire) == name


def test_quotes_and_backslashes_are_escaped() -> None:
    assert quoted('a"b\\c') == '"a\\"b\\\\c"'


def test_what_is_no_modified_utf7_is_left_alone() -> None:
    assert decode("R&D stuff - &xyz!-") == "R&D stuff - &xyz!-"
