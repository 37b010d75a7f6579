"""What a token endpoint answered: a token, or an error with a verdict. One table decides, for every provider (SEC-19).

Deviations that real providers have, by name: `expires_in` as text or float; form-encoded bodies; 200 with `error`;
empty 400 and 403; HTML from proxies; arrays and objects in error members (Microsoft's `error_codes`, Google's
`error`); `bearer` in lower case; `refresh_token` absent, null or empty; `refresh_token_expires_in`.

    a readable error     408 425 429 5xx, or an error that says so ─► retrying
                         the grant is refused ─► needs authorization · every other error ─► misconfigured
    no readable error    408 425 429 5xx, a 2xx that can't be read ─► retrying
                         400 on refresh ─► needs authorization · every other status ─► misconfigured
    2xx                  a usable token ─► granted · an object without one ─► misconfigured
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any

from ..keyring import Secret
from ..outbound import HttpAnswer
from .members import Unreadable, as_seconds, as_text, read_members
from .redact import Redactor
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
TOKEN_MEANINGS = frozenset({"Token", "TokenExpirationDate", "RefreshToken", "RefreshTokenExpirationDate"})
SECRET_MEANINGS = frozenset({"Token", "RefreshToken", "AuthorizationCode"})
LONGEST_ERROR = 200
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
    """A failure. `error` is the code that the provider gave, empty where none could be read; `status` 0 means that
    no answer came; `answer` is what may be kept and shown of it. No text here carries a secret or a control character.
    """

    verdict: Verdict
    error: str
    description: str
    status: int
    retry_after: float | None
    answer: str


# RFC 6749 §5.2, OpenID Connect Core §3.1.2.6 as Microsoft uses it here, and GitHub's own two words.
_NEEDS_AUTHORIZATION = frozenset(
    {"invalid_grant", "interaction_required", "login_required", "consent_required"}
    | {"bad_refresh_token", "bad_verification_code"}
)
_RETRYING = frozenset({"temporarily_unavailable", "server_error", "slow_down"})


def read_answer(
    answer: HttpAnswer,
    mapping: Mapping[str, str],
    *,
    refreshing: bool,
    now: datetime,
    redactor: Redactor | None = None,
) -> TokenAnswer | ErrorAnswer:
    """Read an answer. `refreshing` tells a refresh from the other grants: a bare 400 means another thing there.

    `redactor` knows what was sent, so that a provider's echo of it isn't kept.
    """
    reading = _Reading(answer, mapping, refreshing, now, redactor or Redactor())
    try:
        members = read_members(answer.body, answer.headers.get("content-type", ""))
    except Unreadable:
        return reading.unreadable()
    said = _mapped(members, mapping)
    if as_text(said.get("ErrorMessage")) or not 200 <= answer.status < 300:
        return reading.error(members, said)
    unusable = _unusable(members, said)
    if unusable:
        return reading.fail(Verdict.MISCONFIGURED, "", unusable, reading.shown(members))
    refresh, id_token = said.get("RefreshToken"), members.get("id_token")
    return TokenAnswer(
        access_token=Secret(said["Token"]),
        expires_in=as_seconds(said.get("TokenExpirationDate")),
        refresh_token=Secret(refresh) if isinstance(refresh, str) and refresh else None,
        refresh_expires_in=as_seconds(said.get("RefreshTokenExpirationDate")),
        scope=_scope(members.get("scope")),
        id_token=Secret(id_token) if isinstance(id_token, str) and id_token else None,
    )


@dataclass(frozen=True, slots=True)
class _Reading:
    """What every failure of one answer shares."""

    answer: HttpAnswer
    mapping: Mapping[str, str]
    refreshing: bool
    now: datetime
    redactor: Redactor

    def fail(self, verdict: Verdict, error: str, description: str, shown: str) -> ErrorAnswer:
        wait = seconds_until(self.answer.headers.get("retry-after"), self.now)
        return ErrorAnswer(
            verdict, self.redactor.text(error), self.redactor.text(description), self.answer.status, wait, shown
        )

    def shown(self, members: Mapping[str, Any]) -> str:
        secret_names = {name for name, meaning in self.mapping.items() if meaning in SECRET_MEANINGS}
        return self.redactor.members(members, secret_names)

    def error(self, members: Mapping[str, Any], said: Mapping[str, Any]) -> ErrorAnswer:
        error, description = _error_words(said)
        code = as_text(said.get("ErrorCode"))[:LONGEST_ERROR]
        if code and code not in description and code != error:
            description = f"{description} ({code})".strip()
        if error in _RETRYING or _is_transient(self.answer.status):
            verdict = Verdict.RETRYING
        elif error in _NEEDS_AUTHORIZATION:
            verdict = Verdict.NEEDS_AUTHORIZATION
        elif error:
            verdict = Verdict.MISCONFIGURED
        else:
            verdict = self._by_status()
        return self.fail(verdict, error, description, self.shown(members))

    def unreadable(self) -> ErrorAnswer:
        shown = self.redactor.page(self.answer.body[:64_000].decode("utf-8", "replace"))
        if 200 <= self.answer.status < 300:
            return self.fail(Verdict.RETRYING, "", "The answer is not one of a token endpoint.", shown)
        return self.fail(self._by_status(), "", "", shown)

    def _by_status(self) -> Verdict:
        if _is_transient(self.answer.status):
            return Verdict.RETRYING
        if self.answer.status == 400 and self.refreshing:
            return Verdict.NEEDS_AUTHORIZATION
        return Verdict.MISCONFIGURED


def _is_transient(status: int) -> bool:
    return status in (408, 425, 429) or status >= 500


def _mapped(members: Mapping[str, Any], mapping: Mapping[str, str]) -> dict[str, Any]:
    """The members under our own names. RFC 6749's keep their meaning where the mapping is silent about them.

    A mapped member that isn't there leaves the RFC's in force. An `error` stays one, whatever a mapping says.
    """
    said: dict[str, Any] = {}
    for name, meaning in STANDARD.items():
        moved = mapping.get(name, meaning) != meaning and mapping[name] in TOKEN_MEANINGS
        if members.get(name) is not None and not moved:
            said[meaning] = members[name]
    for name, meaning in mapping.items():
        if members.get(name) is not None:
            said[meaning] = members[name]
    return said


def _unusable(members: Mapping[str, Any], said: Mapping[str, Any]) -> str:
    """Why a success can't be used (RFC 6749 §5.1, §7.1), empty where it can."""
    if not _is_token(said.get("Token")):
        return "The answer has no usable access_token."
    kind = members.get("token_type")
    if not isinstance(kind, str) or kind.strip().lower() != "bearer":
        named = as_text(kind)[:100]
        return f"The token_type is {named}, and Bursar knows Bearer." if named else "The answer has no token_type."
    refresh = said.get("RefreshToken")
    if isinstance(refresh, str) and refresh and not _is_token(refresh):
        return "The refresh_token has characters that no token may have."
    return ""


def _error_words(said: Mapping[str, Any]) -> tuple[str, str]:
    """Code and description. An object in place of the code is looked into, as Google's interfaces answer."""
    error, description = said.get("ErrorMessage"), as_text(said.get("ErrorDescription"))
    if not isinstance(error, dict):
        return as_text(error).strip()[:LONGEST_ERROR], description
    words = [error[name] for name in ("error", "code", "status", "type") if isinstance(error.get(name), str)]
    message = as_text(error.get("message") or error.get("error_description") or error)
    return (words[0].strip() if words else as_text(error))[:LONGEST_ERROR], description or message


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
