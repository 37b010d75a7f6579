"""`Secret`: a text that never shows itself."""

import hashlib
import hmac
from typing import NoReturn


class Secret:
    """A secret text. `reveal()` is the only way to it, so every use can be found by searching for that word.

    It has no str, repr, format, JSON or pickle that shows it; two secrets compare in constant time.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def sha256(self) -> str:
        """Hexadecimal SHA-256 of the UTF-8 text: names a token in the attempts' table without storing it."""
        return hashlib.sha256(self._text.encode()).hexdigest()

    def fingerprint(self) -> str:
        """Eight hexadecimal digits that let a person compare two secrets without seeing either."""
        digits = hashlib.sha256(b"bursar fingerprint\0" + self._text.encode()).hexdigest()
        return f"{digits[:4]} {digits[4:8]}"

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "Secret(•••)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Secret is not pickled")
