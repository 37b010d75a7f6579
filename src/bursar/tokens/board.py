"""Reads the listing: counts, and one page of what is wanted. A few queries, however many tokens.

SQL is put together from this module's own words and from numbers.
"""
# ruff: noqa: S608

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ..clock import to_micros
from ..context import Context
from ..reference import token_reference
from .conditions import in_two, quiet
from .listing import Rank, rank_at
from .ordered import Window, nearer, read_ordered, sorted_here, where
from .query import in_spans, read
from .sieve import FEW, Sieve, searched, sieve_of, sifted, sifted_of
from .wanted import Sort, Wanted

HOUR = 3_600_000_000


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
    ]
    counted = " UNION ALL ".join(f"SELECT {place}, (SELECT COUNT(*) {each})" for place, each in enumerate(asked))
    rows = read(ctx, f"{counted} UNION ALL {in_spans('tokens_token', 'due_at', hours[1:], len(asked))}")
    in_order = (int(count) for _place, count in sorted(rows))
    total, urgent, deciding, soon, turned_soon, start, busy, off, never, later, *hourly = in_order
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
    sieve: Sieve | None = None
    if wanted.words:
        found, wanted = searched(ctx, wanted, micros)
        if found.are_few(FEW):
            return _cut(sorted_here(ctx, wanted, micros, list(found.ids)), page, size)
        sieve = sieve_of(ctx, wanted, micros, found, known.ranks)
        ranks = sieve.counted(wanted.ranks or frozenset(Rank))
    else:
        ranks = _noticed_ranks(ctx, wanted, micros) if wanted.noticed else known.ranks
    count = sum(ranks[rank] for rank in wanted.ranks or Rank)
    page = min(max(1, page), max(1, -(-count // size)))
    first = (page - 1) * size
    size = min(size, count - first)
    if wanted.sort is not Sort.URGENCY:
        return Found(_window(ctx, wanted, micros, first, size, count, sieve), count, page)
    return Found(_by_rank(ctx, wanted, micros, first, size, ranks, sieve), count, page)


def first(ctx: Context, wanted: Wanted, size: int, now: datetime) -> tuple[str, ...]:
    """The ids that come first, in the order of one column; how many there are isn't asked."""
    micros, window = to_micros(now), Window(0, size)
    if not wanted.words:
        return tuple(read_ordered(ctx, wanted, micros, window, size))
    found, wanted = searched(ctx, wanted, micros)
    if found.are_few(FEW):
        return tuple(sorted_here(ctx, wanted, micros, list(found.ids))[:size])
    [(total,)] = read(ctx, "SELECT COUNT(*) FROM tokens_listing")
    return tuple(sifted_of(ctx, wanted, micros, window, found, found.count(total), total))


def _by_rank(
    ctx: Context, wanted: Wanted, micros: int, first: int, size: int, ranks: Counter[Rank], sieve: Sieve | None
) -> tuple[str, ...]:
    """The window from `first` on, put together from ranks: each has an order of its own that is an index."""
    found: list[str] = []
    for rank in sorted(wanted.ranks or Rank, reverse=wanted.descending):
        count = ranks[rank]
        if first < count and size:
            part = min(size, count - first)
            found += _window(ctx, replace(wanted, ranks=frozenset((rank,))), micros, first, part, count, sieve)
            size -= part
        first = max(0, first - count)
    return tuple(found)


def _window(
    ctx: Context, wanted: Wanted, micros: int, first: int, size: int, count: int, sieve: Sieve | None
) -> tuple[str, ...]:
    """The `size` ids from `first` on of `count`, read from the nearer end."""
    if size <= 0:
        return ()
    window = nearer(first, size, count)
    if sieve is None:
        ids = read_ordered(ctx, wanted, micros, window, count)
    else:
        ids = sifted(ctx, wanted, micros, window, sieve)
    return tuple(reversed(ids) if window.backwards else ids)


def _noticed_ranks(ctx: Context, wanted: Wanted, micros: int) -> Counter[Rank]:
    """How many of those with a notice have each rank."""
    condition = where(replace(wanted, noticed=False), micros, ordered=True)
    rows = " UNION ALL ".join(
        f"SELECT base, now_at, soon_at, candidate_until FROM tokens_listing WHERE {each} AND {condition}"
        for each in in_two("notice_at", micros)
    )
    sql = f"SELECT {rank_at(micros)}, COUNT(*) FROM ({rows}) AS told GROUP BY 1"
    return Counter({Rank(rank): int(count) for rank, count in read(ctx, sql)})


def _cut(ids: Sequence[str], page: int, size: int) -> Found:
    page = min(max(1, page), max(1, -(-len(ids) // size)))
    return Found(tuple(ids[(page - 1) * size : page * size]), len(ids), page)
