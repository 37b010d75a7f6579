"""What is coming, read from the listing: ends, and what Bursar keeps alive. By indexes, however many tokens.

SQL is put together from this module's own words and from numbers.
"""
# ruff: noqa: S608

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from ..clock import to_micros
from ..context import Context
from ..reference import token_reference
from .conditions import needs_now, plus
from .listing import Rank, rank_at
from .query import in_spans, read

GROUPED = 5_000  # ends up to which they are grouped by the database


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
    return [Coming(token_id, token_reference(name, label), at, Rank(rank)) for token_id, name, label, at, rank in rows]


def end_count(ctx: Context, now: datetime, until: datetime) -> int:
    """How many ends there are in that time."""
    sql = f"SELECT COUNT(*) FROM tokens_listing WHERE end_at > {to_micros(now)} AND end_at <= {to_micros(until)}"
    [(count,)] = read(ctx, sql)
    return int(count)


@dataclass(frozen=True, slots=True)
class Slot:
    """The ends within a slot of time: the last of them (microseconds), how many, whether one needs a person now."""

    last: int
    count: int
    urgent: bool


def ends_by_slot(ctx: Context, now: datetime, span: timedelta, slots: int) -> list[Slot]:
    """Each slot of the span in which anything ends, in their order."""
    micros = to_micros(now)
    length = _micros(span) // slots
    end = now + timedelta(microseconds=length * slots)
    if end_count(ctx, now, end) > GROUPED:
        return _slots_one_by_one(ctx, micros, length, slots)
    rows = read(
        ctx,
        f"SELECT (end_at - {micros} - 1) / {length}, MAX(end_at), COUNT(*),"
        f" MAX(CASE WHEN {needs_now(micros)} THEN 1 ELSE 0 END) FROM tokens_listing"
        f" WHERE end_at > {micros} AND end_at <= {to_micros(end)} GROUP BY 1 ORDER BY 1",
    )
    return [Slot(int(last), int(count), bool(urgent)) for _place, last, count, urgent in rows]


def _slots_one_by_one(ctx: Context, micros: int, length: int, slots: int) -> list[Slot]:
    """Of very many ends: counted within the index, slot by slot, which is quicker than to group them."""
    ends = [micros + length * number for number in range(slots + 1)]
    asked = []
    for begin, end in pairwise(ends):
        within = f"FROM tokens_listing WHERE end_at > {begin} AND end_at <= {end}"
        asked += [
            f"(SELECT MAX(end_at) {within})",
            f"(SELECT COUNT(*) {within})",
            f"EXISTS (SELECT 1 {within} AND {needs_now(micros, plus())})",
        ]
    [found] = read(ctx, f"SELECT {', '.join(asked)}")
    slotted = (found[place : place + 3] for place in range(0, len(found), 3))
    return [Slot(int(last), int(count), bool(urgent)) for last, count, urgent in slotted if count]


def kept_by_slot(ctx: Context, now: datetime, slot: timedelta, slots: int) -> dict[int, int]:
    """How many refresh tokens end in each slot that Bursar will have replaced by then."""
    micros, length = to_micros(now), _micros(slot)
    fences = [micros + length * number + 1 for number in range(slots + 1)]  # what ends with a slot ends in it
    rows = read(ctx, in_spans("tokens_listing", "kept_at", fences))
    return {int(place): int(count) for place, count in rows if count}


def _micros(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
