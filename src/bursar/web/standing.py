"""Who has to act? How one token stands, in the words and the level of the pages. Pure: a view and a moment in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ..sentences import said
from ..tokens.overview import TokenView
from .wording import clock, date, ends_in, span

SOON = timedelta(days=30)


class Level(StrEnum):
    """In the order in which rows stand: you now, you soon, you to begin with, Bursar, nobody, not in use."""

    NOW = "now"
    SOON = "soon"
    START = "start"
    BUSY = "busy"
    OK = "ok"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Standing:
    """Level, badge (icon and word), what is said beside it, the reason below it, and the filter that counts it."""

    level: Level
    icon: str
    word: str
    beside: str = ""
    reason: str = ""
    filter: str = ""


def standing(view: TokenView, now: datetime) -> Standing:
    """How the token stands at `now`."""
    if view.validity != "valid":
        return _not_valid(view, now)
    if view.held:
        return _held(view)
    if view.candidate is not None:
        before = view.account or "the account before"
        reason = f"{view.candidate[1]} signed in instead of {before}. The old token stays in use."
        return Standing(Level.NOW, "alert-octagon", "Other account", reason=reason, filter="now")
    trouble = view.error
    sentence = said(trouble.sentence) if trouble else ""
    match view.state.word:
        case "needs_authorization":
            return Standing(
                Level.NOW, "alert-octagon", "Needs authorization", reason=_served(sentence, view, now), filter="now"
            )
        case "misconfigured":
            reason = f"{sentence} {said(trouble.action) if trouble else ''}".strip()
            return Standing(Level.NOW, "alert-octagon", "Misconfigured", reason=reason, filter="now")
        case "retrying":
            return Standing(Level.BUSY, "refresh", "Retrying", reason=_retrying(sentence, view, now), filter="retrying")
        case "awaiting_consent":
            return Standing(Level.START, "circle-dashed", "Waiting for consent", _since(view, now), filter="start")
        case "revoked":
            return Standing(Level.START, "circle-off", "Revoked", _since(view, now), filter="start")
        case "no_token":
            return Standing(Level.START, "circle-dashed", "Never requested", reason=sentence, filter="start")
        case _:
            return _active(view, now)


def _active(view: TokenView, now: datetime) -> Standing:
    end = certain_end(view, now)
    if view.error is not None:
        word = ends_in(end, now) if end else "Less than asked for"
        near = end is not None and end - now < timedelta(days=1)
        level, icon = (Level.NOW, "alert-octagon") if near else (Level.SOON, "clock-exclamation")
        return Standing(level, icon, word, reason=said(view.error.sentence), filter=level.value)
    if end is not None and end - now < SOON:
        what = "The refresh token" if view.has_refresh_token else "The token"
        reason = f"{what} ends {clock(end, now)}, and Bursar can't replace it."
        return Standing(Level.SOON, "clock-exclamation", ends_in(end, now), reason=reason, filter="soon")
    return Standing(Level.OK, "circle-check", "Active", _next(view, now), filter="active")


def certain_end(view: TokenView, now: datetime) -> datetime | None:
    """When an active token is over unless a person acts; None where Bursar replaces it in time."""
    if view.flow == "client_credentials":
        return None
    if not view.has_refresh_token:
        return view.expires_at
    ends = view.refresh_expires_at
    if ends is None or (view.due_at is not None and view.due_at < ends):
        return None  # the next refresh comes first, and most providers begin a new life with it
    return ends if ends > now else view.expires_at


def _not_valid(view: TokenView, now: datetime) -> Standing:
    del now
    if view.validity == "invalid-temporarily":
        return Standing(Level.OFF, "player-pause", "Invalid temporarily", filter="off")
    return Standing(Level.OFF, "circle-off", "Invalid", filter="off")


def _held(view: TokenView) -> Standing:
    what = " and ".join(view.held)
    reason = f"An address was changed. Bursar holds the {what} back until you confirm."
    return Standing(Level.NOW, "alert-octagon", "Held", reason=reason, filter="now")


def _served(sentence: str, view: TokenView, now: datetime) -> str:
    if view.has_access_token and view.expires_at is not None and view.expires_at > now:
        return f"{sentence} The last token is served until {clock(view.expires_at, now)}."
    return sentence


def _retrying(sentence: str, view: TokenView, now: datetime) -> str:
    parts = []
    if view.has_access_token and view.expires_at is not None and view.expires_at > now:
        parts.append(f"served until {clock(view.expires_at, now)}")
    if view.next_attempt_at is not None:
        parts.append(f"next try {clock(view.next_attempt_at, now)}" if view.next_attempt_at > now else "trying now")
    rest = ", ".join(parts)
    return f"{sentence} {rest[:1].upper()}{rest[1:]}.".replace("  ", " ") if rest else sentence


def _since(view: TokenView, now: datetime) -> str:
    return f"since {clock(view.state_since, now)}" if view.state_since else ""


def _next(view: TokenView, now: datetime) -> str:
    if view.due_at is None:
        return ""
    verb = "new token" if view.flow == "client_credentials" else "refreshes"
    return f"{verb} in {span((view.due_at - now).total_seconds())}" if view.due_at > now else f"{verb} now"


def access_words(view: TokenView, now: datetime) -> str:
    """The column "Access token"."""
    if not view.has_access_token or view.expires_at is None:
        return "none yet" if view.issued_at is None else "none"
    if view.expires_at <= now:
        return f"ended {clock(view.expires_at, now)}"
    left = span((view.expires_at - now).total_seconds())
    return f"{left}, assumed" if view.expiry_assumed else left


def access_share(view: TokenView, now: datetime) -> int | None:
    """How much of the access token's life is left, in per cent; None where there is none left."""
    if not view.has_access_token or view.expires_at is None or view.issued_at is None or view.expires_at <= now:
        return None
    whole = (view.expires_at - view.issued_at).total_seconds()
    left = (view.expires_at - now).total_seconds()
    return max(1, min(100, round(100 * left / whole))) if whole > 0 else None


def refresh_words(view: TokenView, now: datetime) -> str:
    """The column "Refresh token"."""
    if view.flow == "client_credentials":
        return "not needed"
    if not view.has_refresh_token:
        return "none yet" if view.issued_at is None else "none given"
    if view.state.word == "needs_authorization" and view.failed_at is not None:
        return f"refused {clock(view.failed_at, now)}"
    if view.refresh_expires_at is None:
        return "no end known"
    word = "ended" if view.refresh_expires_at <= now else "until"
    return f"{word} {date(view.refresh_expires_at, now)}"
