"""Finds text in templates that no translation tag wraps: what a person would read in English whatever they chose."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from django.template.base import Lexer, TokenType

ROOT = Path(__file__).parent.parent / "src" / "bursar" / "web" / "templates"
READ_ALOUD = {"aria-label", "placeholder", "title", "alt", "data-copied", "data-selected"}
CODE = {"code", "script", "style", "pre", "kbd"}
NAMES = {
    "PKCE",
    "OpenAPI",
    "Bursar",
    "Znuny",
    "YAML",
    "OAuth",
    "https",
    "http",
    "Microsoft",
    "Google",
    "Deutsch",
    "English",
}
_WORD = re.compile(r"[A-Za-z]{2,}")
_EXAMPLE = re.compile(r"\S*(?:@|://)\S*")


def untranslated() -> Iterator[tuple[str, str]]:
    """Template and text, for each text that is not wrapped."""
    for file in sorted(ROOT.rglob("*.html")):
        finder = _Finder()
        finder.feed(_literal(file.read_text("utf-8")))
        finder.close()
        for text in finder.found:
            yield file.relative_to(ROOT).as_posix(), text


def _literal(source: str) -> str:
    """The template without its tags and variables, and without what is translated."""
    kept, inside, classes = [], False, False
    for token in Lexer(source).tokenize():
        if token.token_type is TokenType.BLOCK:
            word = token.contents.split()[0]
            if word in ("blocktranslate", "blocktrans"):
                inside = True
            elif word in ("endblocktranslate", "endblocktrans"):
                inside = False
            elif word == "block":
                classes = token.contents.endswith("_class")
            elif word == "endblock":
                classes = False
        elif token.token_type is TokenType.TEXT and not inside and not classes:
            kept.append(token.contents)
    return "".join(kept)


class _Finder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._code += tag in CODE
        for name, value in attrs:
            if name in READ_ALOUD:
                self._note(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag in CODE

    def handle_data(self, data: str) -> None:
        if not self._code:
            self._note(data)

    def _note(self, text: str) -> None:
        if set(_WORD.findall(_EXAMPLE.sub("", text))) - NAMES:
            self.found.append(" ".join(text.split()))


if __name__ == "__main__":
    for name, text in untranslated():
        print(f"{name}: {text}")
