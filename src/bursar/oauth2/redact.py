"""What is kept of a provider's answer: its words, without anything that is or may be a secret (SEC-64, SEC-66)."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

LONGEST = 1000
SHORTEST_SECRET = 4
REMOVED = "(removed)"
_SECRET_NAMES = re.compile(r"token|secret|assertion|verifier|passw|authorization|session_state|cookie", re.IGNORECASE)
_HARMLESS_NAMES = frozenset({"token_type", "token_endpoint", "error_codes", "refresh_token_expires_in"})
_PAIR = re.compile(
    r"""([\w-]*(?:token|secret|assertion|verifier|passw|authorization|cookie|\bcode)[\w-]*["']?\s*[:=]\s*["']?)"""
    r"""((?:Basic |Bearer )?[^\s"'&,;<>{}]+)""",
    re.IGNORECASE,
)
_RUN = re.compile(r"[A-Za-z0-9_\-+/.~]{32,}=*")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Redactor:
    """Knows the secrets that were sent, so that a provider which repeats one in its complaint doesn't spread it.

    Beyond those, whatever looks like a secret goes: members by their names, long opaque runs by their looks.
    """

    def __init__(self, secrets: Collection[str] = ()) -> None:
        shapes = {shape for secret in secrets if len(secret) >= SHORTEST_SECRET for shape in _shapes(secret)}
        self._known = sorted(shapes, key=lambda shape: (-len(shape), shape))

    def text(self, text: str) -> str:
        """Text from outside as one line of at most 1,000 characters, control characters escaped."""
        for secret in self._known:
            text = text.replace(secret, REMOVED)
        return _one_line(_RUN.sub(_hide_run, text[: 8 * LONGEST]))

    def page(self, text: str) -> str:
        """The same for a text that may hold members in any notation: HTML, broken JSON, a form."""
        for secret in self._known:
            text = text.replace(secret, REMOVED)
        return self.text(_PAIR.sub(rf"\1{REMOVED}", text[: 16 * LONGEST]))

    def members(self, members: Mapping[str, Any], secret_names: Collection[str] = ()) -> str:
        """Members as one line of JSON. `secret_names` are top-level ones that the document says carry a secret."""
        kept = {
            name: REMOVED if name in secret_names or name == "code" else _without_secrets(name, value)
            for name, value in members.items()
        }
        return self.text(json.dumps(kept, ensure_ascii=False, default=str))


def redact_text(text: str) -> str:
    """`Redactor.text` where no secret was sent."""
    return Redactor().text(text)


def _shapes(secret: str) -> set[str]:
    """How a secret may come back: as it is, as a URL or a form carries it, as JSON writes it."""
    escaped = {json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    return {secret, quote(secret, safe=""), quote(secret), quote_plus(secret)} | escaped


def _without_secrets(name: str, value: Any) -> Any:
    if _SECRET_NAMES.search(name) and name not in _HARMLESS_NAMES:
        return REMOVED
    if isinstance(value, dict):
        return {each: _without_secrets(each, inner) for each, inner in value.items()}
    if isinstance(value, list):
        return [_without_secrets("", inner) for inner in value]
    return value


def _hide_run(found: re.Match[str]) -> str:
    """Addresses lose the parts that look like a secret, everything else is one or isn't."""
    run = found[0]
    if run.startswith("//"):
        return "/".join(REMOVED if _is_opaque(part) else part for part in run.split("/"))
    return REMOVED if _is_opaque(run) else run


def _is_opaque(run: str) -> bool:
    """Long, and neither an identifier for the provider's support (a UUID) nor words."""
    words = run.islower() and not any(sign.isdigit() for sign in run)
    return len(run) >= 32 and not words and _UUID.fullmatch(run) is None


def _one_line(text: str) -> str:
    shown = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"
