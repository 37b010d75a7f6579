"""Every page of the help by its path, rendered when first asked for. What is new in `docs/` is there by itself."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .render import Rendered, render

DOCS = Path(__file__).parent / "docs"
IMAGES = DOCS / "images"
# The folders in the order in which they are read; within them these pages first, then the others by title.
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


@dataclass(frozen=True, slots=True)
class Shelf:
    """The pages of one folder."""

    title: str | Promise
    entries: tuple[Entry, ...]


def paths() -> list[str]:
    """Every page's path, without its suffix."""
    return sorted(file.relative_to(DOCS).as_posix().removesuffix(".md") for file in DOCS.rglob("*.md"))


@cache
def page(path: str) -> Rendered | None:
    """The page of that path, None where there is none. Only what `paths` lists is ever read."""
    if path not in paths():
        return None
    return render((DOCS / f"{path}.md").read_text("utf-8"), path)


@cache
def shelves() -> tuple[Shelf, ...]:
    """All pages by folder."""
    found = []
    for folder, title in SHELVES:
        entries = [Entry(path, _title(path)) for path in paths() if _folder(path) == folder]
        found.append(Shelf(title, tuple(sorted(entries, key=_place))))
    return tuple(shelf for shelf in found if shelf.entries)


def image(name: str) -> Path | None:
    """The picture of that name, None where there is none."""
    return next((file for file in IMAGES.iterdir() if file.name == name and file.suffix == ".png"), None)


def _folder(path: str) -> str:
    """A page that lies in no folder is one to look up."""
    folder, slash, _name = path.partition("/")
    return folder if slash else "reference"


def _title(path: str) -> str:
    found = page(path)
    assert found is not None
    return found.title


def _place(entry: Entry) -> tuple[int, str]:
    return (FIRST.index(entry.path) if entry.path in FIRST else len(FIRST), entry.title.casefold())


def about(provider: str) -> str:
    """The address of the page about that provider (by its name in a template), empty where there is none."""
    path = _ABOUT.get(provider, "")
    return f"/help/{path}" if path else ""
