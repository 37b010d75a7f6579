"""What an access token says of itself where it is a JWT (RFC 7519, RFC 9068): for people to read, never to decide by.

Nothing is verified here, and neither the token nor its signature is in what comes out. The token came from outside:
everything is bounded, and whatever can't be read is said to be so.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

from ..keyring import Secret

LONGEST = 64 * 1024
MOST_CLAIMS = 100
LONGEST_NAME, LONGEST_VALUE = 100, 500
TIMES = frozenset({"exp", "iat", "nbf", "auth_time"})
REMOVED = "(removed)"
_LAST_SECOND = 253_402_300_799  # of the year 9999
_PART = re.compile(r"[A-Za-z0-9_-]+")
_JWT = re.compile(r"[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")
_SECRET_NAMES = re.compile(r"token|secret|passw|assertion|cookie", re.IGNORECASE)
_HARMLESS_NAMES = frozenset({"token_type", "token_use"})


@dataclass(frozen=True, slots=True)
class Claim:
    """One member as text, control characters escaped; `at` where it is a time of RFC 7519."""

    name: str
    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Claims:
    """Header and payload of a signed or unsecured JWT; `cut` where there are more members than are shown."""

    header: tuple[Claim, ...]
    payload: tuple[Claim, ...]
    cut: bool


@dataclass(frozen=True, slots=True)
class Closed:
    """Nothing to show, and why: `opaque` (no JWT), `encrypted` (a JWE: only its server reads it), `unreadable`."""

    why: str


def read_claims(token: Secret) -> Claims | Closed:
    """What the token says of itself."""
    text = token.reveal()
    if len(text) > LONGEST:
        return Closed("unreadable" if text.count(".") == 2 else "opaque")
    parts = text.split(".")
    if len(parts) not in (3, 5) or not all(_PART.fullmatch(part) for part in parts[:2]):
        return Closed("opaque")
    header = _members(parts[0])
    if header is None or not isinstance(header.get("alg"), str):
        return Closed("opaque")
    if len(parts) == 5:
        return Closed("encrypted")
    payload = _members(parts[1])
    if payload is None:
        return Closed("unreadable")
    return Claims(_claims(header), _claims(payload), len(header) > MOST_CLAIMS or len(payload) > MOST_CLAIMS)


def _members(part: str) -> dict[str, Any] | None:
    try:
        read = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        found = json.loads(read.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, binascii.Error, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON.")


def _claims(members: dict[str, Any]) -> tuple[Claim, ...]:
    return tuple(_claim(name, value) for name, value in list(members.items())[:MOST_CLAIMS])


def _claim(name: str, value: Any) -> Claim:
    shown = _printable(name)[:LONGEST_NAME]
    if _SECRET_NAMES.search(name) and name not in _HARMLESS_NAMES:
        return Claim(shown, REMOVED)
    at = _instant(value) if name in TIMES else None
    text = value if isinstance(value, str) else _json(value)
    text = _printable(_JWT.sub(REMOVED, text[: 4 * LONGEST_VALUE]))
    return Claim(shown, text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…", at)


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
    except RecursionError:
        return "…"


def _instant(value: Any) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LAST_SECOND:
        return None
    return datetime.fromtimestamp(value, UTC)


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
