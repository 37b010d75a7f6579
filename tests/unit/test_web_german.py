"""Every page in German: nothing of it is left in English, whether the catalogue knows it or not."""

import re
from html.parser import HTMLParser

import pytest

from tests.messages import catalogues, read
from tests.unit.test_web_crawl import furnish, walk
from tests.unit.web_pages import Pages

pytestmark = pytest.mark.django_db(transaction=True)

READ_ALOUD = ("aria-label", "title", "placeholder", "alt")
APART = {"code", "pre", "script", "style", "kbd", "textarea", "option"}
EMPTY = {"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr", "path", "use", "rect", "line", "circle"}
# Words that every English sentence has, and no German one.
ENGLISH = re.compile(r"\b(the|of|and|with|your|from|this|that|which|is|are|not|for|it|be|until|what|who|every)\b")
# The scenes' own words, and names.
OURS = ("Fastmail answers 503.", "Enter the secret again: the column Value, not the Secret ID.", "The admin")


class Reader(HTMLParser):
    """What a person reads or hears of a page, without code and what says itself that it is English."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: set[str] = set()
        self._apart: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if not self._apart:
            self.texts |= {" ".join(value.split()) for name in READ_ALOUD if (value := told.get(name))}
        if tag not in EMPTY and (self._apart or tag in APART or told.get("lang") == "en"):
            self._apart.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._apart and tag == self._apart[-1]:
            self._apart.pop()

    def handle_data(self, data: str) -> None:
        if not self._apart and data.strip():
            self.texts.add(" ".join(data.split()))


def test_a_walk_in_german_meets_no_english(pages: Pages) -> None:
    starts = furnish(pages)
    client = pages.admin
    client.cookies["bursar-language"] = "de"
    english = _differing()
    left: set[tuple[str, str]] = set()
    for address, html in walk(client, starts).items():
        assert "<html" not in html or '<html lang="de"' in html, address
        assert not re.search(r'\s(?:x|y|width|height|x1|x2|r|cx|cy)="[^"]*\d,\d', html), address
        if address.startswith("/help/"):
            html = re.sub(r"<title>.*?</title>", "", html)  # the page's own, which is English as its text
        reader = Reader()
        reader.feed(html)
        left |= {(text, address) for text in reader.texts if _is_left(text, english)}
    texts = dict(left)
    assert texts == {}, "\n".join(f"{text}  ← {address}" for text, address in sorted(texts.items()))


def _is_left(text: str, english: set[str]) -> bool:
    if text in english:
        return True
    for own in OURS:
        text = text.replace(own, "")
    return ENGLISH.search(text) is not None


def _differing() -> set[str]:
    """The English messages whose German is another text."""
    found = set()
    for message in read(catalogues()["de"]):
        if message.id and isinstance(message.id, str) and message.string != message.id:
            found.add(" ".join(message.id.split()))
    return found
