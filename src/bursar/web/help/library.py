"""Every page of the help by its path, rendered when first asked for. What is new in `docs/` is there by itself.

A page in another language is the file of the same name below that language's folder (`docs/de/how-to/install.md`). It
has the headings of the English one, in its own words and at the same anchors, so that every link leads to the same
place in each language. Where there is none, the English page is shown, and says that it is.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .render import Rendered, render

DOCS = Path(__file__).parent / "docs"
IMAGES = DOCS / "images"
ORIGINAL = "en"
TRANSLATED = ("de",)
# The folders in the order in which they are read; within them these pages first, then the others by number or title.
SHELVES: tuple[tuple[str, str | Promise], ...] = (
    ("how-to", _("How to")),
    ("providers", _("Providers")),
    ("reference", _("Look up")),
    ("decisions", _("Why it is so")),
)
FIRST = ("how-to/first-token", "how-to/install", "how-to/nginx", "how-to/practice-provider", "providers/README")

_ABOUT = {
    "Google": "providers/google",
    "Microsoft": "providers/microsoft",
    **dict.fromkeys(("Yahoo", "AOL", "Yandex", "Mail.ru", "Fastmail", "Comcast"), "providers/mail"),
    **dict.fromkeys(("GitHub", "GitLab", "Slack", "Salesforce", "Atlassian", "Zoho"), "providers/services"),
    "Practice": "how-to/practice-provider",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the list of pages."""

    path: str
    title: str
    language: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """The pages of one folder."""

    title: str | Promise
    entries: tuple[Entry, ...]


def paths() -> list[str]:
    """Every page's path, without its suffix."""
    files = (file.relative_to(DOCS).as_posix() for file in DOCS.rglob("*.md"))
    return sorted(file.removesuffix(".md") for file in files if file.partition("/")[0] not in TRANSLATED)


@cache
def page(path: str, language: str = ORIGINAL) -> Rendered | None:
    """The page of that path, None where there is none; the English one where that language has none.

    Only what `paths` lists is ever read.
    """
    if path not in paths():
        return None
    own = DOCS / language / f"{path}.md"
    if language not in TRANSLATED or not own.is_file():
        return render((DOCS / f"{path}.md").read_text("utf-8"), path)
    original = page(path)
    assert original is not None
    anchors = tuple(part.heading.anchor for part in original.parts)
    return render(own.read_text("utf-8"), path, language, anchors)


@cache
def shelves(language: str = ORIGINAL) -> tuple[Shelf, ...]:
    """All pages by folder."""
    found = []
    for folder, title in SHELVES:
        entries = [_entry(path, language) for path in paths() if _folder(path) == folder]
        found.append(Shelf(title, tuple(sorted(entries, key=_place))))
    return tuple(shelf for shelf in found if shelf.entries)


def image(name: str) -> Path | None:
    """The picture of that name, None where there is none."""
    return next((file for file in IMAGES.iterdir() if file.name == name and file.suffix == ".png"), None)


def _folder(path: str) -> str:
    """A page that lies in no folder is one to look up."""
    folder, slash, _name = path.partition("/")
    return folder if slash else "reference"


def _entry(path: str, language: str) -> Entry:
    found = page(path, language)
    assert found is not None
    return Entry(path, found.title, found.language)


def _place(entry: Entry) -> tuple[int, str]:
    """Where it stands in its shelf: what is numbered by its number, which its file's name begins with."""
    name = entry.path.rpartition("/")[2]
    order = name if name[:4].isdigit() else entry.title.casefold()
    return (FIRST.index(entry.path) if entry.path in FIRST else len(FIRST), order)


def about(provider: str) -> str:
    """The address of the page about that provider (by its name in a template), empty where there is none."""
    path = _ABOUT.get(provider, "")
    return f"/help/{path}" if path else ""
