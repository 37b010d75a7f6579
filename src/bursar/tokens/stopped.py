"""Since when is a configuration not valid, and who said so? From the history, as far as it reaches."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.backends.utils import CursorWrapper

from ..clock import from_micros
from ..context import Context
from .history import CHANGED


@dataclass(frozen=True, slots=True)
class Stopped:
    """When it became what it is, and by whom: an address, or `cli:USER`."""

    at: datetime
    by: str


def stopped(ctx: Context, configuration_ids: Sequence[str]) -> dict[str, Stopped]:
    """Of these configurations, none of which is valid: the newest change of the validity, where one is kept."""
    if not configuration_ids:
        return {}
    return ctx.storage.read(lambda cursor: _read(cursor, configuration_ids))


def _read(cursor: CursorWrapper, configuration_ids: Sequence[str]) -> dict[str, Stopped]:
    marks = ", ".join(["%s"] * len(configuration_ids))
    cursor.execute(
        f"SELECT configuration_id, by, at, detail FROM tokens_event WHERE configuration_id IN ({marks})"  # noqa: S608
        " AND token_id IS NULL AND kind = %s AND detail LIKE %s ORDER BY at, id",
        [*configuration_ids, CHANGED, '%"Validity"%'],
    )
    return {
        str(key): Stopped(from_micros(int(at)), str(by))
        for key, by, at, detail in cursor.fetchall()
        if "Validity" in json.loads(detail).get("what", ())
    }
