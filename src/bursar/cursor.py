"""The cursor that jobs of the storage get: Django's, without the work that Django repeats for each statement."""

import sqlite3
from functools import lru_cache
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper


class LeanCursor(CursorWrapper):
    """Parameters are `%s` on every database; errors are Django's. SQLite's form of a statement is made once."""

    def __init__(self, cursor: Any, db: BaseDatabaseWrapper) -> None:
        super().__init__(cursor, db)
        self._sqlite = db.vendor == "sqlite"

    def execute(self, sql: Any, params: Any = None) -> Any:
        if self.db.execute_wrappers:
            return super().execute(sql, params)
        with self.db.wrap_database_errors:
            if self._sqlite:
                return sqlite3.Cursor.execute(self.cursor, _qmarks(sql), params or ())
            return self.cursor.execute(sql, params)

    def executemany(self, sql: Any, param_list: Any) -> Any:
        if self.db.execute_wrappers:
            return super().executemany(sql, param_list)
        with self.db.wrap_database_errors:
            if self._sqlite:
                return sqlite3.Cursor.executemany(self.cursor, _qmarks(sql), param_list)
            return self.cursor.executemany(sql, param_list)


@lru_cache(maxsize=1024)
def _qmarks(sql: str) -> str:
    """`%s` as SQLite has it. A percent sign of the statement's own is doubled, as everywhere with `%s`."""
    return sql.replace("%s", "?").replace("%%", "%")
