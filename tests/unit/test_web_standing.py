"""Who has to act: levels, badges, words and the one next step, for every state. Pure but for the type."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

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
from bursar.web.notices import notices_of
from bursar.web.rows import row_of, table_of
from bursar.web.standing import Level, access_share, access_words, refresh_words, standing
from bursar.web.wording import clock, code_marked, ends_in, span

NOW = datetime(2026, 11, 23, 14, 32, tzinfo=UTC)
REFUSED = Trouble("invalid_grant", "Microsoft ended the refresh token.", "Authorize again.")
SECRET = Trouble("invalid_client", "Microsoft refuses the client secret.", "Enter the secret again.")
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
    ("secret", view(state=Misconfigured(SECRET), error=SECRET), Level.NOW, "Misconfigured", "Try now"),
    ("lacking", view(state=Misconfigured(LACKING), error=LACKING), Level.NOW, "Misconfigured", None),
    ("retrying", view(state=Retrying(REFUSED, minutes(4)), error=REFUSED), Level.BUSY, "Retrying", "Try now"),
    ("never", view(state=NoToken(None), has_access_token=False), Level.START, "Never requested", "Authorize"),
    ("waiting", view(state=AwaitingConsent(minutes(9))), Level.START, "Waiting for consent", "Authorize"),
    ("revoked", view(state=Revoked(), has_access_token=False), Level.START, "Revoked", "Authorize"),
    ("held", view(held=["token"]), Level.NOW, "Held", "Confirm"),
    ("account", view(candidate=("x", "b@example.org")), Level.NOW, "Other account", "Decide"),
    ("invalid", view(validity="invalid"), Level.OFF, "Invalid", None),
    ("paused", view(validity="invalid-temporarily"), Level.OFF, "Invalid temporarily", None),
    ("no refresh token", view(has_refresh_token=False, error=REFUSED), Level.NOW, "Ends 15:02", "Authorize"),
    ("ends", view(due_at=None, refresh_expires_at=minutes(9 * 1440)), Level.SOON, "Ends in 9 days", "Authorize"),
    ("ends far away", view(due_at=None, refresh_expires_at=minutes(40 * 1440)), Level.OK, "Active", "Refresh"),
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


def test_rows_are_grouped_by_who_acts_and_what_ended_first_comes_first() -> None:
    names = {"a": view(), "b": view(state=NeedsAuthorization(REFUSED), error=REFUSED), "c": view(held=["token"])}
    named = [replace(seen, name=name, id=name) for name, seen in names.items()]
    named[1] = replace(named[1], expires_at=minutes(-5))
    table = table_of([row_of(seen, NOW) for seen in named], "", "", 1)
    assert [(group.title, [row.view.name for row in group.rows]) for group in table.groups] == [
        ("Needs you", ["b", "c"]),
        ("Working", ["a"]),
    ]
    assert table.counts == {"now": 2, "active": 1}


def test_a_search_finds_by_every_word_and_fifty_make_a_page() -> None:
    rows = [row_of(view(name=f"Inbox {n:03}", used_by=["mail account “Post”"]), NOW) for n in range(120)]
    assert table_of(rows, "", "INBOX 017 post", 1).found == 1
    last = table_of(rows, "active", "", 9)
    assert (last.page, last.pages, last.first, last.last) == (3, 3, 101, 120)
    assert table_of(rows, "now", "", 1).groups == ()


def test_one_cause_with_many_victims_is_one_notice() -> None:
    broken = [
        view(id=str(n), label=f"box{n}", state=Misconfigured(SECRET), error=SECRET, used_by=[f"account {n}"])
        for n in range(38)
    ]
    [notice] = notices_of([row_of(seen, NOW) for seen in broken], NOW)
    assert notice.fact == "Sales inbox (38 tokens): Microsoft refuses the client secret."
    assert notice.consequence == "38 mail accounts stop at 15:02."


def test_healthy_tokens_make_no_notice() -> None:
    assert notices_of([row_of(view(), NOW), row_of(view(validity="invalid"), NOW)], NOW) == []


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
