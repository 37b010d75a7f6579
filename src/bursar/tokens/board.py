"""Reads the listing: counts, and one page of what is wanted. A few queries, however many tokens.

SQL is put together from this module's own words and from numbers; what a person typed is always a parameter.
"""
# ruff: noqa: S608

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from ..clock import to_micros
from ..context import Context
from ..reference import token_reference
from .conditions import in_two, needs_now, noticed, plus, quiet, ranked
from .listing import FOREVER, Rank, rank_at
from .matches import first_matches, match_count, matching
from .query import read
from .rows import marks

HOUR = 3_600_000_000
FEW = 3_000  # matches of a search up to which they are sorted here
SORTED = 5_000  # rows of one rank up to which they are found by it and then sorted


class Sort(StrEnum):
    """By what a page is sorted; URGENCY groups by who has to act."""

    URGENCY = ""
    NAME = "name"
    PROVIDER = "provider"
    ACCESS = "access"
    REFRESH = "refresh"
    USERS = "users"


_COLUMNS = {
    Sort.NAME: ("name", "label"),
    Sort.PROVIDER: ("provider", "name", "label"),
    Sort.ACCESS: ("access_ends_at", "name", "label"),
    Sort.REFRESH: ("refresh_ends_at", "name", "label"),
    Sort.USERS: ("users", "name", "label"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tokens, and in which order: of these ranks (none: all), with a notice only, with every word."""

    ranks: frozenset[Rank] = frozenset()
    noticed: bool = False
    words: tuple[str, ...] = ()
    sort: Sort = Sort.URGENCY
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """Over everything: how many tokens have each rank, and how many Bursar renews in each of the next 24 hours."""

    ranks: Counter[Rank]
    renewals: tuple[int, ...]

    @property
    def total(self) -> int:
        return self.ranks.total()


@dataclass(frozen=True, slots=True)
class Found:
    """Token ids of one page in order, and how many fit in all."""

    token_ids: tuple[str, ...]
    count: int
    page: int


def counts(ctx: Context, now: datetime) -> Counts:
    """Each rank by its own index: what is quiet, which is nearly everything, is never looked at.

    So too with the renewals: of those within the hour, which may be nearly all, all others are taken away.
    """
    micros = to_micros(now)
    still = quiet(micros)
    hours = [micros + hour * HOUR for hour in range(25)]
    asked = [
        "FROM tokens_listing",
        *(f"FROM tokens_listing WHERE {each}" for each in in_two("now_at", micros)),
        f"FROM tokens_listing WHERE base = {Rank.SOON:d} AND {still}",
        f"FROM tokens_listing WHERE soon_at <= {micros} AND base <> {Rank.SOON:d} AND {still}",
        *(f"FROM tokens_listing WHERE base = {rank:d} AND {still}" for rank in (Rank.START, Rank.BUSY, Rank.OFF)),
        "FROM tokens_token WHERE due_at IS NULL",
        f"FROM tokens_token WHERE due_at >= {hours[24]}",
        *(f"FROM tokens_token WHERE due_at >= {hours[h]} AND due_at < {hours[h + 1]}" for h in range(1, 24)),
    ]
    [found] = read(ctx, "SELECT " + ", ".join(f"(SELECT COUNT(*) {each})" for each in asked))
    total, urgent, deciding, soon, turned_soon, start, busy, off, never, later, *hourly = map(int, found)
    ranks = {
        Rank.NOW: urgent + deciding,
        Rank.SOON: soon + turned_soon,
        Rank.START: start,
        Rank.BUSY: busy,
        Rank.OFF: off,
    }
    renewals = (total - never - later - sum(hourly), *hourly)
    return Counts(Counter(ranks | {Rank.OK: total - sum(ranks.values())}), renewals)


def now_count(ctx: Context, now: datetime) -> int:
    """How many tokens need a person now; by two indexes."""
    asked = in_two("now_at", to_micros(now))
    counted = ", ".join(f"(SELECT COUNT(*) FROM tokens_listing WHERE {each})" for each in asked)
    [(urgent, deciding)] = read(ctx, f"SELECT {counted}")
    return int(urgent) + int(deciding)


def references(ctx: Context) -> dict[str, str]:
    """The reference of every token, by its id."""
    rows = read(ctx, "SELECT token_id, name, label FROM tokens_listing")
    return {token_id: token_reference(name, label) for token_id, name, label in rows}


def find(ctx: Context, wanted: Wanted, page: int, size: int, now: datetime, known: Counts) -> Found:
    """The ids on `page` (from 1; a page past the end is the last one). `known` spares the count of whole ranks."""
    micros = to_micros(now)
    if wanted.words:
        ids = first_matches(ctx, wanted.words, FEW + 1)
        if len(ids) <= FEW:
            return _cut(_sorted(ctx, wanted, micros, ids), page, size)
    ranks = _narrowed(ctx, wanted, micros, known) if wanted.words or wanted.noticed else known.ranks
    count = sum(ranks[rank] for rank in wanted.ranks or Rank)
    page = min(max(1, page), max(1, -(-count // size)))
    first = (page - 1) * size
    size = min(size, count - first)
    if wanted.sort is not Sort.URGENCY:
        return Found(_window(ctx, wanted, micros, first, size, count), count, page)
    return Found(_by_rank(ctx, wanted, micros, first, size, ranks), count, page)


def first(ctx: Context, wanted: Wanted, size: int, now: datetime) -> tuple[str, ...]:
    """The ids that come first, with nothing counted; in the order of one column."""
    micros = to_micros(now)
    if wanted.words:
        ids = first_matches(ctx, wanted.words, FEW + 1)
        if len(ids) <= FEW:
            return tuple(_sorted(ctx, wanted, micros, ids)[:size])
    return _window(ctx, wanted, micros, 0, size, size)


def _by_rank(ctx: Context, wanted: Wanted, micros: int, first: int, size: int, ranks: Counter[Rank]) -> tuple[str, ...]:
    """The window from `first` on, put together from ranks: each has an order of its own that is an index."""
    found: list[str] = []
    for rank in sorted(wanted.ranks or Rank, reverse=wanted.descending):
        count = ranks[rank]
        if first < count and size:
            part = min(size, count - first)
            found += _window(ctx, replace(wanted, ranks=frozenset((rank,))), micros, first, part, count)
            size -= part
        first = max(0, first - count)
    return tuple(found)


def _window(ctx: Context, wanted: Wanted, micros: int, first: int, size: int, count: int) -> tuple[str, ...]:
    """The `size` ids from `first` on of `count`, read from the nearer end."""
    if size <= 0:
        return ()
    where, parameters = _where(wanted, micros, ordered=count > SORTED)
    if count > SORTED and wanted.sort is Sort.URGENCY and wanted.ranks == {Rank.NOW}:
        return most_urgent(ctx, where, parameters, first, size)
    backwards = first > count // 2
    offset = count - first - size if backwards else first
    order = _order(wanted, micros, backwards)
    sql = f"SELECT token_id FROM tokens_listing WHERE {where} ORDER BY {order} LIMIT {size} OFFSET {offset}"
    ids = [str(token_id) for (token_id,) in read(ctx, sql, parameters)]
    return tuple(reversed(ids) if backwards else ids)


def most_urgent(ctx: Context, where: str, parameters: Sequence[Any], first: int, size: int) -> tuple[str, ...]:
    """The `size` ids from `first` on of many rows that need a person now: those without an access token, by name, then
    the others by its end. Both are in the index of access tokens' ends."""
    found: list[str] = []
    for ended in (f"access_ends_at = {FOREVER}", f"access_ends_at < {FOREVER}"):
        rows = f"FROM tokens_listing WHERE {ended} AND {where}"
        order = f"ORDER BY access_ends_at, name, label LIMIT {size - len(found)} OFFSET {first}"
        found += [str(token_id) for (token_id,) in read(ctx, f"SELECT token_id {rows} {order}", parameters)]
        if len(found) == size:
            break
        if first and not found:
            [(count,)] = read(ctx, f"SELECT COUNT(*) {rows}", parameters)
            first = max(0, first - int(count))
        else:
            first = 0
    return tuple(found)


def _narrowed(ctx: Context, wanted: Wanted, micros: int, known: Counts) -> Counter[Rank]:
    """How many of the wanted ones have each rank. Nearly all have one rank: of a search, those are what is left."""
    if wanted.noticed:
        where, parameters = _where(replace(wanted, noticed=False), micros, ordered=True)
        rows = " UNION ALL ".join(
            f"SELECT base, now_at, soon_at, candidate_until FROM tokens_listing WHERE {each} AND {where}"
            for each in in_two("notice_at", micros)
        )
        sql = f"SELECT {rank_at(micros)}, COUNT(*) FROM ({rows}) AS told GROUP BY 1"
        parameters = [*parameters, *parameters]
        return Counter({Rank(rank): int(count) for rank, count in read(ctx, sql, parameters)})
    most = max(Rank, key=lambda rank: known.ranks[rank])
    counted = [rank for rank in Rank if known.ranks[rank] and rank is not most]
    if wanted.ranks and most not in wanted.ranks:
        counted = [rank for rank in counted if rank in wanted.ranks]
    found: Counter[Rank] = Counter()
    for rank in counted:
        where, parameters = _where(replace(wanted, ranks=frozenset((rank,))), micros)
        [(count,)] = read(ctx, f"SELECT COUNT(*) FROM tokens_listing WHERE {where}", parameters)
        found[rank] = int(count)
    if not wanted.ranks or most in wanted.ranks:
        found[most] = max(0, match_count(ctx, wanted.words) - found.total())
    return found


def _sorted(ctx: Context, wanted: Wanted, micros: int, ids: Sequence[str]) -> list[str]:
    """Those of these tokens that are wanted, in order: sorted here, since they are few."""
    if not ids:
        return []
    where, parameters = _where(replace(wanted, words=()), micros)
    columns = ", ".join(_keys(wanted, micros))
    sql = f"SELECT token_id, {columns} FROM tokens_listing WHERE token_id IN ({marks(ids)}) AND {where}"
    rows = read(ctx, sql, [*ids, *parameters])
    return [row[0] for row in sorted(rows, key=lambda row: row[1:], reverse=wanted.descending)]


def _cut(ids: Sequence[str], page: int, size: int) -> Found:
    page = min(max(1, page), max(1, -(-len(ids) // size)))
    return Found(tuple(ids[(page - 1) * size : page * size]), len(ids), page)


def _where(wanted: Wanted, micros: int, ordered: bool = False) -> tuple[str, list[Any]]:
    """`ordered`: rows are to be taken as they stand in the index of their order, not to be found by their rank."""
    conditions: list[str] = []
    parameters: list[Any] = []
    if wanted.ranks:
        own = ordered and (wanted.sort not in (Sort.URGENCY, Sort.NAME) or wanted.ranks & {Rank.NOW, Rank.SOON})
        conditions.append(_ranked(wanted.ranks, micros, plus() if own else ""))
    if wanted.noticed:
        conditions.append(noticed(micros, plus() if ordered else ""))
    if wanted.words:
        sql, parameters = matching(wanted.words)
        conditions.append(sql)
    return " AND ".join(conditions) or "true", parameters


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
