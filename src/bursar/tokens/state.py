"""The life of a token as a sum type. The row's columns are its projection; `state_of` reads it back, with what is
derived from the moment: a document that lacks something, a consent under way, an end that has passed."""

from dataclasses import dataclass
from datetime import datetime

from .outcome import Refusal
from .rows import TokenRow


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why, and what a person does: a stable code, one sentence, the next step (empty where Bursar is on it)."""

    code: str
    sentence: str
    action: str


@dataclass(frozen=True, slots=True)
class NoToken:
    """Never requested, or asked in vain before there was a first token."""

    trouble: Trouble | None
    word = "no_token"


@dataclass(frozen=True, slots=True)
class AwaitingConsent:
    """A person is on the way to the provider, and there is no token yet."""

    until: datetime
    word = "awaiting_consent"


@dataclass(frozen=True, slots=True)
class Active:
    """There is a token, or the means to get one at once; `trouble` warns of an end that is already certain."""

    trouble: Trouble | None
    word = "active"


@dataclass(frozen=True, slots=True)
class Retrying:
    """Transient trouble: Bursar tries again by itself."""

    trouble: Trouble
    next_attempt_at: datetime | None
    word = "retrying"


@dataclass(frozen=True, slots=True)
class NeedsAuthorization:
    """Only a person who signs in at the provider can go on."""

    trouble: Trouble
    word = "needs_authorization"


@dataclass(frozen=True, slots=True)
class Misconfigured:
    """Only a person who corrects the configuration can go on."""

    trouble: Trouble
    word = "misconfigured"


@dataclass(frozen=True, slots=True)
class Revoked:
    """A person ended it here."""

    word = "revoked"


State = NoToken | AwaitingConsent | Active | Retrying | NeedsAuthorization | Misconfigured | Revoked


def state_of(row: TokenRow, lacking: Refusal | None, consent_until: datetime | None, now: datetime) -> State:
    """The state at `now`. `lacking` is what the document misses, `consent_until` the end of a consent under way."""
    trouble = _trouble(row)
    if row.state == "revoked":
        return Revoked()
    if lacking is not None:
        return Misconfigured(Trouble(lacking.code, lacking.sentence, lacking.action))
    match row.state:
        case "misconfigured":
            return Misconfigured(trouble or Trouble("misconfigured", "The configuration is refused.", ""))
        case "needs_authorization":
            return NeedsAuthorization(trouble or _ended(row))
        case "retrying" if _is_over(row, now):
            return NeedsAuthorization(_ended(row))
        case "retrying":
            return Retrying(trouble or Trouble("retrying", "The provider is in trouble.", ""), row.next_attempt_at)
        case "active" if _is_over(row, now):
            return NeedsAuthorization(_ended(row) if trouble is None else trouble)
        case "active":
            return Active(trouble)
        case _ if consent_until is not None and consent_until > now:
            return AwaitingConsent(consent_until)
        case _:
            return NoToken(trouble)


def trouble_of(state: State) -> Trouble | None:
    """What is wrong in this state, None where nothing is."""
    match state:
        case AwaitingConsent() | Revoked():
            return None
        case NoToken() | Active() | Retrying() | NeedsAuthorization() | Misconfigured():
            return state.trouble


def _is_over(row: TokenRow, now: datetime) -> bool:
    """The access token has ended, and so has every means to replace it."""
    if row.is_valid(now) or row.c_flow == "client_credentials":
        return False
    return row.refresh_token is None or (row.refresh_expires_at is not None and row.refresh_expires_at <= now)


def _ended(row: TokenRow) -> Trouble:
    what = (
        "The refresh token has ended." if row.refresh_token else "The token has ended, and there is no refresh token."
    )
    return Trouble("authorization_required", what, "Authorize again.")


def _trouble(row: TokenRow) -> Trouble | None:
    if row.error_code is None:
        return None
    return Trouble(row.error_code, row.error_sentence or "", row.error_action or "")
