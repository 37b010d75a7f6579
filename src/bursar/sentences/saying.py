"""A text of the core in the active language."""

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext as message

from .matching import Matched, match

DEEPEST = 2  # a sentence in a gap of a sentence
MOST_PIECES = 12


def said(text: str) -> str:
    """The text in the active language, as far as it is made of known sentences; else as it is.

    A text that is a message itself (a step of a template, for one) is said whole. Sentence and action may stand in
    one text, a rule behind the path that it is about, and a list of them line by line.
    """
    if not text or (get_language() or "en").partition("-")[0] == "en":
        return text
    whole = message(text)
    return whole if whole != text else "\n".join(_line(line, DEEPEST) for line in text.split("\n"))


def _line(text: str, depth: int) -> str:
    whole = _sentence(text, depth)
    if whole is not None:
        return whole
    pieces = text.split(". ")
    if 1 < len(pieces) <= MOST_PIECES:
        # The longest beginning that is a sentence of its own, then the rest in the same way.
        for cut in range(len(pieces) - 1, 0, -1):
            head = _sentence(". ".join(pieces[:cut]) + ".", depth)
            if head is not None:
                return f"{head} {_line('. '.join(pieces[cut:]), depth)}"
    head, colon, rest = text.partition(": ")
    while colon:
        rule = _sentence(rest, depth)
        if rule is not None:
            return f"{head}: {rule}"
        more, colon, rest = rest.partition(": ")
        head = f"{head}: {more}"
    return text


def _sentence(text: str, depth: int) -> str | None:
    found = match(text)
    if found is None:
        return None
    gaps = {name: (depth and _sentence(gap, depth - 1)) or gap for name, gap in found.gaps.items()}
    return Matched(found.msgid, gaps).filled(gettext(found.msgid))
