"""Translations: what the sources say is put into the catalogues, and the catalogues are compiled.

`python -m tests.messages`, or `make messages`. New messages come empty, vanished ones go; nothing is guessed.
"""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from babel.messages import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from bursar.sysconfig.registry import SETTINGS

SOURCES = Path(__file__).parent.parent / "src" / "bursar"
LOCALES = SOURCES / "locale"
TEMPLATES = SOURCES / "providers" / "templates"
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
Key = tuple[str | None, str, str | None]
"""What tells messages apart: context, singular, plural."""


def extracted() -> Catalog:
    """Every message of the sources, with the files that say it."""
    found = Catalog(charset="utf-8")
    for file in sorted(SOURCES.rglob("*")):
        if file.suffix not in (".py", ".html") and file.parent != TEMPLATES:
            continue
        for _line, message, comments, context in _messages(file):
            place = (file.relative_to(SOURCES).as_posix(), 1)
            found.add(message, locations=[place], auto_comments=comments, context=context)
    for setting in SETTINGS:
        found.add(setting.type, locations=[("sysconfig/registry.py", 1)])
    return found


def catalogues() -> dict[str, Path]:
    """The catalogue of each language but English, whose messages are the sources'."""
    return {path.parent.parent.name: path for path in sorted(LOCALES.glob("*/LC_MESSAGES/django.po"))}


def read(path: Path) -> Catalog:
    """A catalogue as it is. Raises PoFileError where it isn't one."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name, abort_invalid=True)


def key(message: "object") -> Key:
    """The message's key."""
    identity = message.id  # type: ignore[attr-defined]
    singular, plural = identity if isinstance(identity, tuple) else (identity, None)
    return message.context, singular, plural  # type: ignore[attr-defined]


def write(path: Path, catalogue: Catalog) -> None:
    """Write the catalogue and compile it; its head, with style and glossary, stays as a person wrote it."""
    head = path.read_text("utf-8").partition("\n\n")[0]
    out = io.BytesIO()
    write_po(out, catalogue, width=118, omit_header=True, include_lineno=False, ignore_obsolete=True)
    path.write_text(f"{head}\n\n{out.getvalue().decode()}", "utf-8")
    path.with_suffix(".mo").write_bytes(compiled(catalogue))


def compiled(catalogue: Catalog) -> bytes:
    """What stands beside the catalogue as `django.mo`; no date in it, so that it changes with its messages only."""
    out = io.BytesIO()
    catalogue.creation_date = catalogue.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    write_mo(out, catalogue)
    return out.getvalue()


def main() -> None:
    """Bring every catalogue up to date, and compile it."""
    template = extracted()
    for language, path in catalogues().items():
        catalogue = read(path)
        catalogue.update(template, no_fuzzy_matching=True, update_header_comment=False, update_creation_date=False)
        catalogue.obsolete.clear()
        write(path, catalogue)
        empty = sum(1 for message in catalogue if message.id and not all(_strings(message.string)))
        print(f"{language}: {len(catalogue)} messages, {empty} to translate: {path.relative_to(SOURCES.parent.parent)}")


def _strings(string: "str | tuple[str, ...]") -> tuple[str, ...]:
    return string if isinstance(string, tuple) else (string,)


def _messages(file: Path) -> Iterator[tuple[int, "str | tuple[str, ...]", list[str], str | None]]:
    text = file.read_text("utf-8")
    if file.suffix == ".yml":
        yield from ((1, said, [], None) for said in _of_template(yaml.safe_load(text)))
        return
    if file.suffix == ".html":
        # What Django's tags say as calls of gettext, everything else blotted out; indents mean nothing there.
        text = "\n".join(line.lstrip() for line in templatize(text, str(file)).splitlines())
    yield from extract("python", io.BytesIO(text.encode()), KEYWORDS, ("Translators:",), {"encoding": "utf-8"})


def _of_template(template: dict[str, Any]) -> Iterator[str]:
    """What a provider's template says to people."""
    yield template["title"]
    yield from template.get("steps", ())
    yield from template.get("notes", ())
    yield from (placeholder["label"] for placeholder in template.get("placeholders", ()) if "label" in placeholder)


if __name__ == "__main__":
    main()
