"""Words to places in the help. Few pages, so they are looked through as they are."""

from dataclasses import dataclass

from .library import ORIGINAL, page, paths
from .render import Part

MOST = 20
AROUND = 90  # characters of text before and after a hit


@dataclass(frozen=True, slots=True)
class Hit:
    """A part of a page that has every word; the best first."""

    address: str
    page: str
    heading: str
    excerpt: str
    language: str


def search(query: str, language: str = ORIGINAL) -> list[Hit]:
    """The parts in which every word of the query occurs, those with it in their headings first."""
    words = query.casefold().split()
    found: list[tuple[int, Hit]] = []
    for path in paths():
        rendered = page(path, language)
        for part in rendered.parts if rendered and words else ():
            rank = _rank(words, part, rendered.title if rendered else "")
            if rank and rendered:
                address = f"/help/{path}#{part.heading.anchor}"
                excerpt = _excerpt(part.text, words)
                hit = Hit(address, rendered.title, part.heading.text, excerpt, rendered.language)
                found.append((rank, hit))
    return [hit for _, hit in sorted(found, key=lambda pair: -pair[0])[:MOST]]


def _rank(words: list[str], part: Part, title: str) -> int:
    """0 where a word is missing; more the nearer to the top the words stand."""
    heading, text, about = part.heading.text.casefold(), part.text.casefold(), title.casefold()
    if not all(word in heading or word in text or word in about for word in words):
        return 0
    if not any(word in heading or word in text for word in words):
        return 0
    return 1 + sum(8 * (word in heading) + 3 * (word in about) + min(text.count(word), 4) for word in words)


def _excerpt(text: str, words: list[str]) -> str:
    """The surroundings of the rarest of the words, which says most about the place."""
    plain = " ".join(text.split())
    folded = plain.casefold()
    _count, at = min(((folded.count(word), folded.find(word)) for word in words if word in folded), default=(0, 0))
    start, end = max(0, at - AROUND), at + AROUND
    start = plain.find(" ", start, at) + 1 if start else 0
    end = plain.rfind(" ", at, end) if plain.rfind(" ", at, end) > at and end < len(plain) else end
    return ("… " if start else "") + plain[start:end].strip() + (" …" if end < len(plain) else "")
