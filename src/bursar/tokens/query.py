"""One query of the overview, and how it brings very many ids: as one text, which costs a small part of as many rows."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from ..context import Context


def read(ctx: Context, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of one query. Raises Temporary where the database can't be read."""

    def job(cursor: CursorWrapper) -> list[tuple[Any, ...]]:
        cursor.execute(sql, list(parameters))
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    return ctx.storage.read(job)


def read_ids(ctx: Context, sql: str, parameters: Sequence[Any] = ()) -> list[str]:
    """The `token_id`s that a SELECT finds, in its order."""
    [(found,)] = read(ctx, f"SELECT {joined('token_id', ',')} FROM ({sql}) AS found", parameters)  # noqa: S608
    return split(found)


def in_spans(table: str, column: str, fences: Sequence[int], key: int = 0) -> str:
    """A SELECT of the rows whose column is from each fence to before the next, counted, with the span's key, from `key`
    on. One subquery is planned once, where one for each span would be planned as often."""
    spans = ", ".join(f"({place:d}, {begin:d}, {end:d})" for place, (begin, end) in enumerate(pairwise(fences), key))
    counted = f"SELECT COUNT(*) FROM {table} WHERE {column} >= column2 AND {column} < column3"  # noqa: S608
    return f"SELECT column1, ({counted}) FROM (VALUES {spans}) AS spans"  # noqa: S608


def joined(column: str, separator: str) -> str:
    """SQL for a column's texts as one; null where there is none."""
    function = "string_agg" if connection.vendor == "postgresql" else "group_concat"
    return f"{function}({column}, '{separator}')"


def split(ids: str | None) -> list[str]:
    """The ids that were joined with commas."""
    return ids.split(",") if ids else []
