"""Column types that behave alike on SQLite and PostgreSQL."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Func

from .clock import from_micros, to_micros


class CodePointField(models.TextField):  # type: ignore[type-arg]
    """Text that is compared case by case and sorted by code point, whatever the database's locale."""

    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        parameters: dict[str, Any] = dict(super().db_parameters(connection))
        parameters["collation"] = "C" if connection.vendor == "postgresql" else "BINARY"
        return parameters


class InstantField(models.BigIntegerField):  # type: ignore[type-arg]
    """An instant, stored as microseconds since 1970 UTC: the same number in every database, cheap to compare."""

    _pyi_private_set_type: Any  # a datetime; read by django-stubs alone
    _pyi_private_get_type: Any

    def from_db_value(self, value: int | None, *_: object) -> datetime | None:
        return None if value is None else from_micros(value)

    def get_prep_value(self, value: Any) -> int | None:
        return to_micros(value) if isinstance(value, datetime) else value

    def to_python(self, value: Any) -> Any:
        return value


class Beginning(Func):
    """The first characters of a text, for an index over a text of any length: databases bound what an index holds."""

    LENGTH = 64
    function = "SUBSTR"
    template = "%(function)s(%(expressions)s, 1, 64)"  # a constant: the index is found by the very same expression
    output_field = models.TextField()
