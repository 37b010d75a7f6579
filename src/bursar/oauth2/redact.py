"""What is kept of a provider's answer: its words, without anything that is or may be a secret (SEC-64, SEC-66)."""

import html
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
# Bounded on every side, and begun at the start of a word only: a hostile answer must not cost more than its length.
_PAIR = re.compile(
    r"""((?<![\w-])[\w-]{0,40}?(?:token|secret|assertion|verifier|passw|authorization|cookie|\bcode)[\w-]{0,40}["']?"""
    r"""\s{0,4}[:=]\s{0,4}["']?)((?:Basic |Bearer )?[^\s"'&,;<>{}]+)""",
    re.IGNORECASE,
)
_RUN = re.compile(r"[A-Za-z0-9_\-+/.~]{32,}=*")
_PERCENT = re.compile(r"%[0-9A-F]{2}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def redact_text(text: str, secrets: Collection[str] = ()) -> str:
    """Text from outside as one line of at most 1,000 characters, control characters escaped.

    `secrets` are what was sent or received: a provider that repeats one in its complaint doesn't spread it. Beyond
    those, long opaque runs go by their looks.
    """
    return _shown(_Known(secrets).removed_from(text))


def redact_page(text: str, secrets: Collection[str] = ()) -> str:
    """The same for a text that may hold members in any notation: HTML, broken JSON, a form."""
    return _shown(_PAIR.sub(rf"\1{REMOVED}", _Known(secrets).removed_from(text)[: 16 * LONGEST]))


def redact_members(members: Mapping[str, Any], secrets: Collection[str] = ()) -> str:
    """Members as one line of JSON; whatever is named like a secret is removed, at any depth."""
    known = _Known(secrets)
    kept = {
        known.removed_from(name): REMOVED if name == "code" else _hide_member(name, value, known)
        for name, value in members.items()
    }
    return _shown(json.dumps(kept, ensure_ascii=False, default=str))


class _Known:
    """The secrets of the exchange in every spelling, the longest first."""

    def __init__(self, secrets: Collection[str]) -> None:
        shapes = {shape for secret in secrets if len(secret) >= SHORTEST_SECRET for shape in _shapes(secret)}
        self._shapes = sorted(shapes, key=lambda shape: (-len(shape), shape))

    def removed_from(self, text: str) -> str:
        for shape in self._shapes:
            text = text.replace(shape, REMOVED)
        return text


def _shown(text: str) -> str:
    shown = _RUN.sub(_hide_run, text[: 8 * LONGEST])
    shown = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in shown)
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"


def _shapes(secret: str) -> set[str]:
    """How a secret may come back: as it is, as a URL or a form carries it, as JSON or HTML writes it."""
    escaped = {json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    escaped |= {each.replace("/", "\\/") for each in escaped} | {html.escape(secret), html.escape(secret, quote=False)}
    # What a provider sends as a token may hold half a character, which no encoding takes.
    quoted = {quote(secret, safe="", errors="replace"), quote(secret, errors="replace")}
    quoted.add(quote_plus(secret, errors="replace"))
    quoted |= {_PERCENT.sub(lambda found: found[0].lower(), each) for each in quoted}
    return {secret} | escaped | quoted


def _hide_member(name: str, value: Any, known: _Known) -> Any:
    if _SECRET_NAMES.search(name) and name not in _HARMLESS_NAMES:
        return REMOVED
    if isinstance(value, dict):
        return {known.removed_from(each): _hide_member(each, inner, known) for each, inner in value.items()}
    if isinstance(value, list):
        return [_hide_member("", inner, known) for inner in value]
    return known.removed_from(value) if isinstance(value, str) else value


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
