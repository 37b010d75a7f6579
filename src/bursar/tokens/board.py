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

from django.db import connection
from django.db.backends.utils import CursorWrapper

from ..clock import to_micros
from ..context import Context
from .listing import Rank, rank_at
from .users import each_use, finding

HOUR = 3_600_000_000
FEW = 200  # matches of a search up to which they are sorted here


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
    Sort.USERS: ("COALESCE(users, 0)", "name", "label"),
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
    """Each rank by its own index: what is quiet, which is nearly everything, is never looked at."""
    micros = to_micros(now)
    quiet = f"now_at > {micros} AND candidate_until <= {micros}"
    hours = [micros + hour * HOUR for hour in range(25)]
    asked = [
        "FROM tokens_listing",
        f"FROM tokens_listing WHERE {needs_now(micros)}",
        f"FROM tokens_listing WHERE base = {Rank.SOON:d} AND {quiet}",
        f"FROM tokens_listing WHERE soon_at <= {micros} AND base <> {Rank.SOON:d} AND {quiet}",
        *(f"FROM tokens_listing WHERE base = {rank:d} AND {quiet}" for rank in (Rank.START, Rank.BUSY, Rank.OFF)),
        f"FROM tokens_token WHERE due_at < {hours[1]}",
        *(f"FROM tokens_token WHERE due_at >= {hours[h]} AND due_at < {hours[h + 1]}" for h in range(1, 24)),
    ]
    [found] = read(ctx, "SELECT " + ", ".join(f"(SELECT COUNT(*) {each})" for each in asked))
    total, urgent, soon, turned_soon, start, busy, off = map(int, found[:7])
    ranks = {Rank.NOW: urgent, Rank.SOON: soon + turned_soon, Rank.START: start, Rank.BUSY: busy, Rank.OFF: off}
    return Counts(Counter(ranks | {Rank.OK: total - sum(ranks.values())}), tuple(map(int, found[7:])))


def now_count(ctx: Context, now: datetime) -> int:
    """How many tokens need a person now; by two indexes."""
    [(count,)] = read(ctx, f"SELECT COUNT(*) FROM tokens_listing WHERE {needs_now(to_micros(now))}")
    return int(count)


def find(ctx: Context, wanted: Wanted, page: int, size: int, now: datetime, known: Counts) -> Found:
    """The ids on `page` (from 1; a page past the end is the last one). `known` spares the count of whole ranks."""
    micros = to_micros(now)
    if wanted.words or wanted.noticed:
        few = _few(ctx, wanted, micros)
        if few is not None:
            return _cut(few, page, size)
        return _counted(ctx, wanted, micros, page, size)
    count = sum(known.ranks[rank] for rank in wanted.ranks or Rank)
    page = min(max(1, page), max(1, -(-count // size)))
    return Found(_window(ctx, wanted, micros, known, (page - 1) * size, size, count), count, page)


def _counted(ctx: Context, wanted: Wanted, micros: int, page: int, size: int) -> Found:
    """One page of many matches, and their count, in one pass; past the end it is the last page."""
    where, parameters = _where(wanted, micros)
    source, order = _source(wanted), _order(wanted, micros, False)
    sql = f"SELECT token_id, COUNT(*) OVER () FROM {source} WHERE {where} ORDER BY {order}"
    rows = read(ctx, f"{sql} LIMIT {size} OFFSET {(max(1, page) - 1) * size}", parameters)
    if rows:
        return Found(tuple(str(row[0]) for row in rows), int(rows[0][1]), max(1, page))
    [(count,)] = read(ctx, f"SELECT COUNT(*) FROM tokens_listing WHERE {where}", parameters)
    last = max(1, -(-count // size))
    return _counted(ctx, wanted, micros, last, size) if count else Found((), 0, 1)


def _window(
    ctx: Context, wanted: Wanted, micros: int, known: Counts, first: int, size: int, count: int
) -> tuple[str, ...]:
    """The ids from `first` on, read from the nearer end."""
    ranks = wanted.ranks
    if wanted.sort is Sort.URGENCY:
        # Where the window lies within one rank, that rank's own order, by name, is already an index.
        before = 0
        for rank in sorted(ranks or Rank):
            if before <= first and first + size <= before + known.ranks[rank]:
                first, count, ranks = first - before, known.ranks[rank], frozenset((rank,))
                break
            before += known.ranks[rank]
    size = min(size, count - first)
    if size <= 0:
        return ()
    narrowed = replace(wanted, ranks=ranks)
    where, parameters = _where(narrowed, micros)
    backwards = first > count // 2
    offset = count - first - size if backwards else first
    order = _order(narrowed, micros, backwards)
    sql = f"SELECT token_id FROM {_source(wanted)} WHERE {where} ORDER BY {order} LIMIT {size} OFFSET {offset}"
    ids = [str(token_id) for (token_id,) in read(ctx, sql, parameters)]
    return tuple(reversed(ids) if backwards else ids)


def _few(ctx: Context, wanted: Wanted, micros: int) -> list[str] | None:
    """Every match in order, where there are few: then one pass finds, counts and sorts them. None where many."""
    where, parameters = _where(wanted, micros)
    columns = "token_id, " + ", ".join(_keys(wanted, micros))
    rows = read(ctx, f"SELECT {columns} FROM {_source(wanted)} WHERE {where} LIMIT {FEW + 1}", parameters)
    if len(rows) > FEW:
        return None
    return [row[0] for row in sorted(rows, key=lambda row: row[1:], reverse=wanted.descending)]


def _cut(ids: Sequence[str], page: int, size: int) -> Found:
    page = min(max(1, page), max(1, -(-len(ids) // size)))
    return Found(tuple(ids[(page - 1) * size : page * size]), len(ids), page)


def _source(wanted: Wanted) -> str:
    """What rows are read from: beside the listing, how many use each token, where that is the order."""
    uses = " UNION ALL ".join(each_use()) or "SELECT '' AS used"
    if wanted.sort is not Sort.USERS:
        return "tokens_listing"
    tally = f"SELECT used, COUNT(*) AS users FROM ({uses}) AS each_use GROUP BY used"
    return f"tokens_listing LEFT JOIN ({tally}) AS tally ON used = token_id"


def _where(wanted: Wanted, micros: int) -> tuple[str, list[Any]]:
    conditions: list[str] = []
    parameters: list[Any] = []
    if wanted.ranks == {Rank.NOW}:
        conditions.append(f"({needs_now(micros)})")
    elif wanted.ranks:
        conditions.append(f"{rank_at(micros)} IN ({', '.join(str(int(rank)) for rank in sorted(wanted.ranks))})")
    if wanted.noticed:
        conditions.append(f"(notice_at <= {micros} OR candidate_until > {micros})")
    for word in wanted.words:
        sql, values = _holds(word)
        conditions.append(sql)
        parameters += values
    return " AND ".join(conditions) or "true", parameters


def _holds(word: str) -> tuple[str, list[Any]]:
    """That the word is in what is searched, or in the name of somebody who uses the configuration.

    Databases may fold ASCII letters alone, so a label or account that is written in capitals is looked for too.
    """
    position = "strpos" if connection.vendor == "postgresql" else "instr"
    variants = list(dict.fromkeys((word.casefold(), _ascii_lower(word.upper()))))
    parts = [f"{position}(search, %s) > 0"] * len(variants)
    values: list[Any] = list(variants)
    for sql, parameters in finding(word):
        parts.append(f"configuration_id IN ({sql})")
        values += parameters
    return f"({' OR '.join(parts)})", values


def _ascii_lower(text: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in text)


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


def needs_now(micros: int) -> str:
    """SQL for a row that needs a person at that moment."""
    return f"now_at <= {micros} OR candidate_until > {micros}"


def read(ctx: Context, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of one query."""

    def job(cursor: CursorWrapper) -> list[tuple[Any, ...]]:
        cursor.execute(sql, list(parameters))
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    return ctx.storage.read(job)
