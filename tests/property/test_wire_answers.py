"""Whatever comes back over the wire is read to one outcome, and nothing of the exchange's secrets stays behind."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

from hypothesis import given
from hypothesis import strategies as st

from bursar.oauth2.authorization_response import Approved, CallbackRefused, Declined, read_callback
from bursar.oauth2.redact import redact_members, redact_page, redact_text
from bursar.oauth2.retry_after import LONGEST, seconds_until
from bursar.oauth2.token_endpoint import ErrorAnswer, TokenAnswer, Verdict, read_answer
from bursar.outbound import HttpAnswer

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KNOWN = ["access_token", "refresh_token", "id_token", "token_type", "expires_in", "scope", "error", "error_description"]
MEANINGS = ["Token", "TokenExpirationDate", "RefreshToken", "RefreshTokenExpirationDate", "ErrorMessage",
            "ErrorDescription", "ErrorCode", "AuthorizationCode", "State", "Unknown"]  # fmt: skip

statuses = st.one_of(st.sampled_from([200, 201, 204, 302, 400, 401, 403, 408, 429, 503]), st.integers(200, 599))
kinds = st.sampled_from(["application/json", "application/x-www-form-urlencoded", "text/html", "text/plain", "", ";;"])
words = st.one_of(st.text(max_size=30), st.sampled_from(["invalid_grant", "invalid_client", "bearer", "", "T"]))
meanings = st.sampled_from(MEANINGS)
keys = st.one_of(st.sampled_from(KNOWN), st.text(max_size=8))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), words),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=8,
)
members = st.dictionaries(keys, values, max_size=8)
mappings = st.dictionaries(keys, meanings, max_size=4)
bodies = st.one_of(
    st.binary(max_size=200),
    members.map(lambda found: json.dumps(found).encode()),
    st.dictionaries(st.sampled_from(KNOWN), words, max_size=6).map(
        lambda found: urlencode({name: value.encode("utf-8", "replace") for name, value in found.items()}).encode()
    ),
    st.text(alphabet='{}[]":,0123456789eE+-.nulltrefas \\u', max_size=60).map(lambda text: ("{" + text).encode()),
)


@given(bodies, statuses, kinds, mappings, st.booleans())
def test_every_answer_is_a_token_or_a_verdict(
    body: bytes, status: int, kind: str, mapping: dict[str, str], refreshing: bool
) -> None:
    """SEC-17, SEC-18, SEC-19: never a traceback; a token only with a 2xx, and one that can break out of nothing."""
    answer = read_answer(HttpAnswer(status, {"content-type": kind}, body), mapping, refreshing=refreshing, now=NOW)
    if isinstance(answer, TokenAnswer):
        assert 200 <= status < 300
        for token in (answer.access_token, answer.refresh_token):
            assert token is None or (token.reveal().isascii() and token.reveal().isprintable())
        for seconds in (answer.expires_in, answer.refresh_expires_in):
            assert seconds is None or abs(seconds) < float("inf")
    else:
        assert len(answer.error) <= 200
        assert all(len(text) <= 1000 for text in (answer.description, answer.answer))
        assert all(text.isprintable() for text in (answer.error, answer.description, answer.answer))
        if status >= 500 or status in (408, 425, 429):
            assert answer.verdict is Verdict.RETRYING


@given(members, statuses, st.text(alphabet="cnry-+/%é& \"'<>\\ü€", min_size=6, max_size=20), st.sampled_from(["", "x"]))
def test_what_was_sent_is_never_kept(found: dict[str, Any], status: int, canary: str, name: str) -> None:
    """SEC-64: in whatever member and notation a provider repeats it."""
    bodies = (
        json.dumps({**found, name: f"<{canary}>", "error": canary}).encode(),
        json.dumps({**found, name: {"a": [canary]}, "error_description": canary}, ensure_ascii=False).encode(),
        f"<p>{canary} {quote(canary)} {quote_plus(canary)} {quote(canary, safe='')}".encode(),
    )
    for body in bodies:
        answer = read_answer(HttpAnswer(status, {}, body), {}, refreshing=True, now=NOW, secrets=[canary])
        if isinstance(answer, ErrorAnswer):
            assert all(canary not in text for text in (answer.error, answer.description, answer.answer))


@given(st.text(), st.lists(st.text(max_size=20), max_size=3))
def test_redacted_text_is_one_short_line(text: str, secrets: list[str]) -> None:
    """SEC-66."""
    for shown in (redact_text(text, secrets), redact_page(text, secrets), redact_members({text: text}, secrets)):
        assert shown.isprintable()
        assert len(shown) <= 1000


@given(st.one_of(st.text(), st.from_regex(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \w{3}"), st.integers().map(str)))
def test_retry_after_is_a_wait_or_nothing(header: str) -> None:
    """SEC-28."""
    seconds = seconds_until(header, NOW)
    assert seconds is None or 0 <= seconds <= LONGEST


names = st.one_of(st.sampled_from(["code", "state", "iss", "error", "error_description", "c"]), st.text(max_size=10))
queries = st.lists(st.tuples(names, st.text(max_size=40)), max_size=8)


@given(queries, st.dictionaries(names, meanings, max_size=3))
def test_every_callback_is_an_approval_an_error_or_refused(
    query: list[tuple[str, str]], mapping: dict[str, str]
) -> None:
    """SEC-11: error answers are data, and no parameter counts that comes twice."""
    read = read_callback(query, mapping)
    keys = [name for name, _ in query]
    match read:
        case Approved():
            assert len(set(keys)) == len(keys)
            assert read.code.reveal() in dict(query).values()
            assert "error" not in keys or not dict(query)["error"]
        case Declined():
            assert len(set(keys)) == len(keys)
            assert read.error.isprintable()
            assert read.description.isprintable()
        case CallbackRefused():
            assert read.sentence.isprintable()
