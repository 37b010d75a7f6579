"""Signs that nobody sees in a name, and that can make it look like another one.

See docs/decisions/0016. Categories as in Unicode's general category `Cf` (UAX #44).
"""

import unicodedata

# What joins letters of Persian and of Indic scripts, and the parts of an emoji: there it is how a name is written.
_JOINERS = frozenset("\u200c\u200d")
# Letters to Unicode, and nothing to the eye.
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")


def unseen_sign(text: str) -> str:
    """The first sign of `text` that isn't seen, as `U+202E RIGHT-TO-LEFT OVERRIDE`; empty where every one is."""
    for sign in text:
        if (unicodedata.category(sign) == "Cf" and sign not in _JOINERS) or sign in _FILLERS:
            return f"U+{ord(sign):04X} {unicodedata.name(sign, '')}".strip()
    return ""
