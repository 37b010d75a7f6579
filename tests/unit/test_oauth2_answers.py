"""What token endpoints answer, and the one outcome that each answer has (SEC-17, SEC-18, SEC-19)."""

import gzip
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from bursar.keyring import Secret
from bursar.oauth2.token_endpoint import ErrorAnswer, TokenAnswer, Verdict, read_answer
from bursar.outbound import HttpAnswer

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
GRANTED = "granted"


def read(
    body: bytes | str | dict[str, Any],
    status: int = 200,
    kind: str = JSON,
    mapping: Mapping[str, str] | None = None,
    *,
    refreshing: bool = True,
    secrets: tuple[str, ...] = (),
    **headers: str,
) -> TokenAnswer | ErrorAnswer:
    raw = json.dumps(body) if isinstance(body, dict) else body
    sent = {name.replace("_", "-"): value for name, value in headers.items()} | {"content-type": kind}
    answer = HttpAnswer(status, sent, raw.encode() if isinstance(raw, str) else raw)
    return read_answer(answer, mapping or {}, refreshing=refreshing, now=NOW, secrets=secrets)


def outcome(answer: TokenAnswer | ErrorAnswer) -> object:
    return answer.verdict if isinstance(answer, ErrorAnswer) else GRANTED


MISCONFIGURED, RETRYING, CONSENT = Verdict.MISCONFIGURED, Verdict.RETRYING, Verdict.NEEDS_AUTHORIZATION
T = '"access_token": "T", "token_type": "Bearer"'
DEEP = 100_000

# Name, body of a 200, content type, outcome.
BODIES: list[tuple[str, bytes | str, str, object]] = [
    ("plain", f"{{{T}}}", JSON, GRANTED),
    ("byte order mark", "\ufeff{" + T + "}", JSON, GRANTED),
    ("blanks around", f" \r\n\t{{{T}}} \n", JSON, GRANTED),
    ("unknown members", f'{{{T}, "x": [1, {{"y": null}}], "é": "ü"}}', JSON, GRANTED),
    ("json called text", f"{{{T}}}", "text/html; charset=utf-8", GRANTED),
    ("json without a type", f"{{{T}}}", "", GRANTED),
    ("json called a form", f"{{{T}}}", FORM, GRANTED),
    ("a type with parameters", f"{{{T}}}", "application/json;charset=UTF-8", GRANTED),
    ("bearer in lower case", '{"access_token": "T", "token_type": "bearer"}', JSON, GRANTED),
    ("bearer in upper case", '{"access_token": "T", "token_type": "BEARER"}', JSON, GRANTED),
    ("without token_type", '{"access_token": "T"}', JSON, GRANTED),
    ("token_type null", '{"access_token": "T", "token_type": null}', JSON, GRANTED),
    ("token_type mac", '{"access_token": "T", "token_type": "mac"}', JSON, MISCONFIGURED),
    ("token_type DPoP", '{"access_token": "T", "token_type": "DPoP"}', JSON, MISCONFIGURED),
    ("token_type N_A", '{"access_token": "T", "token_type": "N_A"}', JSON, MISCONFIGURED),
    ("token_type empty", '{"access_token": "T", "token_type": ""}', JSON, MISCONFIGURED),
    ("token_type two words", '{"access_token": "T", "token_type": "Bearer mac"}', JSON, MISCONFIGURED),
    ("no members", "{}", JSON, MISCONFIGURED),
    ("no token", '{"expires_in": 3600}', JSON, MISCONFIGURED),
    ("token null", '{"access_token": null}', JSON, MISCONFIGURED),
    ("token empty", '{"access_token": ""}', JSON, MISCONFIGURED),
    ("token of blanks", '{"access_token": "   "}', JSON, MISCONFIGURED),
    ("token a number", '{"access_token": 12345}', JSON, MISCONFIGURED),
    ("token true", '{"access_token": true}', JSON, MISCONFIGURED),
    ("token an array", '{"access_token": ["T"]}', JSON, MISCONFIGURED),
    ("token an object", '{"access_token": {"value": "T"}}', JSON, MISCONFIGURED),
    ("token with a line break", '{"access_token": "T\\r\\nX-Evil: 1"}', JSON, MISCONFIGURED),
    ("token with SOH", '{"access_token": "T\\u0001auth=Bearer x"}', JSON, MISCONFIGURED),
    ("token with NUL", '{"access_token": "T\\u0000"}', JSON, MISCONFIGURED),
    ("token with DEL", '{"access_token": "T\\u007f"}', JSON, MISCONFIGURED),
    ("token beyond ASCII", '{"access_token": "Tökén"}', JSON, MISCONFIGURED),
    ("token with half a character", '{"access_token": "T\\ud800"}', JSON, MISCONFIGURED),
    ("token of 16 kB", f'{{"access_token": "{"t" * 16384}"}}', JSON, GRANTED),
    ("token of 300 kB", f'{{"access_token": "{"t" * 300_000}"}}', JSON, MISCONFIGURED),
    ("token twice, alike", '{"access_token": "T", "access_token": "T"}', JSON, GRANTED),
    ("token twice, two values", '{"access_token": "T", "access_token": "U"}', JSON, RETRYING),
    (
        "error twice",
        '{"error": "invalid_grant", "error": null, "access_token": "T"}',
        JSON,
        RETRYING,
    ),
    ("nothing", "", JSON, RETRYING),
    ("blanks alone", " \n ", JSON, RETRYING),
    ("an array", '[{"access_token": "T"}]', JSON, RETRYING),
    ("a text", '"T"', JSON, RETRYING),
    ("a number", "17", JSON, RETRYING),
    ("null", "null", JSON, RETRYING),
    ("cut off", f"{{{T}", JSON, RETRYING),
    ("something behind it", f"{{{T}}} {{{T}}}", JSON, RETRYING),
    ("comments", f"{{{T} /* note */}}", JSON, RETRYING),
    ("single quotes", "{'access_token': 'T'}", JSON, RETRYING),
    ("deep arrays", '{"a": ' + "[" * DEEP + "]" * DEEP + f", {T}}}", JSON, RETRYING),
    ("deep objects", '{"a":' * DEEP + "1" + "}" * DEEP, JSON, RETRYING),
    ("deep and never closed", '{"a":' + "[" * DEEP, JSON, RETRYING),
    ("many brackets, none deep", f'{{{T}, "a": [{",".join(["[]"] * 5000)}]}}', JSON, GRANTED),
    ("HTML of a proxy", "<html><body>502 Bad Gateway</body></html>", "text/html", RETRYING),
    ("HTML called json", "<!doctype html><p>{access_token}</p>", JSON, RETRYING),
    ("XML", "<?xml version='1.0'?><token>T</token>", "application/xml", RETRYING),
    ("gzip that nobody unpacked", gzip.compress(b"{}"), JSON, RETRYING),
    ("UTF-16", ("{" + T + "}").encode("utf-16"), JSON, RETRYING),
    ("not UTF-8", b'{"access_token": "T\xff"}', JSON, RETRYING),
    ("NUL bytes", b"\0" * 1000, JSON, RETRYING),
    ("a form", "access_token=T&token_type=bearer&expires_in=3600", FORM, GRANTED),
    ("a form called text", "access_token=T&expires=3600", "text/plain;charset=UTF-8", GRANTED),
    ("a form without a type", "access_token=T", "", RETRYING),
    ("a form with an error", "error=bad_verification_code&error_description=old", FORM, CONSENT),
    ("a form with two tokens", "access_token=T&access_token=U", FORM, RETRYING),
    ("a form that is none", "Service temporarily unavailable", FORM, RETRYING),
    ("a form of a thousand fields", "&".join(f"a{n}=b" for n in range(1000)), FORM, RETRYING),
    ("a form with a bad byte", "access_token=%ff%fe", FORM, RETRYING),
    ("an error with 200", '{"error": "invalid_grant"}', JSON, CONSENT),
    ("an error beside a token", f'{{{T}, "error": "invalid_client"}}', JSON, MISCONFIGURED),
    ("an empty error beside a token", f'{{{T}, "error": ""}}', JSON, GRANTED),
    ("error null beside a token", f'{{{T}, "error": null}}', JSON, GRANTED),
    ("error 0 beside a token", f'{{{T}, "error": 0}}', JSON, GRANTED),
    ("error false beside a token", f'{{{T}, "error": false}}', JSON, GRANTED),
    ("error NaN beside a token", f'{{{T}, "error": NaN}}', JSON, GRANTED),
    ("no errors beside a token", f'{{{T}, "error": []}}', JSON, GRANTED),
    ("an error as an array", '{"error": ["invalid_grant"]}', JSON, CONSENT),
    ("an error as an object", '{"error": {"code": "invalid_grant", "message": "gone"}}', JSON, CONSENT),
    ("an unknown error", '{"error": "computer_says_no"}', JSON, MISCONFIGURED),
    ("an error of trouble", '{"error": "temporarily_unavailable"}', JSON, RETRYING),
    ("an integer of 5,000 digits", f'{{{T}, "expires_in": {"9" * 5000}}}', JSON, GRANTED),
    ("NaN", f'{{{T}, "expires_in": NaN}}', JSON, GRANTED),
    ("infinity", f'{{{T}, "expires_in": -Infinity}}', JSON, GRANTED),
]


@pytest.mark.parametrize(("body", "kind", "expected"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES])
def test_every_body_of_the_corpus_has_one_outcome_and_never_a_traceback(
    body: bytes | str, kind: str, expected: object
) -> None:
    """SEC-17, SEC-18: the corpus. Whatever it is, nothing of it that is kept is long or breaks a line."""
    answer = read(body, kind=kind)
    assert outcome(answer) == expected
    if isinstance(answer, ErrorAnswer):
        for text in (answer.error, answer.description, answer.answer):
            assert len(text) <= 1000
            assert text.isprintable()


def test_the_corpus_has_the_sixty_bodies_that_were_asked_for() -> None:
    """SEC-17."""
    assert len({name for name, *_ in BODIES}) == len(BODIES) >= 60


LIFETIMES: list[tuple[str, float | None]] = [
    ("3600", 3600),
    ('"3600"', 3600),
    ('" 3600 "', 3600),
    ("3600.0", 3600),
    ("3600.7", 3600.7),
    ('"3600.5"', 3600.5),
    ("0", 0),
    ("-1", -1),
    ("1e99", 1e99),
    ('"1e3"', 1000),
    ("1e999", None),
    ("9" * 5000, None),
    ('"' + "9" * 5000 + '"', None),
    ("null", None),
    ('""', None),
    ("true", None),
    ("[3600]", None),
    ('{"seconds": 3600}', None),
    ('"an hour"', None),
    ('"2026-11-23T13:00:00Z"', None),
    ("NaN", None),
    ('"NaN"', None),
    ('"inf"', None),
    ("Infinity", None),
]


@pytest.mark.parametrize(("text", "seconds"), LIFETIMES, ids=[text[:20] for text, _ in LIFETIMES])
def test_a_lifetime_is_read_in_every_shape_and_unknown_where_it_is_none(text: str, seconds: float | None) -> None:
    """SEC-17, SEC-21: unknown is None, for the life of the token to assume something; it is never `for ever`."""
    answer = read(f'{{{T}, "expires_in": {text}, "refresh_token_expires_in": {text}}}')
    assert isinstance(answer, TokenAnswer)
    assert answer.expires_in == seconds
    assert answer.refresh_expires_in == seconds


def test_members_that_are_not_there_are_unknown() -> None:
    answer = read({"access_token": "T"})
    assert answer == TokenAnswer(Secret("T"), None, None, None, None, None)


@pytest.mark.parametrize(("value", "kept"), [("R2", "R2"), ("", None), (None, None), (0, None), ([], None)])
def test_a_refresh_token_is_new_or_not_there(value: object, kept: str | None) -> None:
    """SEC-23: absent, null or empty is no refresh token, so that the stored one stays."""
    answer = read({"access_token": "T", "refresh_token": value})
    assert isinstance(answer, TokenAnswer)
    assert (answer.refresh_token.reveal() if answer.refresh_token else None) == kept


# -- the table of verdicts ----------------------------------------------------------------------------------------

REDIRECTS = [301, 302, 303, 307, 308]
TRANSIENT = [408, 425, 429, 500, 502, 503, 504, 529]
UNREADABLE: list[tuple[bytes, str]] = [(b"", JSON), (b"<html>", "text/html"), (b"{", JSON), (b"[]", JSON)]


@pytest.mark.parametrize(("body", "kind"), [*UNREADABLE, (b"{}", JSON), (b'{"error": null}', JSON)])
@pytest.mark.parametrize("refreshing", [True, False])
def test_without_a_readable_error_the_status_decides(body: bytes, kind: str, refreshing: bool) -> None:
    """SEC-19: the issue's table to the letter."""
    expected: dict[int, object] = dict.fromkeys([*REDIRECTS, 401, 403, 404, 405, 410, 422], MISCONFIGURED)
    expected |= dict.fromkeys(TRANSIENT, RETRYING)
    expected[400] = CONSENT if refreshing else MISCONFIGURED
    for status, verdict in expected.items():
        assert outcome(read(body, status, kind, refreshing=refreshing)) == verdict, status


@pytest.mark.parametrize(("body", "kind"), UNREADABLE)
def test_an_unreadable_success_is_tried_again(body: bytes, kind: str) -> None:
    """SEC-19: a proxy's page with 200 says nothing about the token."""
    for status in (200, 201, 204):
        assert outcome(read(body, status, kind)) == RETRYING


ERRORS = {
    "invalid_grant": CONSENT,
    "interaction_required": CONSENT,
    "login_required": CONSENT,
    "consent_required": CONSENT,
    "bad_refresh_token": CONSENT,
    "invalid_client": MISCONFIGURED,
    "unauthorized_client": MISCONFIGURED,
    "invalid_request": MISCONFIGURED,
    "invalid_scope": MISCONFIGURED,
    "unsupported_grant_type": MISCONFIGURED,
    "something_else": MISCONFIGURED,
    "temporarily_unavailable": RETRYING,
    "server_error": RETRYING,
    "slow_down": RETRYING,
}


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("status", [200, 400, 401, 403])
def test_a_readable_error_decides(error: str, status: int) -> None:
    """SEC-19: in JSON and in a form, whatever the status of the 2xx and 4xx is."""
    for body, kind in ((json.dumps({"error": error}), JSON), (f"error={error}", FORM)):
        for refreshing in (True, False):
            answer = read(body, status, kind, refreshing=refreshing)
            assert outcome(answer) == ERRORS[error]
            assert isinstance(answer, ErrorAnswer)
            assert (answer.error, answer.status) == (error, status)


@pytest.mark.parametrize("status", TRANSIENT)
def test_a_server_in_trouble_is_tried_again_whatever_it_says(status: int) -> None:
    """SEC-19, SEC-28: a gateway's words don't end an authorization."""
    for error in ("invalid_grant", "invalid_client", "Internal Server Error"):
        assert outcome(read({"error": error}, status)) == RETRYING


# -- Retry-After --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("0", 0),
        ("9" * 50, 366 * 86400),
        ("9" * 5000, 366 * 86400),
        ("Mon, 23 Nov 2026 12:02:00 GMT", 120),
        ("Monday, 23-Nov-26 12:02:00 GMT", 120),
        ("Mon Nov 23 12:02:00 2026", 120),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
        ("Mon, 23 Nov 9999 12:00:00 GMT", 366 * 86400),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("٣", None),
        ("Mon, 99 Nov 2026 12:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_and_as_a_date(header: str, seconds: float | None) -> None:
    """SEC-28: RFC 9110 §10.2.3."""
    for body, kind in ((b"", JSON), (b'{"error": "slow_down"}', JSON)):
        answer = read(body, 503, kind, retry_after=header)
        assert isinstance(answer, ErrorAnswer)
        assert answer.retry_after == seconds


# -- the document's mapping ---------------------------------------------------------------------------------------


def test_the_rfcs_members_keep_their_meaning_where_a_mapping_is_silent() -> None:
    """The sample's refresh request doesn't map refresh_token; a rotated one is kept all the same."""
    members = {"access_token": "T", "expires_in": 5, "refresh_token": "R", "refresh_expires_in": 9, "scope": "a b"}
    answer = read(members, mapping={"access_token": "Token", "expires_in": "TokenExpirationDate"})
    assert answer == TokenAnswer(Secret("T"), 5, Secret("R"), 9, "a b", None)
    assert read(members) == answer


def test_a_mapping_adds_and_overrides_and_what_is_absent_leaves_the_rfcs_member_in_force() -> None:
    mapping = {
        "tok": "Token", "ttl": "TokenExpirationDate", "rt": "RefreshToken", "rttl": "RefreshTokenExpirationDate",
        "errcode": "ErrorMessage", "errmsg": "ErrorDescription", "error_codes": "ErrorCode", "x": "Unknown",
    }  # fmt: skip
    own = {"tok": "T", "ttl": "60", "rt": "R", "rttl": 70.5, "access_token": "wrong", "expires_in": 1, "x": 1}
    assert read(own, mapping=mapping) == TokenAnswer(Secret("T"), 60, Secret("R"), 70.5, None, None)
    standard = {"access_token": "T", "expires_in": 60, "refresh_token": "R", "tok": None}
    assert read(standard, mapping=mapping) == TokenAnswer(Secret("T"), 60, Secret("R"), None, None, None)
    failed = read({"errcode": "invalid_grant", "errmsg": "old", "error_codes": [50173, 7]}, 400, mapping=mapping)
    assert isinstance(failed, ErrorAnswer)
    assert (failed.verdict, failed.error, failed.description) == (CONSENT, "invalid_grant", "old (50173, 7)")


def test_a_member_that_a_mapping_moves_has_no_second_meaning() -> None:
    answer = read({"access_token": "T", "expires_in": 90}, mapping={"expires_in": "RefreshTokenExpirationDate"})
    assert isinstance(answer, TokenAnswer)
    assert (answer.expires_in, answer.refresh_expires_in) == (None, 90)


@pytest.mark.parametrize("meaning", ["ErrorCode", "ErrorDescription", "Unknown"])
def test_an_error_stays_one_whatever_a_mapping_calls_it(meaning: str) -> None:
    """A mapping can't turn a refusal into a success."""
    assert outcome(read({"error": "invalid_grant", "access_token": "T"}, mapping={"error": meaning})) == CONSENT


@pytest.mark.parametrize(
    ("scope", "kept"),
    [
        ("b a", "b a"),
        (" a  b ", "a b"),
        ("a,b", "a b"),
        (["a", "b"], "a b"),
        ("", None),
        (None, None),
        ("a\x01 b", "b"),
    ],
)
def test_the_granted_scope_is_read_in_every_shape(scope: object, kept: str | None) -> None:
    """SEC-20."""
    answer = read({"access_token": "T", "scope": scope})
    assert isinstance(answer, TokenAnswer)
    assert answer.scope == kept


# -- what is kept -------------------------------------------------------------------------------------------------

CANARY = "cnry-x+/%é &"
LONG = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abcDEF123456"


@pytest.mark.parametrize(
    "body",
    [
        {"error": "invalid_grant", "error_description": f"The token {CANARY} is gone"},
        {"error": CANARY},
        {"error": {"code": "x", "message": CANARY}},
        {"error": "x", "request": {"body": f"client_secret={CANARY}&a=b", "more": [CANARY]}},
        {"error": "x", CANARY: 1},
        f"<html>{CANARY}</html>",
        f'{{"error_description": "{CANARY}',
        "<pre>client_secret=cnry-x%2B%2F%25%C3%A9+%26</pre>",
        "<pre>client_secret=cnry-x%2B/%25%C3%A9%20%26</pre>",
        '{"a": "cnry-x+/%\\u00e9 &"',
    ],
)
def test_a_secret_that_a_provider_repeats_is_not_kept(body: Any) -> None:
    """SEC-64: raw, form-encoded, percent-encoded, as JSON escapes it, and inside of other members."""
    answer = read(body, 400, secrets=(CANARY, "short"))
    assert isinstance(answer, ErrorAnswer)
    kept = answer.error + answer.description + answer.answer
    assert "cnry" not in kept
    assert "(removed)" in kept


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"access_token": "tiny-A", "refresh_token": "tiny-R", "id_token": "tiny-I", "error": "invalid_client"}, 200),
        ({"access_token": "tiny-A", "token_type": "mac", "nested": {"refresh_token": "tiny-R"}}, 200),
        ({"access_token": "tiny-A\x01", "client_secret": "tiny-S", "code": "tiny-C"}, 200),
        ({"list": [{"password": "tiny-P"}], "assertion": "tiny-J"}, 400),
        ('{"access_token": "tiny-A", "refresh_token":"tiny-R"', 200),
        ("access_token=tiny-A&refresh_token=tiny-R&code=tiny-C", 200),
        ("<p>Authorization: Basic tiny-B</p><p>Cookie: tiny-K</p>", 502),
        ({"error": f"x {LONG}", "error_description": f"about {LONG}", "other": LONG}, 400),
        (f"<p>{LONG}</p>", 400),
    ],
)
def test_what_looks_like_a_secret_is_not_kept(body: Any, status: int) -> None:
    """SEC-64: by the member's name at any depth and in any notation, or by its looks."""
    answer = read(body, status)
    assert isinstance(answer, ErrorAnswer)
    kept = answer.error + answer.description + answer.answer
    assert "tiny" not in kept
    assert "eyJ" not in kept


def test_the_tokens_of_a_mapped_answer_are_not_kept_either() -> None:
    """SEC-64: the document says which member is the token, under whatever name."""
    answer = read(
        {"tok": "tiny-A", "rt": "tiny-R", "token_type": "mac"}, mapping={"tok": "Token", "rt": "RefreshToken"}
    )
    assert isinstance(answer, ErrorAnswer)
    assert "tiny" not in answer.answer


def test_what_an_administrator_needs_for_support_stays() -> None:
    """Error codes, trace numbers and addresses of Microsoft's answers."""
    body = {
        "error": "invalid_client",
        "error_description": "AADSTS7000215: Invalid client secret. Trace ID: 6b1f3c1e-0a2b-4c5d-8e9f-0a1b2c3d4e5f",
        "error_codes": [7000215],
        "error_uri": "https://login.microsoftonline.com/error?code=7000215",
    }
    answer = read(body, 401)
    assert isinstance(answer, ErrorAnswer)
    assert "AADSTS7000215" in answer.description
    assert "6b1f3c1e-0a2b-4c5d-8e9f-0a1b2c3d4e5f" in answer.description
    assert "7000215" in answer.answer
    assert "login.microsoftonline.com/error" in answer.answer


def test_control_characters_of_a_provider_are_escaped() -> None:
    """SEC-66: no line of a log and no terminal is at the mercy of a provider."""
    nasty = "a\r\nb\x1b[31mc\0d\u202ee\u2028f\ud800"
    answer = read({"error": nasty, "error_description": nasty, "more": nasty}, 400)
    page = read("<p>a\r\nb\x1b[31mc\0d</p>", 400)
    assert isinstance(answer, ErrorAnswer)
    assert isinstance(page, ErrorAnswer)
    for text in (answer.error, answer.description, answer.answer, page.answer):
        assert text.isprintable()
    assert "\\x1b[31mc" in answer.description
    assert len(answer.error) <= 200


def test_a_refresh_token_with_control_characters_is_refused() -> None:
    """SEC-17: it would be sent in the next request."""
    answer = read({"access_token": "T", "refresh_token": "R\r\nX: y"})
    assert outcome(answer) == MISCONFIGURED


def test_a_megabyte_of_nonsense_is_read_in_a_moment() -> None:
    """SEC-17: bounded work for the largest answer that the door lets in."""
    for body in (b"[" * (1 << 20), b'{"a":' * (1 << 17), b"\\" * (1 << 20), b'{"a":"' + b"token=" * 170_000 + b'"}'):
        begun = time.perf_counter()
        read(body, 400)
        assert time.perf_counter() - begun < 1
