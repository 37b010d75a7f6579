"""Taking a mapping of a document apart, key by key: what is missing, unknown or of the wrong kind is named."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from ..errors import InvalidInput

LONGEST = 100_000
_SPAN = re.compile(r"(\d{1,7})\s*(s|m|h|d|)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


class Fields:
    """One mapping at a path. Every getter takes its key out; `end` complains about what nobody took."""

    def __init__(self, found: Any, path: str = "") -> None:
        self.path = path
        if not isinstance(found, Mapping):
            self.wrong("", "must be a mapping of keys and values")
        self._left = {str(key): value for key, value in found.items() if value is not None}

    def wrong(self, key: str, rule: str) -> NoReturn:
        """Raises InvalidInput that names the key."""
        where = ".".join(part for part in (self.path, key) if part) or "The web service"
        raise InvalidInput(f"{where} {rule}.", code="webservice_invalid")

    def text(self, key: str, default: str = "", *, required: bool = False, lines: bool = False) -> str:
        """One line of text, or several with `lines`."""
        value = self._left.pop(key, None)
        if value is None:
            if required:
                self.wrong(key, "is missing")
            return default
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self.wrong(key, "must be a text")
        text = str(value)
        if len(text) > LONGEST or (required and not text.strip()):
            self.wrong(key, f"must have 1 to {LONGEST} characters")
        if any(
            (ord(sign) < 32 and not (lines and sign in "\n\t\r")) or ord(sign) == 127 or "\ud800" <= sign <= "\udfff"
            for sign in text
        ):
            self.wrong(key, "carries control characters")
        return text

    def choice(self, key: str, among: Iterable[str], default: Any) -> Any:
        """A word of an enumeration, whatever its case."""
        text = self.text(key, str(default))
        for word in among:
            if text.lower() == str(word).lower():
                return word
        return self.wrong(key, f"must be one of {', '.join(among)}")

    def number(self, key: str, default: float, least: float, most: float) -> float:
        """A number from `least` to `most`."""
        value = self._left.pop(key, default)
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = float("nan")
        if isinstance(value, bool) or not least <= number <= most:
            self.wrong(key, f"must be a number from {least:g} to {most:g}")
        return number

    def span(self, key: str, default: int, most: int) -> int:
        """Seconds of `90`, `30s`, `5m`, `2h` or `1d`."""
        text = self.text(key, str(default)).strip().lower()
        found = _SPAN.fullmatch(text)
        seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
        if not 1 <= seconds <= most:
            self.wrong(key, f"must be a time such as 10s, 5m or 2h, at most {span_text(most)}")
        return seconds

    def texts(self, key: str) -> dict[str, str]:
        """A mapping of texts."""
        inner = Fields(self._left.pop(key, {}), self._at(key))
        return {name: inner.text(name, lines=True) for name in list(inner._left)}

    def words(self, key: str) -> tuple[str, ...]:
        """A list of texts, or a text with commas."""
        value = self._left.pop(key, [])
        if isinstance(value, str):
            value = value.split(",")
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            self.wrong(key, "must be a list of texts")
        return tuple(word.strip() for word in value if word.strip())

    def part(self, key: str) -> "Fields | None":
        """The mapping at this key."""
        value = self._left.pop(key, None)
        return None if value is None else Fields(value, self._at(key))

    def parts(self, key: str) -> dict[str, "Fields"]:
        """A mapping of mappings."""
        found = self.part(key)
        if found is None:
            return {}
        return {name: Fields(value, f"{found.path}.{name}") for name, value in found._left.items()}

    def anything(self, key: str) -> Any:
        """Whatever stands there."""
        return self._left.pop(key, None)

    def end(self) -> None:
        """Raises InvalidInput where a key is left that nobody knows."""
        if self._left:
            self.wrong(next(iter(self._left)), "is not known here")

    def _at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


def span_text(seconds: int) -> str:
    """What `span` reads back, in the largest unit that fits."""
    unit, size = next((u, s) for u, s in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)) if seconds % s == 0)
    return f"{seconds // size}{unit}"
