"""Who has to act? How one token stands, in the words and the level of the pages. Pure: a view and a moment in.

The listing says the same in SQL (`tokens/listing.py`); `tests/unit/test_listing_standing.py` holds both together.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..sentences import said
from ..tokens.overview import TokenView
from ..tokens.stopped import Stopped
from .wording import clock, date, ends_in, long_date, span

SOON = timedelta(days=30)
NEAR = timedelta(days=1)


class Level(StrEnum):
    """In the order in which rows stand: you now, you soon, you to begin with, Bursar, nobody, not in use."""

    NOW = "now"
    SOON = "soon"
    START = "start"
    BUSY = "busy"
    OK = "ok"
    OFF = "off"


FILTER_OF = {Level.BUSY: "retrying", Level.OK: "active"}  # the others are named like their level


@dataclass(frozen=True, slots=True)
class Standing:
    """Level, badge (icon and word), what is said beside it, the reason below it; `cause` tells the same trouble."""

    level: Level
    icon: str
    word: str
    beside: str = ""
    reason: str = ""
    cause: str = ""

    @property
    def filter(self) -> str:
        """The filter of the side bar that counts it."""
        return FILTER_OF.get(self.level, str(self.level))


# What is missing has its button in the row; the core's own step is the command that does the same.
MISSING = frozenset({"client_id_missing", "client_secret_missing"})


def standing(view: TokenView, now: datetime, stopped: Stopped | None = None, who: str = "") -> Standing:
    """How the token stands at `now`; `stopped` since when it isn't valid. `who` is the name of who said so, or of who
    opened the consent that is under way."""
    if view.validity != "valid":
        return _not_valid(view, now, stopped, who)
    if view.held:
        return _held(view)
    if view.candidate is not None:
        reason = _("%(new)s signed in instead of %(before)s. The old token stays in use.") % {
            "new": view.candidate[1],
            "before": view.account or _("the account before"),
        }
        return _urgent(_("Other account"), reason, "candidate")
    trouble = view.error
    sentence = said(trouble.sentence) if trouble else ""
    code = trouble.code if trouble else ""
    match view.state.word:
        case "needs_authorization":
            return _urgent(_("Needs authorization"), _served(sentence, view, now), code)
        case "misconfigured":
            action = said(trouble.action) if trouble and code not in MISSING else ""
            reason = f"{sentence} {action}".strip()
            return _urgent(_("Misconfigured"), reason, code)
        case "retrying":
            return Standing(Level.BUSY, "refresh", _("Retrying"), "", _retrying(sentence, view, now), code)
        case "awaiting_consent":
            return Standing(Level.START, "circle-dashed", _("Waiting for consent"), "", opened_words(view, now, who))
        case "revoked":
            return Standing(Level.START, "circle-off", _("Revoked"), _since(view, now))
        case "no_token":
            return Standing(Level.START, "circle-dashed", _("Never requested"), reason=sentence)
        case _:
            return _active(view, now)


def _active(view: TokenView, now: datetime) -> Standing:
    end, secret_end = certain_end(view), secret_end_of(view)
    if secret_end is not None and secret_end <= now and view.secret_ends is not None:
        reason = _("The client secret ended on %(day)s. The next request will be refused.") % {
            "day": long_date(view.secret_ends, now)
        }
        return _urgent(_("Secret ended"), reason, "secret")
    if view.error is not None:
        word = ends_in(end, now) if end else _("Less than asked for")
        if end is not None and end - now < NEAR:
            return _urgent(word, said(view.error.sentence), view.error.code)
        return Standing(Level.SOON, "clock-exclamation", word, "", said(view.error.sentence), view.error.code)
    if secret_end is not None and view.secret_ends is not None and (end is None or secret_end < end):
        if secret_end - now < SOON:
            reason = _("The client secret ends on %(day)s.") % {"day": long_date(view.secret_ends, now)}
            return Standing(Level.SOON, "clock-exclamation", _days_left(view, now), "", reason, "secret")
    elif end is not None and end - now < SOON:
        reason = (
            _("The refresh token ends %(when)s, and Bursar can't replace it.")
            if view.has_refresh_token
            else _("The token ends %(when)s, and Bursar can't replace it.")
        ) % {"when": clock(end, now)}
        return Standing(Level.SOON, "clock-exclamation", ends_in(end, now), "", reason, "end")
    return Standing(Level.OK, "circle-check", _("Active"), _next(view, now))


def certain_end(view: TokenView) -> datetime | None:
    """When an active token is over unless a person acts; None where Bursar replaces it in time."""
    if view.flow == "client_credentials":
        return None
    if not view.has_refresh_token:
        return view.expires_at
    ends = view.refresh_expires_at
    if ends is None or (view.due_at is not None and view.due_at < ends):
        return None  # the next refresh comes first, and most providers begin a new life with it
    return max(ends, view.expires_at) if view.expires_at and view.has_access_token else ends


def secret_end_of(view: TokenView) -> datetime | None:
    """From when the client secret isn't to be relied on: the beginning of its last day, UTC."""
    return None if view.secret_ends is None else datetime.combine(view.secret_ends, time(), UTC)


def _urgent(word: str, reason: str, cause: str) -> Standing:
    return Standing(Level.NOW, "alert-octagon", word, "", reason, cause)


def _days_left(view: TokenView, now: datetime) -> str:
    assert view.secret_ends is not None
    days = (view.secret_ends - now.astimezone(UTC).date()).days
    if days <= 1:
        return _("Ends tomorrow")
    return ngettext("Ends in %(days)d day", "Ends in %(days)d days", days) % {"days": days}


def _not_valid(view: TokenView, now: datetime, stopped: Stopped | None, who: str) -> Standing:
    beside = _("since %(when)s") % {"when": clock(stopped.at, now)} if stopped else ""
    reason = _("Set by %(who)s.") % {"who": who} if who else ""
    if view.validity == "invalid-temporarily":
        return Standing(Level.OFF, "player-pause", _("Invalid temporarily"), beside, reason)
    return Standing(Level.OFF, "circle-off", _("Invalid"), beside, reason)


def _held(view: TokenView) -> Standing:
    if view.held == ["token"]:
        reason = _("An address was changed. Bursar holds the token back until you confirm.")
    elif view.held == ["secret"]:
        reason = _("An address was changed. Bursar holds the secret back until you confirm.")
    else:
        reason = _("An address was changed. Bursar holds the token and the secret back until you confirm.")
    return _urgent(_("Held"), reason, "held")


def _served(sentence: str, view: TokenView, now: datetime) -> str:
    if view.has_access_token and view.expires_at is not None and view.expires_at > now:
        served = _("The last token is served until %(when)s.") % {"when": clock(view.expires_at, now)}
        return f"{sentence} {served}"
    return sentence


def _retrying(sentence: str, view: TokenView, now: datetime) -> str:
    served = ""
    if view.has_access_token and view.expires_at is not None and view.expires_at > now:
        served = clock(view.expires_at, now)
    if view.next_attempt_at is None:
        rest = _("Served until %(when)s.") % {"when": served} if served else ""
    elif view.next_attempt_at > now:
        values = {"when": served, "next": clock(view.next_attempt_at, now)}
        rest = (_("Served until %(when)s, next try %(next)s.") if served else _("Next try %(next)s.")) % values
    else:
        rest = _("Served until %(when)s, trying now.") % {"when": served} if served else _("Trying now.")
    return f"{sentence} {rest}".strip()


def opened_words(view: TokenView, now: datetime, who: str) -> str:
    """Who went to the provider, and when: somebody has to come back from there. Empty where nobody is under way."""
    if view.opened is None:
        return ""
    when = clock(view.opened.at, now)
    if not who:
        return _("Opened at %(when)s.") % {"when": when}
    return _("Opened by %(who)s at %(when)s.") % {"who": who, "when": when}


def _since(view: TokenView, now: datetime) -> str:
    return _("since %(when)s") % {"when": clock(view.state_since, now)} if view.state_since else ""


def _next(view: TokenView, now: datetime) -> str:
    if view.due_at is None:
        return ""
    requests = view.flow == "client_credentials"
    if view.due_at <= now:
        return _("new token now") if requests else _("refreshes now")
    values = {"time": span((view.due_at - now).total_seconds())}
    return (_("new token in %(time)s") if requests else _("refreshes in %(time)s")) % values


def access_words(view: TokenView, now: datetime) -> str:
    """The column "Access token"."""
    if not view.has_access_token or view.expires_at is None:
        return _("none yet") if view.issued_at is None else _("none")
    if view.expires_at <= now:
        return _("ended %(when)s") % {"when": clock(view.expires_at, now)}
    left = span((view.expires_at - now).total_seconds())
    return _("%(time)s, assumed") % {"time": left} if view.expiry_assumed else left


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
        return "" if view.secret_ends else _("not needed")
    if not view.has_refresh_token:
        return _("none yet") if view.issued_at is None else _("none given")
    if view.state.word == "needs_authorization" and view.failed_at is not None:
        return _("refused %(when)s") % {"when": clock(view.failed_at, now)}
    if view.refresh_expires_at is None:
        return _("no end known")
    words = _("ended %(when)s") if view.refresh_expires_at <= now else _("until %(when)s")
    return words % {"when": date(view.refresh_expires_at, now)}


def secret_words(view: TokenView, now: datetime) -> str:
    """The client secret's end, beside or under the refresh token; empty where none is known."""
    ends = secret_end_of(view)
    if ends is None:
        return ""
    words = _("secret ended %(when)s") if ends <= now else _("secret %(when)s")
    noon = ends + timedelta(hours=12)  # the same date in nearly every time zone
    return words % {"when": date(noon, now)}
