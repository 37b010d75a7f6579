"""What a run has to remember of every message of a mailbox, on disk: memory stays the same whatever its size.

SQLite keeps a small table in memory, and a large one in a file that has no name and ends with the process.
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..errors import Temporary

_CACHE = "PRAGMA cache_size = -512"  # KiB


class Spill:
    """One temporary database, used by one thread. Raises Temporary where the temporary directory can't be written."""

    def __init__(self, *statements: str) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        for statement in (_CACHE, "PRAGMA journal_mode = OFF", *statements):
            self.run(statement)

    def run(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of one statement."""
        with _explained():
            return self._database.execute(statement, values).fetchall()

    def fill(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """One statement for each row, which are taken one after the other."""
        with _explained():
            self._database.execute("BEGIN")
            self._database.executemany(statement, rows)
            self._database.execute("COMMIT")

    def close(self) -> None:
        """Give the room back."""
        self._database.close()


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as problem:
        raise Temporary(
            f"The list of the mailbox's messages can't be kept in the temporary directory ({problem}).",
            code="temporary_directory",
            action="Look at the free space and the rights there, or name another directory in TMPDIR.",
        ) from problem
