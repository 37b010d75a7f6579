"""The generation, or the moment in microseconds, that a form says it was shown: changes are made against it alone."""

LONGEST = 17  # digits: the year 5138 in microseconds; Python refuses to read numbers of thousands of digits


def seen_of(text: str) -> int | None:
    """The number, None for anything that no form of ours sends."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST else None
