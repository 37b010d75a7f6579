"""Broken rules: collected over a whole file, told in one error that names file, entry, path and rule."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import InvalidInput

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule, to be read after its path (`must be https`). `line` counts from 1; 0 where it isn't known."""

    path: str
    rule: str
    line: int = 0


class DocumentInvalid(InvalidInput):
    """A document breaks rules of the format; `problems` has each with its path, for a page that shows it in place."""

    default_code = "document_invalid"

    def __init__(self, sentence: str, problems: Sequence[Problem]) -> None:
        super().__init__(sentence)
        self.problems = tuple(problems)


class Unreadable(Exception):
    """The text is not the YAML that Bursar reads. `line` counts from 1; 0 where no line is to blame."""

    def __init__(self, line: int, rule: str) -> None:
        super().__init__(rule)
        self.line = line
        self.rule = rule


class EnoughViolations(Exception):
    """Twenty are found: reading on would only cost time."""


class Violations:
    """What is wrong in one source: a file, or an assignment. `where` names the entry that is looked at."""

    def __init__(self, source: str = "") -> None:
        self.where = ""
        self.count = 0
        self._source = source
        self._lines: list[str] = []
        self._problems: list[Problem] = []

    def add(self, path: str, rule: str) -> None:
        """Note that the value at `path` breaks `rule`. Raises EnoughViolations after the twentieth."""
        self.count += 1
        self._problems.append(Problem(path, rule))
        self._lines.append(": ".join(part for part in (self._source, self.where, path, rule) if part))
        if self.count >= SHOWN:
            raise EnoughViolations

    def add_unreadable(self, problem: Unreadable) -> None:
        """Note why the text itself can't be read."""
        line = f"line {problem.line}" if problem.line else ""
        self._problems.append(Problem("", problem.rule, problem.line))
        self._lines.append(": ".join(part for part in (self._source, line, problem.rule) if part))

    def check(self) -> None:
        """Raise DocumentInvalid with a line for each violation, if there is one."""
        if self._lines:
            raise DocumentInvalid("\n".join(self._lines), self._problems)


def quoted(text: str) -> str:
    """`text` in double quotes for an error: one line, no control characters, at most 80 characters of it."""
    shown = text if len(text) <= 80 else text[:79] + "…"
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in shown) + '"'
