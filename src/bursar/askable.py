"""What a database can be asked for: a NUL, or half a character, is in no name and in no id, and none takes it."""

import re

MOST_WORDS = 8
_OF_PATTERNS = re.compile(r"([%_\\])")


def is_askable(text: str) -> bool:
    """Whether the text can be compared with what is stored at all."""
    return "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def askable(text: str) -> str:
    """The text without what nothing that is stored can have."""
    return text if is_askable(text) else "".join(sign for sign in text if is_askable(sign))


def words_of(text: str) -> tuple[str, ...]:
    """The words of a search; more of them would only make the question longer."""
    return tuple(text.split()[:MOST_WORDS])


def containing(text: str) -> str:
    r"""The pattern of LIKE … ESCAPE '\' for what contains the text, letter by letter."""
    return "%" + _OF_PATTERNS.sub(r"\\\1", text) + "%"
