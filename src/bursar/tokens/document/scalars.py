"""What a single value means. Where the format wants text, the text counts as written; numbers only where it can't."""

import math
from datetime import date

from .nodes import Scalar

NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_NOT_FINITE = frozenset((".nan", ".inf", "+.inf", "-.inf"))
_LONGEST_INTEGER = 18  # digits: fits 64 bits, here and in whatever reads the export
_LONGEST_TIME = 10 * 366 * 86400  # ten years, in seconds

Value = str | int | float | bool | None


class BrokenRule(ValueError):
    """A value breaks a rule of the format; the message is the rule, to be read after the path."""


def is_null(node: Scalar) -> bool:
    """Nothing stands there: an empty plain value, `~` or `null`."""
    return node.plain and node.text in NULLS


def free_value(node: Scalar) -> Value:
    """The value of a key that the format doesn't know, typed only where writing it back gives the same text.

    Raises BrokenRule for numbers that are not finite.
    """
    text = node.text
    if not node.plain:
        return text
    if text in NULLS:
        return None
    if text in ("true", "false"):
        return text == "true"
    if text.lower() in _NOT_FINITE:
        raise BrokenRule("must be a finite number")
    if text[0] in "-0123456789":
        return _number(text)
    return text


def _number(text: str) -> Value:
    digits = text.removeprefix("-")
    if digits.isdecimal() and digits.isascii():
        canonical = len(digits) <= _LONGEST_INTEGER and str(int(text)) == text
        return int(text) if canonical else text
    try:
        number = float(text)
    except ValueError:
        return text
    # "1e+16" stays text: YAML writes that number as 1.0e+16, which would not be the same text again.
    return number if "." in text and math.isfinite(number) and repr(number) == text else text


def flag(node: Scalar) -> int:
    """0 or 1. Raises BrokenRule."""
    if node.text not in ("0", "1"):
        raise BrokenRule("must be 0 or 1")
    return int(node.text)


def seconds(node: Scalar) -> int | float:
    """A positive length of time in seconds, at most ten years. Raises BrokenRule."""
    value = _number(node.text) if node.text else ""
    if isinstance(value, str) or value is None or not 0 < value <= _LONGEST_TIME:
        raise BrokenRule("must be a number of seconds, more than 0 and at most ten years")
    return value


def day(node: Scalar) -> str:
    """A date as YYYY-MM-DD. Raises BrokenRule."""
    try:
        if date.fromisoformat(node.text).isoformat() == node.text:
            return node.text
    except ValueError:
        pass
    raise BrokenRule("must be a date such as 2027-01-31")
