"""The members of a token endpoint's answer, whatever shape the provider gives them: bounded, never a crash (SEC-17)."""

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

DEEPEST = 64
MOST_FIELDS = 100
LONGEST_NUMBER = 400
_BRACKETS = re.compile(r"[\[{\]}]")


class Unreadable(Exception):
    """The body is no object of members: HTML, an array, nothing, not UTF-8, or one that says two things at once."""


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
    if _is_too_deep(text):
        raise Unreadable("nested too deeply")
    try:
        # Not strict about control characters inside of texts: providers break the lines of descriptions. No token may
        # have any.
        found = json.loads(
            text, strict=False, parse_constant=_no_constant, parse_int=_integer, object_pairs_hook=_unambiguous
        )
    except (ValueError, RecursionError):
        raise Unreadable("not JSON") from None
    if not isinstance(found, dict):
        raise Unreadable("not an object")
    return found


def _is_too_deep(text: str) -> bool:
    """json.loads recurses, so what is nested deeper than any token answer is refused before it is parsed.

    Brackets inside strings count too, which can only refuse more.
    """
    if text.count("{") + text.count("[") <= DEEPEST:
        return False
    depth = 0
    for found in _BRACKETS.finditer(text):
        depth += 1 if found[0] in "[{" else -1
        if depth > DEEPEST:
            return True
    return False


def _no_constant(name: str) -> None:
    """NaN and the infinities are not JSON; as a value they count as null, so that the rest can be read."""
    del name


def _integer(digits: str) -> int | float:
    """Python refuses to read integers of thousands of digits; those are beyond every float, which says so."""
    return int(digits) if len(digits) <= LONGEST_NUMBER else float(digits)


def _unambiguous(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A member that comes twice with two values could mean either: nobody may choose for the provider."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found and found[name] != value:
            raise ValueError("a member has two values")
        found[name] = value
    return found


def _read_form(text: str) -> dict[str, Any]:
    try:
        return _unambiguous(
            parse_qsl(text, keep_blank_values=True, strict_parsing=True, max_num_fields=MOST_FIELDS, errors="strict")
        )
    except ValueError:
        raise Unreadable("not a form") from None


def as_text(value: Any) -> str:
    """A member as text: arrays joined with ", ", objects as JSON, what is empty in any way as nothing."""
    if not value:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(filter(None, (as_text(each) for each in value[:50])))
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return str(value)


def as_seconds(value: Any) -> float | None:
    """A duration as providers write it: 3600, "3600", 3600.0. None for what can't be one, so that it is assumed."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and len(value) > LONGEST_NUMBER:
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return seconds if abs(seconds) != float("inf") and seconds == seconds else None
