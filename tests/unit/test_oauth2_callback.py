"""The provider's answer by way of the browser: each has one reading (SEC-11)."""

import pytest

from bursar.keyring import Secret
from bursar.oauth2.authorization_response import (
    LONGEST_VALUE,
    MOST_PARAMETERS,
    Approved,
    CallbackRefused,
    Declined,
    read_callback,
)

STATE = ("state", "s" * 43)
MAPPING = {"code": "AuthorizationCode", "state": "State"}


def read(*parameters: tuple[str, str], **mapping: str) -> Approved | Declined | CallbackRefused:
    return read_callback([STATE, *parameters], mapping or MAPPING)


def refused(*parameters: tuple[str, str]) -> str:
    outcome = read(*parameters)
    assert isinstance(outcome, CallbackRefused)
    assert outcome.sentence.isprintable()
    assert len(outcome.sentence) < 300
    return outcome.code


def test_a_code_is_read_with_the_issuer_beside_it() -> None:
    """RFC 6749 §4.1.2, RFC 9207 §2."""
    assert read(("code", "abc")) == Approved(Secret("abc"), None)
    assert read(("code", "abc"), ("iss", "https://i.example")) == Approved(Secret("abc"), "https://i.example")
    assert read(("code", "4/0AX4XfWj-_~."), ("scope", "a b"), ("authuser", "0")) == Approved(
        Secret("4/0AX4XfWj-_~."), None
    )


def test_a_mapping_names_the_code_and_the_errors_members() -> None:
    mapping = {"ticket": "AuthorizationCode", "problem": "ErrorMessage", "why": "ErrorDescription"}
    assert read(("ticket", "abc"), **mapping) == Approved(Secret("abc"), None)
    assert read(("code", "abc"), **mapping) == Approved(Secret("abc"), None)
    assert read(("problem", "denied"), ("why", "No."), **mapping) == Declined("denied", "No.", None)
    assert read(("error", "denied"), ("error_description", "No."), **mapping) == Declined("denied", "No.", None)


def test_an_error_wins_over_a_code() -> None:
    """Whatever is wrong with such an answer, no code of it is spent."""
    assert read(("code", "abc"), ("error", "access_denied")) == Declined("access_denied", "", None)


@pytest.mark.parametrize("name", ["code", "error", "error_description", "state", "iss", "anything"])
@pytest.mark.parametrize("values", [("a", "a"), ("a", "b")])
def test_a_parameter_that_comes_twice_is_refused(name: str, values: tuple[str, str]) -> None:
    """RFC 6749 §3.1."""
    assert refused(("code", "x") if name != "code" else STATE, *((name, value) for value in values)).startswith(
        "parameter_doubled"
    )


@pytest.mark.parametrize("code", ["", "a\nb", "a\x00b", "a\x7f", "ä", "\u2028", "a\r\nSet-Cookie: x=1"])
def test_a_code_that_is_none_is_refused(code: str) -> None:
    assert refused(("code", code)) == "code_missing"


def test_an_answer_without_code_and_error_is_refused() -> None:
    assert refused() == "code_missing"
    assert refused(("token", "x"), ("access_token", "y")) == "code_missing"
    assert refused(("error", "")) == "code_missing"


@pytest.mark.parametrize("iss", ["", "https://i.example\n", "\x1b[31m", "i" * 2049])
def test_an_issuer_that_no_issuer_is_called_is_refused(iss: str) -> None:
    assert refused(("code", "x"), ("iss", iss)) == "issuer_invalid"


def test_an_answer_beyond_all_measure_is_refused() -> None:
    assert refused(("code", "x" * (LONGEST_VALUE + 1))) == "callback_too_long"
    many = [(f"p{number}", "") for number in range(MOST_PARAMETERS)]
    assert refused(("code", "x"), *many) == "callback_too_long"
    assert isinstance(read(("code", "x" * LONGEST_VALUE)), Approved)


def test_a_description_is_cut_made_one_line_and_loses_what_may_be_a_secret() -> None:
    """SEC-11, SEC-66: up to a thousand characters of another's words."""
    outcome = read(
        ("error", "access_denied\r\nX"),
        ("error_description", "No\r\n\x1b[2J\x00<b>\u202e " + "A1b2" * 20 + " wörds " * 20_000),
        ("iss", "https://i.example"),
    )
    assert isinstance(outcome, Declined)
    assert outcome.error == "access_denied\\r\\nX"
    assert outcome.description.startswith("No\\r\\n\\x1b[2J\\x00<b>\\u202e (removed) wörds")
    assert len(outcome.description) <= 1000
    assert outcome.description.isprintable()
    assert outcome.iss == "https://i.example"


def test_an_error_of_any_length_is_short() -> None:
    outcome = read(("error", "no way " * 2000))
    assert isinstance(outcome, Declined)
    assert 0 < len(outcome.error) <= 200
