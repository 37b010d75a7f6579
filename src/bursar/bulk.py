"""Many rows at once. On SQLite in one statement, for each costs the interpreter's lock as much as the work; PostgreSQL
is sent a statement a row without waiting between them, which is less work than one statement with all the values.

SQLite's rows are cut into powers of two, so that few texts of statements exist: preparing one, with a table's
triggers in it, costs as much as many rows.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.backends.utils import CursorWrapper

MOST_ROWS = 128  # with fifty columns a fifth of SQLite's bound on parameters


def insert_many(cursor: CursorWrapper, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """INSERT of all rows. Names are constants of the program."""
    names = ", ".join(f'"{name}"' for name in columns)
    if cursor.db.vendor == "postgresql":
        if rows:
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES {_marks(rows[:1])}", rows)  # noqa: S608
        return
    for some in _parts(rows):
        cursor.execute(f"INSERT INTO {table} ({names}) VALUES {_marks(some)}", _flat(some))  # noqa: S608


def update_many(
    cursor: CursorWrapper, table: str, columns: Sequence[str], keys: Sequence[str], rows: Sequence[Sequence[Any]]
) -> int:
    """UPDATE of `columns` where `keys` are as given, a row of values for each; returns how many rows were met.

    No two rows may name the same keys. Names are constants of the program.
    """
    if cursor.db.vendor == "postgresql":
        return _one_by_one(cursor, table, columns, keys, rows)
    given = {name: f"v.column{n}" for n, name in enumerate([*columns, *keys], 1)}
    changes = ", ".join(f'"{name}" = {given[name]}' for name in columns)
    same = " AND ".join(f"{table}.{name} = {given[name]}" for name in keys)
    met = 0
    for some in _parts(rows):
        cursor.execute(
            f"UPDATE {table} SET {changes} FROM (VALUES {_marks(some)}) AS v WHERE {same}",  # noqa: S608
            _flat(some),
        )
        met += cursor.rowcount
    return met


def _one_by_one(
    cursor: CursorWrapper, table: str, columns: Sequence[str], keys: Sequence[str], rows: Sequence[Sequence[Any]]
) -> int:
    if not rows:
        return 0
    changes = ", ".join(f'"{name}" = %s' for name in columns)
    same = " AND ".join(f"{name} = %s" for name in keys)
    cursor.executemany(f"UPDATE {table} SET {changes} WHERE {same}", rows)  # noqa: S608
    return int(cursor.rowcount)


def _parts(rows: Sequence[Sequence[Any]]) -> Iterator[Sequence[Sequence[Any]]]:
    start = 0
    while left := min(len(rows) - start, MOST_ROWS):
        size = 1 << (left.bit_length() - 1)
        yield rows[start : start + size]
        start += size


def _marks(rows: Sequence[Sequence[Any]]) -> str:
    return ", ".join([f"({', '.join(['%s'] * len(rows[0]))})"] * len(rows))


def _flat(rows: Sequence[Sequence[Any]]) -> list[Any]:
    return [value for row in rows for value in row]
