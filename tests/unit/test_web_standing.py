"""Who has to act: levels, badges, words and the one next step, for every state. Pure but for the type."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bursar.clock import to_micros
from bursar.tokens.causes import Cause
from bursar.tokens.overview import TokenView
from bursar.tokens.state import (
    Active,
    AwaitingConsent,
    Misconfigured,
    NeedsAuthorization,
    NoToken,
    Retrying,
    Revoked,
    Trouble,
)
from bursar.web.notices import notice_of
from bursar.web.rows import groups_of, row_of
from bursar.web.standing import Level, access_share, access_words, refresh_words, secret_words, standing
from bursar.web.wording import clock, code_marked, ends_in, span

NOW = datetime(2026, 11, 23, 14, 32, tzinfo=UTC)
REFUSED = Trouble("invalid_grant", "Microsoft ended the refresh token.", "Authorize again.")
SECRET = Trouble("invalid_client", "Microsoft refuses the client secret.", "Enter the secret again.")
SCOPE = Trouble("invalid_scope", "Microsoft refuses the scope.", "Correct the scope.")
LACKING = Trouble("client_secret_missing", "The client secret is missing.", "Enter it.")


def minutes(count: float) -> datetime:
    return NOW + timedelta(minutes=count)


def view(**changes: Any) -> TokenView:
    """A healthy token by consent, half of its hour gone."""
    healthy = TokenView(
        id="id",
        configuration_id="c",
        reference="Sales inbox",
        name="Sales inbox",
        label="",
        flow="authorization_code",
        template=None,
        provider="Microsoft",
        validity="valid",
        state=Active(None),
        error=None,
        issued_at=minutes(-30),
        expires_at=minutes(30),
        expiry_assumed=False,
        has_access_token=True,
        refresh_expires_at=None,
        has_refresh_token=True,
        held=[],
        scope=None,
        account=None,
        provider_answer=None,
        state_since=minutes(-30),
        failed_at=None,
        next_attempt_at=None,
        due_at=minutes(25),
        candidate=None,
        used_by=[],
    )
    return replace(healthy, **changes)


CASES = [
    ("healthy", view(), Level.OK, "Active", "Refresh"),
    ("credentials", view(flow="client_credentials", has_refresh_token=False), Level.OK, "Active", "Request"),
    ("refused", view(state=NeedsAuthorization(REFUSED), error=REFUSED), Level.NOW, "Needs authorization", "Authorize"),
    ("secret", view(state=Misconfigured(SECRET), error=SECRET), Level.NOW, "Misconfigured", "Enter secret"),
    ("lacking", view(state=Misconfigured(LACKING), error=LACKING), Level.NOW, "Misconfigured", "Enter secret"),
    ("scope", view(state=Misconfigured(SCOPE), error=SCOPE), Level.NOW, "Misconfigured", "Edit"),
    ("retrying", view(state=Retrying(REFUSED, minutes(4)), error=REFUSED), Level.BUSY, "Retrying", "Try now"),
    ("never", view(state=NoToken(None), has_access_token=False), Level.START, "Never requested", "Authorize"),
    ("waiting", view(state=AwaitingConsent(minutes(9))), Level.START, "Waiting for consent", "Authorize"),
    ("revoked", view(state=Revoked(), has_access_token=False), Level.START, "Revoked", "Authorize"),
    ("held", view(held=["token"]), Level.NOW, "Held", "Confirm"),
    ("account", view(candidate=("x", "b@example.org")), Level.NOW, "Other account", "Decide"),
    ("invalid", view(validity="invalid"), Level.OFF, "Invalid", "Make valid"),
    ("paused", view(validity="invalid-temporarily"), Level.OFF, "Invalid temporarily", "Make valid"),
    ("no refresh token", view(has_refresh_token=False, error=REFUSED), Level.NOW, "Ends 15:02", "Authorize"),
    ("ends", view(due_at=None, refresh_expires_at=minutes(9 * 1440)), Level.SOON, "Ends in 9 days", "Authorize"),
    ("ends far away", view(due_at=None, refresh_expires_at=minutes(40 * 1440)), Level.OK, "Active", "Refresh"),
    ("secret ends", view(secret_ends=date(2026, 12, 2)), Level.SOON, "Ends in 9 days", "Replace secret"),
    ("secret ends far away", view(secret_ends=date(2027, 2, 2)), Level.OK, "Active", "Refresh"),
    ("secret ended", view(secret_ends=date(2026, 11, 23)), Level.NOW, "Secret ended", "Replace secret"),
    (
        "sign-in ends before the secret",
        view(due_at=None, refresh_expires_at=minutes(4 * 1440), secret_ends=date(2026, 12, 2)),
        Level.SOON,
        "Ends in 4 days",
        "Authorize",
    ),
    ("rotated in time", view(refresh_expires_at=minutes(60)), Level.OK, "Active", "Refresh"),
]


@pytest.mark.parametrize(("case", "seen", "level", "word", "verb"), CASES, ids=[case[0] for case in CASES])
def test_each_state_says_who_acts_and_offers_one_step(
    case: str, seen: TokenView, level: Level, word: str, verb: str | None
) -> None:
    stands = standing(seen, NOW)
    assert (stands.level, stands.word) == (level, word)
    step = row_of(seen, NOW).step
    assert (step.verb if step else None) == verb


def test_rows_are_grouped_by_who_acts() -> None:
    rows = [row_of(view(id=each, **changes), NOW) for each, changes in (("b", {"held": ["token"]}), ("a", {}))]
    groups = groups_of(rows, {})
    assert [(group.title, [row.view.id for row in group.rows]) for group in groups] == [
        ("Needs you", ["b"]),
        ("Working", ["a"]),
    ]


def test_one_cause_with_many_victims_is_one_notice() -> None:
    broken = view(
        label="box1", state=Misconfigured(SECRET), error=SECRET, used_by=[f'mail account "{n}"' for n in range(38)]
    )
    notice = notice_of(row_of(broken, NOW), Cause("id", "c", 38, to_micros(minutes(30))), NOW)
    assert notice.fact == "Sales inbox (38 tokens): Microsoft refuses the client secret."
    assert notice.consequence == "38 mail accounts stop at 15:02."


def test_a_secrets_end_is_said_by_its_day() -> None:
    assert (
        standing(view(secret_ends=date(2026, 12, 2)), NOW).reason == "The client secret ends on Wednesday 2 December."
    )
    assert secret_words(view(secret_ends=date(2026, 12, 2)), NOW) == "secret Wed 2 Dec"


@pytest.mark.parametrize(
    ("changes", "words", "share"),
    [
        ({}, "30 min", 50),
        ({"expiry_assumed": True}, "30 min, assumed", 50),
        ({"expires_at": minutes(-154)}, "ended 11:58", None),
        ({"has_access_token": False, "issued_at": None}, "none yet", None),
        ({"expires_at": minutes(0.5)}, "under a minute", 2),
    ],
)
def test_the_access_token_is_told_by_its_remaining_life(changes: dict[str, Any], words: str, share: int | None) -> None:
    seen = view(**changes)
    assert (access_words(seen, NOW), access_share(seen, NOW)) == (words, share)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "no end known"),
        ({"flow": "client_credentials"}, "not needed"),
        ({"has_refresh_token": False}, "none given"),
        ({"has_refresh_token": False, "issued_at": None}, "none yet"),
        ({"state": NeedsAuthorization(REFUSED), "failed_at": minutes(-192)}, "refused 11:20"),
        ({"refresh_expires_at": minutes(90 * 1440)}, "until Sun 21 Feb 2027"),
        ({"refresh_expires_at": minutes(-5)}, "ended Mon 23 Nov"),
    ],
)
def test_the_refresh_token_is_told_in_words(changes: dict[str, Any], words: str) -> None:
    assert refresh_words(view(**changes), NOW) == words


def test_times_are_said_as_a_colleague_would() -> None:
    assert clock(minutes(-154), NOW) == "11:58"
    assert clock(minutes(720), NOW) == "Tue 02:32"
    assert clock(minutes(9 * 1440), NOW) == "Wed 2 Dec"
    assert clock(minutes(56 * 1440), NOW) == "Mon 18 Jan 2027"
    assert [span(seconds) for seconds in (20, 52 * 60, 192 * 60, 212 * 86_400)] == [
        "under a minute",
        "52 min",
        "3 h 12 min",
        "212 days",
    ]
    assert [ends_in(minutes(m), NOW) for m in (30, 1440, 9 * 1440)] == ["Ends 15:02", "Ends tomorrow", "Ends in 9 days"]


def test_a_sentence_from_outside_is_text_and_its_commands_stand_out() -> None:
    """SEC-66"""
    assert code_marked("Run `a <b>` <i>") == "Run <code>a &lt;b&gt;</code> &lt;i&gt;"
    assert code_marked("a ` lone <b>") == "a ` lone &lt;b&gt;"


def test_a_missing_secret_names_no_command_beside_its_button() -> None:
    lacking = Trouble("client_secret_missing", "The client secret is missing.", "Enter it: `bursar config set X`.")
    assert standing(view(state=Misconfigured(lacking), error=lacking), NOW).reason == "The client secret is missing."
    assert standing(view(state=Misconfigured(SCOPE), error=SCOPE), NOW).reason.endswith("Correct the scope.")
