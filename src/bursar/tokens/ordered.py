"""The tokens that are wanted in their order, read from the listing: each order is an index.

SQL is put together from this module's own words and from numbers.
"""
# ruff: noqa: S608

from collections.abc import Sequence
from dataclasses import dataclass

from ..context import Context
from .conditions import needs_now, noticed, plus, ranked
from .listing import FOREVER, Rank, rank_at
from .query import read, read_ids
from .rows import marks
from .wanted import Sort, Wanted

SORTED = 5_000  # rows up to which they are found by their rank and then sorted

_COLUMNS = {
    Sort.NAME: ("name", "label"),
    Sort.PROVIDER: ("provider", "name", "label"),
    Sort.ACCESS: ("access_ends_at", "name", "label"),
    Sort.REFRESH: ("refresh_ends_at", "name", "label"),
    Sort.USERS: ("users", "name", "label"),
}


@dataclass(frozen=True, slots=True)
class Window:
    """The `size` rows past the first `skipped`; both count from the end where it is `backwards`, and so do the rows."""

    skipped: int
    size: int
    backwards: bool = False


def nearer(first: int, size: int, count: int) -> Window:
    """The `size` rows from `first` on of `count`, from the nearer end."""
    return Window(count - first - size, size, backwards=True) if first > count // 2 else Window(first, size)


def read_ordered(ctx: Context, wanted: Wanted, micros: int, window: Window, count: int) -> list[str]:
    """The ids of a window of what is wanted, which are about `count`, whatever words they hold."""
    condition = where(wanted, micros, ordered=count > SORTED)
    if count > SORTED and wanted.sort is Sort.URGENCY and wanted.ranks == {Rank.NOW}:
        if not window.backwards:
            return most_urgent(ctx, condition, window.skipped, window.size)
        end = max(0, count - window.skipped)
        first = max(0, end - window.size)
        return most_urgent(ctx, condition, first, end - first)[::-1]
    order = f"ORDER BY {_order(wanted, micros, window.backwards)} LIMIT {window.size} OFFSET {window.skipped}"
    return read_ids(ctx, f"SELECT token_id FROM tokens_listing WHERE {condition} {order}")


def sorted_here(ctx: Context, wanted: Wanted, micros: int, ids: Sequence[str]) -> list[str]:
    """Those of these tokens that are wanted, in order: sorted here, since they are few."""
    if not ids:
        return []
    columns = ", ".join(_keys(wanted, micros))
    condition = f"token_id IN ({marks(ids)}) AND {where(wanted, micros)}"
    rows = read(ctx, f"SELECT token_id, {columns} FROM tokens_listing WHERE {condition}", ids)
    return [row[0] for row in sorted(rows, key=lambda row: row[1:], reverse=wanted.descending)]


def most_urgent(ctx: Context, condition: str, first: int, size: int) -> list[str]:
    """The `size` ids from `first` on of many rows that need a person now: those without an access token, by name, then
    the others by its end. Both are in the index of access tokens' ends."""
    found: list[str] = []
    for ended in (f"access_ends_at = {FOREVER}", f"access_ends_at < {FOREVER}"):
        rows = f"FROM tokens_listing WHERE {ended} AND {condition}"
        order = f"ORDER BY access_ends_at, name, label LIMIT {size - len(found)} OFFSET {first}"
        found += read_ids(ctx, f"SELECT token_id {rows} {order}")
        if len(found) == size:
            break
        if first and not found:
            [(count,)] = read(ctx, f"SELECT COUNT(*) {rows}")
            first = max(0, first - int(count))
        else:
            first = 0
    return found


def where(wanted: Wanted, micros: int, ordered: bool = False) -> str:
    """All that is wanted but the words. `ordered`: rows are to be taken as they stand in the index of their order, not
    to be found by their rank."""
    conditions: list[str] = []
    if wanted.ranks:
        own = ordered and (wanted.sort not in (Sort.URGENCY, Sort.NAME) or wanted.ranks & {Rank.NOW, Rank.SOON})
        conditions.append(_ranked(wanted.ranks, micros, plus() if own else ""))
    if wanted.noticed:
        conditions.append(noticed(micros, plus() if ordered else ""))
    return " AND ".join(conditions) or "true"


def _ranked(ranks: frozenset[Rank], micros: int, mark: str) -> str:
    if ranks == frozenset(Rank) - {Rank.OFF}:
        return f"{mark}base <> {Rank.OFF:d}"  # what isn't valid turns at no moment
    if len(ranks) > 1:
        return f"{rank_at(micros)} IN ({', '.join(str(int(rank)) for rank in sorted(ranks))})"
    [rank] = ranks
    return ranked(rank, micros, mark)


def _keys(wanted: Wanted, micros: int) -> tuple[str, ...]:
    """What rows are sorted by: in urgency, what needs a person now comes by when its token ended or ends."""
    if wanted.sort is not Sort.URGENCY:
        return _COLUMNS[wanted.sort]
    if wanted.ranks == {Rank.NOW}:
        return ("urgent_at", "name", "label")
    if len(wanted.ranks) == 1:
        return ("name", "label")
    return (rank_at(micros), f"CASE WHEN {needs_now(micros)} THEN urgent_at ELSE 0 END", "name", "label")


def _order(wanted: Wanted, micros: int, backwards: bool) -> str:
    direction = " DESC" if wanted.descending != backwards else ""
    return ", ".join(key + direction for key in _keys(wanted, micros))
