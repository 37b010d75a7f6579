"""One query of the overview."""

from collections.abc import Sequence
from typing import Any

from django.db.backends.utils import CursorWrapper

from ..context import Context


def read(ctx: Context, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of one query. Raises Temporary where the database can't be read."""

    def job(cursor: CursorWrapper) -> list[tuple[Any, ...]]:
        cursor.execute(sql, list(parameters))
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    return ctx.storage.read(job)
