"""What a database can be asked for: a NUL, or half a character, is in no name and in no id, and none takes it."""


def is_askable(text: str) -> bool:
    """Whether the text can be compared with what is stored at all."""
    return "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def askable(text: str) -> str:
    """The text without what nothing that is stored can have."""
    return text if is_askable(text) else "".join(sign for sign in text if is_askable(sign))
