"""Marks a text for xgettext, without Django."""


def gettext_noop(text: str) -> str:
    """The text itself; its name is what xgettext looks for."""
    return text
