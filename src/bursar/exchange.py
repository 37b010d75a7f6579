"""Named things as YAML, a list of mappings: what web services and mail accounts have in common when they travel."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

import yaml
from django.db import transaction

from .errors import BursarError, InvalidInput
from .tokens.differences import Difference
from .tokens.document.nodes import Mapping
from .tokens.document.violations import Unreadable
from .tokens.document.yaml_reader import entries
from .tokens.import_plan import OUTCOMES

LARGEST_FILE = 16 << 20  # bytes
HIDDEN = "[redacted]"  # stands for a secret in a difference
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of one entry: one of `OUTCOMES`, where it differs from what was there, and whether it is held."""

    name: str
    outcome: str
    differences: tuple[Difference, ...] = ()
    held: bool = False


@dataclass(slots=True)
class ImportResult:
    """What became of each entry, in the order of the file."""

    entries: list[Stored] = field(default_factory=list)

    def names(self, outcome: str) -> list[str]:
        """Those that this became of."""
        return [entry.name for entry in self.entries if entry.outcome == outcome]

    @property
    def held(self) -> list[str]:
        return [entry.name for entry in self.entries if entry.held]

    def as_json(self) -> dict[str, Any]:
        """The names by outcome, and the differences of those that have some."""
        found: dict[str, Any] = {outcome: self.names(outcome) for outcome in OUTCOMES}
        differences = {each.name: [asdict(place) for place in each.differences] for each in self.entries}
        return found | {"held": self.held, "differences": {name: each for name, each in differences.items() if each}}


def written(found: Any) -> str:
    """Plain values as YAML that the reader takes back; several lines of text as a block."""
    text: str = yaml.dump(found, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)
    return text


def mappings(data: bytes, file: str) -> list[Mapping]:
    """The entries of a file. Raises InvalidInput with the line."""
    if len(data) > LARGEST_FILE:
        raise InvalidInput(f"{file} is larger than {LARGEST_FILE >> 20} MB.", code="file_too_large")
    found = []
    try:
        for node in entries(data):
            if not isinstance(node, Mapping):
                raise InvalidInput(
                    f"{file}: line {node.line}: an entry is a mapping of keys and values.", code="document_invalid"
                )
            found.append(node)
    except Unreadable as problem:
        where = f"line {problem.line}: " if problem.line else ""
        raise InvalidInput(f"{file}: {where}{problem.rule}.", code="document_invalid") from None
    return found


def import_all(found: Iterable[T], file: str, store: Callable[[T], Stored], *, dry_run: bool) -> ImportResult:
    """Store every entry, or none of them; `dry_run` does everything and takes it back.

    Raises InvalidInput for a name that comes twice, and what `store` raises, its sentence with the entry's number
    before it; nothing is changed then.
    """
    result, names = ImportResult(), set[str]()
    with transaction.atomic():
        for number, entry in enumerate(found, 1):
            try:
                stored = store(entry)
                if stored.name in names:
                    raise InvalidInput(f'"{stored.name}" stands in it twice.', code="name_twice")
                names.add(stored.name)
                result.entries.append(stored)
            except BursarError as error:
                where = f"{file}: entry {number}"
                raise type(error)(f"{where}: {error.sentence}", code=error.code, action=error.action) from None
        if dry_run:
            transaction.set_rollback(True)
    return result


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, so that templates and certificates stay readable."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
