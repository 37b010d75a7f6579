"""Claims for people: bounded, escaped, and never the token or its signature (SEC-41, SEC-66)."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bursar.keyring import Secret
from bursar.oauth2.jwt_claims import LONGEST_VALUE, MOST_CLAIMS, Claims, Closed, read_claims

SIGNATURE = "c2lnbmF0dXJl-cnry"


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode("utf-8", "surrogatepass")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def jwt(payload: Any, header: Any = None) -> str:
    return f"{part({'alg': 'RS256'} if header is None else header)}.{part(payload)}.{SIGNATURE}"


def read(text: str) -> Claims:
    found = read_claims(Secret(text))
    assert isinstance(found, Claims), found
    return found


def test_header_and_payload_are_shown_and_times_are_times() -> None:
    found = read(jwt({"aud": ["a", "b"], "exp": 1_795_000_000, "nbf": 1.5, "scp": "mail", "admin": True}))
    assert [(claim.name, claim.text) for claim in found.header] == [("alg", "RS256")]
    assert {claim.name: claim.text for claim in found.payload if claim.at is None} == {
        "aud": '["a", "b"]',
        "scp": "mail",
        "admin": "true",
    }
    assert next(claim.at for claim in found.payload if claim.name == "exp") == datetime.fromtimestamp(
        1_795_000_000, UTC
    )


def test_neither_the_token_nor_its_signature_nor_a_nested_one_comes_out() -> None:
    """SEC-41"""
    inner = jwt({"sub": "x"})
    found = read(jwt({"act": {"token": inner}, "refresh_token": "cnry-refresh", "note": f"see {inner}"}))
    assert SIGNATURE not in repr(found)
    assert inner.split(".")[1] not in repr(found)
    assert "cnry-refresh" not in repr(found)


@pytest.mark.parametrize("value", [True, "1795000000", -1, 1e300, None, [1]])
def test_a_time_that_is_none_is_shown_as_it_is(value: Any) -> None:
    [claim] = read(jwt({"exp": value})).payload
    assert claim.at is None
    assert claim.text


@pytest.mark.parametrize(
    ("token", "why"),
    [
        ("ya29.a0AfB_opaque", "opaque"),
        ("a.b.c", "opaque"),
        ("", "opaque"),
        ("..", "opaque"),
        ("x" * 100_000, "opaque"),
        (f"{part([1])}.{part({})}.s", "opaque"),
        (jwt({}, header={"alg": 7}), "opaque"),
        (f"{part({'alg': 'dir', 'enc': 'A256GCM'})}.aaaa.bbbb.cccc.dddd", "encrypted"),
        (jwt(b"{"), "unreadable"),
        (jwt(b"[1]"), "unreadable"),
        (jwt(b"\xff\xfe"), "unreadable"),
        (jwt(b'{"a": NaN}'), "unreadable"),
        (jwt(b"[" * 40_000), "unreadable"),
        (jwt(b'{"a":' + b"9" * 5000 + b"}"), "unreadable"),
        (jwt(b" " * 60_000), "unreadable"),
    ],
)
def test_what_cannot_be_read_is_said_to_be_so(token: str, why: str) -> None:
    assert read_claims(Secret(token)) == Closed(why)


def test_a_hostile_token_costs_no_more_room_than_the_bounds() -> None:
    """SEC-66"""
    many = read(jwt({f"claim {number}": "v" for number in range(500)}))
    assert (len(many.payload), many.cut) == (MOST_CLAIMS, True)
    [long] = read(jwt({"n" * 900: "v" * 20_000})).payload
    assert (len(long.name), len(long.text)) == (100, LONGEST_VALUE)
    [tricky] = read(jwt({"a\u202eb\n": "x\u0000\u2066y<script>"})).payload
    assert tricky.name.isprintable()
    assert tricky.text == "x\\x00\\u2066y<script>"


@given(st.text(alphabet='eyJhbGciOi.-_{}[]":,0123456789aZ', max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    assert isinstance(read_claims(Secret(text)), Claims | Closed)


@given(
    st.dictionaries(
        st.text(max_size=20),
        st.recursive(
            st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
            lambda inner: st.lists(inner, max_size=3),
            max_leaves=5,
        ),
        max_size=5,
    )
)
def test_every_payload_becomes_printable_text(payload: dict[str, Any]) -> None:
    found = read_claims(Secret(jwt(payload)))
    assert isinstance(found, Claims | Closed)
    if isinstance(found, Claims):
        assert all(claim.text.isprintable() and claim.name.isprintable() for claim in found.payload)
