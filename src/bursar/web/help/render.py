"""Markdown to HTML: raw HTML stays text, links lead to pages of the help or visibly elsewhere, nothing is loaded."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

PREFIX = "/help/"
_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading with the anchor that leads to it."""

    level: int
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """What stands below one heading, as plain text: what the search looks through."""

    heading: Heading
    text: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page. `links` are the paths within the help that it leads to, anchors included; `language` is what it is in."""

    title: str
    html: SafeString
    parts: tuple[Part, ...]
    links: tuple[str, ...]
    language: str = "en"

    @property
    def contents(self) -> list[Heading]:
        """The headings of the second level, for going straight to one."""
        return [part.heading for part in self.parts if part.heading.level == 2]


def render(text: str, path: str, language: str = "en", anchors: Sequence[str] = ()) -> Rendered:
    """Render the page at `path` (such as `how-to/install`), its relative links made absolute.

    A translation lies below its language's folder, which no address shows, and has the `anchors` of the original.
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.add_render_rule("table_open", _table_open)
    parser.add_render_rule("table_close", _table_close)
    tokens = parser.parse(text)
    _empty_heads(tokens)
    parts = list(_parts(tokens, anchors))
    folder = posixpath.dirname(path if language == "en" else f"{language}/{path}")
    links = tuple(link for token in tokens for link in _relink(token, folder, language))
    html = parser.renderer.render(tokens, parser.options, {})
    title = parts[0].heading.text if parts else path
    return Rendered(title, mark_safe(html), tuple(parts), links, language)  # noqa: S308 - the parser escapes whatever is text


def slug(text: str) -> str:
    """The anchor of a heading, as common Markdown viewers make it."""
    return _SLUG.sub("-", re.sub(r"['`’]", "", text.lower())).strip("-")


def _parts(tokens: Sequence[Token], anchors: Sequence[str]) -> Iterator[Part]:
    """Give every heading its anchor, and gather the text up to the next one."""
    given = iter(anchors)
    heading: Heading | None = None
    words: list[str] = []
    taken: set[str] = set()
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            if heading is not None:
                yield Part(heading, " ".join(words))
            text = _plain(tokens[index + 1])
            anchor = next(given, "") or slug(text)
            while anchor in taken:
                anchor += "-2"
            taken.add(anchor)
            heading, words = Heading(int(token.tag[1]), anchor, text), []
            token.attrSet("id", anchor)
        elif token.type == "inline" and tokens[index - 1].type != "heading_open":
            words.append(_plain(token))
        elif token.type in ("code_block", "fence"):
            words.append(token.content)
    if heading is not None:
        yield Part(heading, " ".join(words))


def _plain(inline: Token) -> str:
    """An inline token's words without their marks."""
    return "".join(
        " " if child.type in ("softbreak", "hardbreak") else child.content
        for child in inline.children or ()
        if child.type != "image"
    )


def _relink(token: Token, folder: str, language: str) -> Iterator[str]:
    for child in token.children or ():
        name = {"link_open": "href", "image": "src"}.get(child.type)
        if name is None:
            continue
        target = str(child.attrs[name])
        if "://" in target:
            child.attrSet("rel", "noreferrer")
            child.attrSet("target", "_blank")
        elif not target.startswith("#"):
            address, mark, anchor = target.partition("#")
            inside = posixpath.normpath(posixpath.join(folder, address))
            inside = inside.removesuffix(".md").removeprefix(f"{language}/")
            child.attrSet(name, PREFIX + inside + mark + anchor)
            yield inside + mark + anchor
        else:
            yield target


def _empty_heads(tokens: Sequence[Token]) -> None:
    """The corner of a table that says nothing is no heading of anything."""
    for index, token in enumerate(tokens):
        if token.type == "th_open" and not tokens[index + 1].content:
            token.tag = tokens[index + 2].tag = "td"


def _table_open(*_: Any) -> str:
    return '<div class="wide-table" tabindex="0"><table>\n'


def _table_close(*_: Any) -> str:
    return "</table></div>\n"
