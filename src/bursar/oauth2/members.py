"""The members of a token endpoint's answer, whatever shape the provider gives them: bounded, never a crash (SEC-17)."""

import json
from typing import Any
from urllib.parse import parse_qsl

DEEPEST = 64


class Unreadable(Exception):
    """The body is no object of members: HTML, an array, nothing, not UTF-8."""


def read_members(body: bytes, content_type: str) -> dict[str, Any]:
    """The members of a JSON object, or of a form where the provider says so (GitHub does). Raises Unreadable."""
    try:
        text = body.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise Unreadable("not UTF-8") from None
    kind = content_type.partition(";")[0].strip().lower()
    if text.startswith("{"):
        return _read_json(text)
    if kind == "application/x-www-form-urlencoded" or (kind == "text/plain" and "=" in text and "<" not in text):
        return _read_form(text)
    raise Unreadable("neither a JSON object nor a form")


def _read_json(text: str) -> dict[str, Any]:
    # json.loads recurses: what is nested deeper than any token answer is refused before it is parsed.
    if _depth(text) > DEEPEST:
        raise Unreadable("nested too deeply")
    try:
        found = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Unreadable("not JSON") from None
    if not isinstance(found, dict):
        raise Unreadable("not an object")
    return found


def _depth(text: str) -> int:
    """How deeply brackets are nested; those inside strings count too, which can only refuse more."""
    depth = deepest = 0
    for sign in text:
        if sign in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in "]}":
            depth -= 1
    return deepest


def _no_constant(name: str) -> None:
    """NaN and the infinities are not JSON; as a value they count as null, so that the rest can be read."""
    del name


def _read_form(text: str) -> dict[str, Any]:
    try:
        return dict(parse_qsl(text, keep_blank_values=True, strict_parsing=True, max_num_fields=100))
    except ValueError:
        raise Unreadable("not a form") from None


def as_text(value: Any) -> str:
    """A member as text: arrays joined with ", ", objects as JSON, null as nothing."""
    if value is None or value is False:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(as_text(each) for each in value[:50])
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return str(value) if not isinstance(value, int) or abs(value) < 10**100 else "(a number without end)"


def as_seconds(value: Any) -> float | None:
    """A duration as providers write it: 3600, "3600", 3600.0. None for what can't be one, so that it is assumed."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        value = value.strip()
        if len(value) > 40:
            return None
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if abs(seconds) != float("inf") and seconds == seconds else None
