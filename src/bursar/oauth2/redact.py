"""What is kept of a provider's answer: its words, without anything that is or may be a secret (SEC-64, SEC-66)."""

import json
import re
from typing import Any

LONGEST = 1000
REMOVED = "(removed)"
_SECRET_NAMES = re.compile(r"token|secret|assertion|code_verifier|password|^code$|session_state", re.IGNORECASE)
_LONG_RUN = re.compile(r"[A-Za-z0-9_\-+/=.~]{32,}")
_HARMLESS_NAMES = frozenset(
    {"token_type", "error", "error_description", "error_codes", "error_uri", "scope", "expires_in"}
)


def redact_members(members: dict[str, Any]) -> str:
    """The members as one line of JSON; whatever is named like a secret is removed, long opaque runs too."""
    kept = {
        name: REMOVED if name not in _HARMLESS_NAMES and _SECRET_NAMES.search(name) else value
        for name, value in members.items()
    }
    return redact_text(json.dumps(kept, ensure_ascii=False, default=str))


def redact_text(text: str) -> str:
    """Text from outside as one line of at most 1,000 characters: opaque runs removed, control characters escaped."""
    shown = _LONG_RUN.sub(REMOVED, text[: 4 * LONGEST])
    shown = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in shown)
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"
