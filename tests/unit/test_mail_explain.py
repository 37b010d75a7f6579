"""Known answers of mail servers, and what an administrator is told."""

import pytest

from bursar.errors import PersonMustAct, Temporary
from bursar.mail import explain
from bursar.mail.account import AccountType
from bursar.mail.dialogue import LoginRefused
from bursar.mail.login import Target
from bursar.mail.probe.choices import choices_for
from bursar.mail.sasl import Challenge


def test_a_throttling_hint_is_obeyed_to_the_millisecond() -> None:
    known = explain.server_words("Request is throttled. Suggested Backoff Time: 90500 milliseconds")
    assert isinstance(known, Temporary)
    assert known.retry_after == 90.5


def test_authenticated_but_not_connected_is_a_matter_of_permission() -> None:
    """SEC-57, SEC-58."""
    known = explain.server_words("BAD User is authenticated but not connected.")
    assert isinstance(known, PersonMustAct)
    assert "service principal" in known.action


@pytest.mark.parametrize("answer", ["[UNAVAILABLE] x", "[INUSE] x", "[LIMIT] x", "Too many simultaneous connections"])
def test_what_passes_by_itself_is_temporary(answer: str) -> None:
    assert isinstance(explain.server_words(answer), Temporary)


@pytest.mark.parametrize("answer", ["", "[AUTHENTICATIONFAILED] no", "Mailbox doesn't exist: X", "Logged out"])
def test_other_answers_are_judged_by_their_place(answer: str) -> None:
    assert explain.server_words(answer) is None


@pytest.mark.parametrize(
    ("answer", "status", "blamed"),
    [
        ("[AUTHENTICATIONFAILED] Authentication failed.", "", True),
        ("AUTHENTICATE failed.", "400", True),
        ("AUTHENTICATE failed.", "401", True),
        ("AUTHENTICATE failed.", "", True),
        ("AUTHENTICATE failed.", "403", False),
        ("AUTHENTICATE failed.", "insufficient_scope", False),
        ("[UNAVAILABLE] Temporary authentication failure.", "401", False),
        ("User is authenticated but not connected.", "401", False),
        ("Session invalidated - AccessTokenExpired", "", True),
    ],
)
def test_only_a_refused_token_is_renewed(answer: str, status: str, blamed: bool) -> None:
    """SEC-57."""
    assert explain.blames_token(LoginRefused(answer, Challenge(status=status))) is blamed


def test_a_refused_login_is_told_with_login_token_challenge_and_scope() -> None:
    """SEC-56, SEC-58."""
    challenge = Challenge("400", "https://mail.google.com/", "Bearer", '{"status":"400"}')
    told = explain.login_refused(LoginRefused("Invalid credentials", challenge), "a@b", "Google#a", renewed=True)
    for part in ("a@b", "Google#a", "also with a fresh one", "Invalid credentials", '{"status":"400"}'):
        assert part in told.sentence
    assert "https://mail.google.com/" in told.action
    assert "bursar token authorize 'Google#a'" in told.action


def test_a_missing_folder_is_told_with_those_there_are() -> None:
    assert "INBOX, Sent" in explain.folder_refused("X", "no", ["INBOX", "Sent"]).action
    assert isinstance(explain.folder_refused("X", "[INUSE] locked", []), Temporary)


def test_where_nobody_signs_in_a_new_token_is_requested() -> None:
    told = explain.login_refused(LoginRefused("no", Challenge()), "a@b", "ERP", renewed=True, step="request")
    assert "bursar token request 'ERP'" in told.action
    application = Target(AccountType.IMAPS, "imap.example.org", 993, "a@b", "ERP", unattended=True)
    assert [choice.command for choice in choices_for(told, application, "") if choice.command] == [
        "bursar token request ERP"
    ]
