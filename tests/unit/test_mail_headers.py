"""Headers that steer a ticket system don't come in with mail from accounts that aren't trusted."""

from email import message_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bursar.mail.headers import without

PREFIXES = ("X-OTRS-", "X-Znuny-")


@pytest.mark.parametrize(
    ("raw", "left"),
    [
        (b"X-OTRS-Queue: a\r\nTo: b\r\n\r\nbody", b"To: b\r\n\r\nbody"),
        (b"To: b\r\nx-otrs-QUEUE : a\r\n folded\r\n\tmore\r\n\r\nbody", b"To: b\r\n\r\nbody"),
        (b"To: b\nX-Znuny-State: a\n c\n\nbody", b"To: b\n\nbody"),
        (b"To: b\rX-OTRS-Queue: a\rCc: c\r\n\r\nbody", b"To: b\rCc: c\r\n\r\nbody"),
        (b"To: b\r\r\nX-OTRS-Queue: a\r\n\r\nbody", b"To: b\r\r\n\r\nbody"),
        (b"To: b\r\nX-OTRS-Queue: a", b"To: b\r\n"),
        (b"\r\nX-OTRS-Queue: in the body\r\n", b"\r\nX-OTRS-Queue: in the body\r\n"),
        (b"To: b\r\n\r\nX-OTRS-Queue: in the body\r\n", b"To: b\r\n\r\nX-OTRS-Queue: in the body\r\n"),
        (
            b"Subject: about X-OTRS-Queue: a\r\n X-OTRS-Queue: b\r\n\r\n",
            b"Subject: about X-OTRS-Queue: a\r\n X-OTRS-Queue: b\r\n\r\n",
        ),
        (b"X-OTRS: too short for the prefix\r\n\r\n", b"X-OTRS: too short for the prefix\r\n\r\n"),
        (b"", b""),
    ],
)
def test_they_are_removed_with_their_folded_lines_and_nothing_else_is_touched(raw: bytes, left: bytes) -> None:
    assert without(raw, PREFIXES) == left


def test_a_trusted_account_keeps_them() -> None:
    assert without(b"X-OTRS-Queue: a\r\n\r\n", ()) == b"X-OTRS-Queue: a\r\n\r\n"


pieces = st.lists(
    st.sampled_from(
        [b"X-OTRS-Queue: a", b"x-znuny-a:b", b"To: c", b" folded", b"\t", b"\r", b"\n", b"\r\n", b":", b"\xff", b"x"]
    ),
    max_size=30,
)


@given(pieces)
def test_no_spelling_gets_past_python_s_parser_or_one_that_knows_line_feeds_only(parts: list[bytes]) -> None:
    """Two readers that see line ends differently: neither finds one of the headers."""
    left = without(b"".join(parts), PREFIXES)
    assert not [name for name in message_from_bytes(left) if name.lower().startswith(("x-otrs-", "x-znuny-"))]
    for line in left.split(b"\n"):
        if not line.strip(b"\r"):
            break
        assert not line.lower().startswith((b"x-otrs-", b"x-znuny-"))


@given(st.binary(max_size=300))
def test_mail_without_such_headers_stays_as_it_came(raw: bytes) -> None:
    assert without(raw, ("Bursar-Test-",)) == raw
