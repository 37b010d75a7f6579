"""What is coming, read from the listing: ends, and what Bursar keeps alive. By indexes, however many tokens.

SQL is put together from this module's own words and from numbers.
"""
# ruff: noqa: S608

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from ..clock import to_micros
from ..context import Context
from .listing import Rank, rank_at
from .query import read


@dataclass(frozen=True, slots=True)
class Coming:
    """An end that is coming: whose, when (microseconds), and at which rank that token stands now."""

    token_id: str
    name: str
    at: int
    rank: Rank


def coming_ends(ctx: Context, now: datetime, until: datetime, most: int) -> list[Coming]:
    """What ends unless a person acts, the soonest first."""
    micros = to_micros(now)
    rows = read(
        ctx,
        f"SELECT token_id, name, label, end_at, {rank_at(micros)} FROM tokens_listing"
        f" WHERE end_at > {micros} AND end_at <= {to_micros(until)} ORDER BY end_at, name LIMIT {most}",
    )
    return [
        Coming(token_id, f"{name}#{label}" if label else name, at, Rank(rank))
        for token_id, name, label, at, rank in rows
    ]


def end_count(ctx: Context, now: datetime, until: datetime) -> int:
    """How many ends there are in that time."""
    sql = f"SELECT COUNT(*) FROM tokens_listing WHERE end_at > {to_micros(now)} AND end_at <= {to_micros(until)}"
    [(count,)] = read(ctx, sql)
    return int(count)


def ends_by_slot(ctx: Context, now: datetime, span: timedelta, slots: int) -> list[tuple[int, int, int]]:
    """For each slot of the span in which anything ends: the last end, how many, and the most urgent rank."""
    micros = to_micros(now)
    slot = _micros(span) // slots
    rows = read(
        ctx,
        f"SELECT (end_at - {micros}) / {slot}, MAX(end_at), COUNT(*), MIN({rank_at(micros)}) FROM tokens_listing"
        f" WHERE end_at > {micros} AND end_at <= {micros + slot * slots} GROUP BY 1 ORDER BY 1",
    )
    return [(int(last), int(count), int(rank)) for _place, last, count, rank in rows]


def kept_by_slot(ctx: Context, now: datetime, slot: timedelta, slots: int) -> dict[int, int]:
    """How many refresh tokens end in each slot that Bursar will have replaced by then."""
    micros, length = to_micros(now), _micros(slot)
    ends = [micros + length * number for number in range(slots + 1)]
    counted = [
        f"(SELECT COUNT(*) FROM tokens_listing WHERE kept_at > {begin} AND kept_at <= {end})"
        for begin, end in pairwise(ends)
    ]
    [found] = read(ctx, f"SELECT {', '.join(counted)}")
    return {place: int(count) for place, count in enumerate(found) if count}


def _micros(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
