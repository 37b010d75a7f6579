"""What a token endpoint answered: a token, or an error with a verdict. One table decides, for every provider (SEC-19).

Deviations that real providers have, by name: `expires_in` as text or float; form-encoded bodies; 200 with `error`;
empty 400 and 403; HTML from proxies; arrays and objects in error members (Microsoft's `error_codes`); `bearer` in
lower case; `refresh_token` absent, null or empty; `refresh_token_expires_in`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any

from ..keyring import Secret
from ..outbound import HttpAnswer
from .members import Unreadable, as_seconds, as_text, read_members
from .redact import redact_members, redact_text
from .retry_after import seconds_until

# RFC 6749 §5.1 and §5.2: what a member means where the document's mapping is silent.
STANDARD = {
    "access_token": "Token",
    "expires_in": "TokenExpirationDate",
    "refresh_token": "RefreshToken",
    "refresh_token_expires_in": "RefreshTokenExpirationDate",
    "refresh_expires_in": "RefreshTokenExpirationDate",
    "error": "ErrorMessage",
    "error_description": "ErrorDescription",
}
LONGEST_ERROR = 1000
LONGEST_TOKEN = 256 * 1024


class Verdict(Enum):
    """Who can change it: a person who signs in, a person who corrects the configuration, or time."""

    NEEDS_AUTHORIZATION = auto()
    MISCONFIGURED = auto()
    RETRYING = auto()


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """A success. Durations are in seconds, None where the answer says nothing readable."""

    access_token: Secret
    expires_in: float | None
    refresh_token: Secret | None
    refresh_expires_in: float | None
    scope: str | None
    id_token: Secret | None


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """A failure. `status` 0 means that no answer came; `answer` is what may be kept and shown of it."""

    verdict: Verdict
    error: str
    description: str
    status: int
    retry_after: float | None
    answer: str


_NEEDS_AUTHORIZATION = frozenset({"invalid_grant", "interaction_required", "login_required", "consent_required"})
_RETRYING = frozenset({"temporarily_unavailable", "server_error", "slow_down"})


def read_answer(
    answer: HttpAnswer, mapping: Mapping[str, str], *, refreshing: bool, now: datetime
) -> TokenAnswer | ErrorAnswer:
    """Read an answer. `refreshing` tells a refresh from the other grants: a bare 400 means another thing there."""
    try:
        members = read_members(answer.body, answer.headers.get("content-type", ""))
    except Unreadable:
        return _unreadable(answer, refreshing, now)
    said = _mapped(members, mapping)
    error = as_text(said.get("ErrorMessage"))[:LONGEST_ERROR]
    if error or not 200 <= answer.status < 300:
        return _error(answer, members, said, error, refreshing, now)
    return _token(answer, members, said, now)


def _mapped(members: dict[str, Any], mapping: Mapping[str, str]) -> dict[str, Any]:
    """The members under our own names. RFC 6749's keep their meaning; the mapping adds or overrides."""
    said: dict[str, Any] = {}
    for name, meaning in [*STANDARD.items(), *mapping.items()]:
        if members.get(name) is not None:
            said[meaning] = members[name]
    return said


def _token(
    answer: HttpAnswer, members: dict[str, Any], said: dict[str, Any], now: datetime
) -> TokenAnswer | ErrorAnswer:
    access = said.get("Token")
    kind = members.get("token_type")
    if not _is_token(access) or (kind is not None and (not isinstance(kind, str) or kind.lower() != "bearer")):
        description = "" if _is_token(access) else "The answer has no usable access_token."
        if _is_token(access):
            description = f"The token_type is {as_text(kind)[:100]}, and Bursar knows Bearer."
        shown = redact_members(members)
        return ErrorAnswer(Verdict.MISCONFIGURED, "", description, answer.status, _retry_after(answer, now), shown)
    refresh = said.get("RefreshToken")
    scope = members.get("scope")
    id_token = members.get("id_token")
    return TokenAnswer(
        access_token=Secret(str(access)),
        expires_in=as_seconds(said.get("TokenExpirationDate")),
        refresh_token=Secret(str(refresh)) if _is_token(refresh) else None,
        refresh_expires_in=as_seconds(said.get("RefreshTokenExpirationDate")),
        scope=_scope(scope),
        id_token=Secret(id_token) if isinstance(id_token, str) and id_token else None,
    )


def _scope(scope: Any) -> str | None:
    """Space-separated; some providers send an array, some commas."""
    text = " ".join(map(as_text, scope)) if isinstance(scope, list) else as_text(scope)
    words = text.replace(",", " ").split()
    return " ".join(word for word in words if word.isprintable())[:4000] or None


def _is_token(value: Any) -> bool:
    """RFC 6749 appendix A.12: visible ASCII and blanks. A control character could break out of a header."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= LONGEST_TOKEN
        and bool(value.strip())
        and all("\x20" <= sign <= "\x7e" for sign in value)
    )


def _error(
    answer: HttpAnswer, members: dict[str, Any], said: dict[str, Any], error: str, refreshing: bool, now: datetime
) -> ErrorAnswer:
    description = as_text(said.get("ErrorDescription"))[:LONGEST_ERROR]
    code = as_text(said.get("ErrorCode"))[:200]
    if code and code not in description and code != error:
        description = f"{description} ({code})".strip()
    if error in _RETRYING or _is_transient(answer.status):
        verdict = Verdict.RETRYING
    elif error in _NEEDS_AUTHORIZATION:
        verdict = Verdict.NEEDS_AUTHORIZATION
    elif error:
        verdict = Verdict.MISCONFIGURED
    else:
        verdict = _by_status(answer.status, refreshing)
    return ErrorAnswer(
        verdict, error, redact_text(description), answer.status, _retry_after(answer, now), redact_members(members)
    )


def _unreadable(answer: HttpAnswer, refreshing: bool, now: datetime) -> ErrorAnswer:
    shown = redact_text(answer.body[:4000].decode("utf-8", "replace"))
    success = 200 <= answer.status < 300
    verdict = Verdict.RETRYING if success else _by_status(answer.status, refreshing)
    description = "The answer is not one of a token endpoint." if success else ""
    return ErrorAnswer(verdict, "", description, answer.status, _retry_after(answer, now), shown)


def _is_transient(status: int) -> bool:
    return status in (408, 425, 429) or status >= 500


def _by_status(status: int, refreshing: bool) -> Verdict:
    if _is_transient(status):
        return Verdict.RETRYING
    if status == 400 and refreshing:
        return Verdict.NEEDS_AUTHORIZATION
    return Verdict.MISCONFIGURED


def _retry_after(answer: HttpAnswer, now: datetime) -> float | None:
    return seconds_until(answer.headers.get("retry-after"), now)
