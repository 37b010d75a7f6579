"""Many rows in one statement. Each statement costs a round trip, and the interpreter's lock, as much as the work.

The rows are cut into powers of two, so that few texts of statements exist: a database that has prepared one before
does so only once, which on SQLite, with a table's triggers in it, costs as much as many rows.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.backends.utils import CursorWrapper

MOST_ROWS = 128  # with fifty columns a fifth of SQLite's bound on parameters, a tenth of PostgreSQL's


def insert_many(cursor: CursorWrapper, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """INSERT of all rows. Names are constants of the program."""
    names = ", ".join(f'"{name}"' for name in columns)
    for some in _parts(rows):
        cursor.execute(f"INSERT INTO {table} ({names}) VALUES {_marks(some)}", _flat(some))  # noqa: S608


def update_many(
    cursor: CursorWrapper, table: str, columns: Sequence[str], keys: Sequence[str], rows: Sequence[Sequence[Any]]
) -> int:
    """UPDATE of `columns` where `keys` are as given, a row of values for each; returns how many rows were met.

    No two rows may name the same keys. Names are constants of the program.
    """
    types = _types(table) if cursor.db.vendor == "postgresql" else None
    every = [*columns, *keys]
    given = {
        name: f"v.column{n}" if types is None else f"CAST(v.column{n} AS {types[name]})"
        for n, name in enumerate(every, 1)
    }
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


@cache
def _types(table: str) -> dict[str, str]:
    """The type of each column: PostgreSQL takes a list of values that are all null for text."""
    [model] = [model for model in apps.get_models() if model._meta.db_table == table]
    types: dict[str, str] = {}
    for field in model._meta.concrete_fields:
        kind = field.rel_db_type(connection) if field.is_relation else field.db_type(connection)
        types[str(field.column)] = str(kind)
    return types
