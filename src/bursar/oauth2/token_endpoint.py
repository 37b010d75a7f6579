"""What a token endpoint answered: a token, or an error with a verdict. One table decides, for every provider (SEC-19).

Deviations that real providers have, by name: `expires_in` as text or float; form-encoded bodies; 200 with `error`;
empty 400 and 403; HTML from proxies; arrays and objects in error members (Microsoft's `error_codes`, Google's
`error`); `bearer` in lower case, and Slack's `bot` and `user`, which are used as such; members inside of others;
`refresh_token` absent, null or empty; `refresh_token_expires_in`; Atlassian's `unauthorized_client` for a dead refresh
token.

    a readable error     408 425 429 5xx, or an error that says so ─► retrying
                         the grant is refused ─► needs authorization · every other error ─► misconfigured
    no readable error    408 425 429 5xx, a 2xx that can't be read ─► retrying
                         400 on refresh ─► needs authorization · every other status ─► misconfigured
    2xx                  a usable token ─► granted · an object without one ─► misconfigured
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any

from ..keyring import Secret
from ..outbound import HttpAnswer
from .members import Unreadable, as_seconds, as_text, read_members
from .redact import redact_members, redact_page, redact_text
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


# RFC 6749 §5.2, and OpenID Connect Core §3.1.2.6 as Microsoft uses it here.
_NEEDS_AUTHORIZATION = frozenset(
    {
        "invalid_grant",
        "bad_refresh_token",  # GitHub
        "bad_verification_code",  # GitHub, of a code
        "invalid_code",  # Slack of a code, Zoho of a refresh token too
        "code_already_used",  # Slack
        "code_expired",  # Slack
        "invalid_refresh_token",  # Slack
        "token_expired",  # Slack
        "token_revoked",  # Slack
        "account_inactive",  # Slack
        "interaction_required",
        "login_required",
        "consent_required",
        "account_selection_required",
    }
)
_RETRYING = frozenset(
    {
        "temporarily_unavailable",
        "server_error",
        "slow_down",
        "ratelimited",  # Slack, with status 200
        "internal_error",  # Slack
        "fatal_error",  # Slack
    }
)
_DEAD_REFRESH_TOKEN = re.compile(r"refresh[_ ]token (is|was) (invalid|expired|revoked)", re.IGNORECASE)
_BEARER = frozenset({"bearer", "bot", "user"})
_MISCONFIGURED = frozenset(
    {"invalid_request", "invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope"}
)
_WORDS = _NEEDS_AUTHORIZATION | _RETRYING | _MISCONFIGURED


def read_answer(
    answer: HttpAnswer,
    mapping: Mapping[str, str],
    *,
    refreshing: bool,
    now: datetime,
    secrets: Collection[str] = (),
) -> TokenAnswer | ErrorAnswer:
    """Read an answer. `refreshing` tells a refresh from the other grants: a bare 400 means another thing there.

    `secrets` are the secret values of the request: none of them survives in an ErrorAnswer.
    """
    try:
        members = read_members(answer.body, answer.headers.get("content-type", ""))
    except Unreadable:
        return _Failed(answer, refreshing, now, secrets).unreadable()
    said = _mapped(members, mapping)
    access, refresh, id_token = said.get("Token"), said.get("RefreshToken"), members.get("id_token")
    new = [each for each in (access, refresh, id_token) if isinstance(each, str)]
    failed = _Failed(answer, refreshing, now, [*secrets, *new])
    if _is_error(said.get("ErrorMessage")) or not 200 <= answer.status < 300:
        return failed.said(members, said)
    if not _is_token(access):
        return failed.unusable(members, "The answer has no usable access_token.")
    kind = members.get("token_type")
    if kind is not None and as_text(kind).lower() not in _BEARER:
        return failed.unusable(members, f"The token_type is {as_text(kind)}, and Bursar knows Bearer.")
    if refresh and isinstance(refresh, str) and not _is_token(refresh):
        return failed.unusable(members, "The refresh_token has characters that no token may have.")
    return TokenAnswer(
        access_token=Secret(str(access)),
        expires_in=as_seconds(said.get("TokenExpirationDate")),
        refresh_token=Secret(str(refresh)) if _is_token(refresh) else None,
        refresh_expires_in=as_seconds(said.get("RefreshTokenExpirationDate")),
        scope=_scope(members.get("scope")),
        id_token=Secret(id_token) if isinstance(id_token, str) and id_token else None,
    )


def _mapped(members: dict[str, Any], mapping: Mapping[str, str]) -> dict[str, Any]:
    """The members under our own names. RFC 6749's keep their meaning where the mapping gives them no other one.

    A mapped member that isn't there leaves the RFC's in force. An `error` stays one, whatever a mapping calls it.
    """
    said: dict[str, Any] = {}
    standard = [
        (name, meaning)
        for name, meaning in STANDARD.items()
        if meaning == "ErrorMessage" or mapping.get(name) not in STANDARD.values()
    ]
    for name, meaning in [*standard, *mapping.items()]:
        value = _member(members, name)
        if value is not None:
            said[meaning] = value
    return said


def _member(members: dict[str, Any], name: str) -> Any:
    """The member of that name; `outer.inner` is one inside of another, where none has the whole name."""
    if name in members or "." not in name:
        return members.get(name)
    outer, _, inner = name.partition(".")
    inside = members.get(outer)
    return _member(inside, inner) if isinstance(inside, dict) else None


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


def _is_error(value: Any) -> bool:
    """Whether the error member says anything: null, 0, false and what is empty are how some say that all is well."""
    return bool(value) and bool(as_text(value).strip(", "))


def _word(value: Any) -> str:
    """The error as a word: a text, the first text of an array, or an object's own word where it is a known one.

    Empty where there is none to read: then the status decides.
    """
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return next((each.strip() for each in value if isinstance(each, str) and each.strip()), "")
    if isinstance(value, dict):
        inner = (value.get(name) for name in ("error", "code", "type", "status"))
        return next((each for each in inner if isinstance(each, str) and each in _WORDS), "")
    return ""


@dataclass(frozen=True, slots=True)
class _Failed:
    """What every reading of a failure goes by."""

    answer: HttpAnswer
    refreshing: bool
    now: datetime
    secrets: Collection[str]

    def said(self, members: dict[str, Any], said: dict[str, Any]) -> ErrorAnswer:
        """The provider named an error, or a status that is none of success."""
        error = _word(said.get("ErrorMessage"))
        description = as_text(said.get("ErrorDescription"))
        if not error and not description:
            description = as_text(said.get("ErrorMessage"))
        code = as_text(said.get("ErrorCode"))[:LONGEST_ERROR]
        if code and code not in description and code != error:
            description = f"{description} ({code})".strip()
        verdict = self._verdict(error)
        if self.refreshing and error == "unauthorized_client" and _DEAD_REFRESH_TOKEN.search(description):
            verdict = Verdict.NEEDS_AUTHORIZATION
        return self._made(verdict, error, description, redact_members(members, self.secrets))

    def unusable(self, members: dict[str, Any], description: str) -> ErrorAnswer:
        """A success without a token that could be used."""
        return self._made(Verdict.MISCONFIGURED, "", description, redact_members(members, self.secrets))

    def unreadable(self) -> ErrorAnswer:
        """No members at all: the status decides, and a success is trouble on the way."""
        success = 200 <= self.answer.status < 300
        description = "The answer is not one of a token endpoint." if success else ""
        shown = redact_page(self.answer.body.decode("utf-8", "replace"), self.secrets)
        return self._made(Verdict.RETRYING if success else self._by_status(), "", description, shown)

    def _made(self, verdict: Verdict, error: str, description: str, shown: str) -> ErrorAnswer:
        retry_after = seconds_until(self.answer.headers.get("retry-after"), self.now)
        error, description = redact_text(error, self.secrets)[:LONGEST_ERROR], redact_text(description, self.secrets)
        return ErrorAnswer(verdict, error, description, self.answer.status, retry_after, shown)

    def _verdict(self, error: str) -> Verdict:
        """A status that says "later" wins over any word: a server in trouble may say anything (SEC-19)."""
        if error in _RETRYING or self._is_transient():
            return Verdict.RETRYING
        if error in _NEEDS_AUTHORIZATION:
            return Verdict.NEEDS_AUTHORIZATION
        return Verdict.MISCONFIGURED if error else self._by_status()

    def _by_status(self) -> Verdict:
        if self._is_transient():
            return Verdict.RETRYING
        if self.answer.status == 400 and self.refreshing:
            return Verdict.NEEDS_AUTHORIZATION
        return Verdict.MISCONFIGURED

    def _is_transient(self) -> bool:
        return self.answer.status in (408, 425, 429) or self.answer.status >= 500
