"""Why there are lines below the top menu, read from the listing: the most urgent causes, and how many there are.

SQL is put together from this module's own words and from numbers.
"""
# ruff: noqa: S608

from dataclasses import dataclass
from datetime import datetime

from ..clock import to_micros
from ..context import Context
from .conditions import in_two, noticed, plus, quiet, ranked
from .listing import Rank
from .ordered import most_urgent
from .query import read, read_ids
from .rows import marks

GROUPED = 5_000  # notices up to which tokens of one configuration with the same cause are put together


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause: its first token, how many tokens have it, and when the last of their access tokens ends."""

    token_id: str
    configuration_id: str
    count: int
    last_end: int | None


@dataclass(frozen=True, slots=True)
class Causes:
    """The most urgent causes, how many tokens they are about, and over how many tokens there is a notice in all."""

    shown: tuple[Cause, ...]
    tokens: int
    beginnings: tuple[str, ...]  # up to two tokens that were never requested, or revoked
    beginning: int


def causes(ctx: Context, now: datetime, most: int) -> Causes:
    """Why there are lines below the top menu; those that only wait to be begun are counted apart."""
    micros = to_micros(now)
    # What only waits is counted by the index of notices, and found by that of ranks.
    counted = (
        *in_two("notice_at", micros),
        f"notice_at <= {micros} AND {plus()}base = {Rank.START:d} AND {quiet(micros)}",
    )
    [(told, deciding, beginning)] = read(
        ctx, "SELECT " + ", ".join(f"(SELECT COUNT(*) FROM tokens_listing WHERE {each})" for each in counted)
    )
    tokens = int(told) + int(deciding)
    shown: list[Cause] = []
    if tokens > beginning:
        find = _grouped if tokens <= GROUPED else _single
        # Those that need a person now come first, and mostly nothing of the others is shown.
        shown = find(ctx, micros, Rank.NOW, most)
        for rank in (Rank.SOON, Rank.BUSY, Rank.OK):
            if len(shown) < most:
                shown += find(ctx, micros, rank, most - len(shown))
    beginnings: list[tuple[str]] = []
    if beginning:
        waiting = f"base = {Rank.START:d} AND {quiet(micros)} AND {plus()}notice_at <= {micros}"
        first = f"SELECT token_id FROM tokens_listing WHERE {waiting} ORDER BY name, label LIMIT 2"
        beginnings = read(ctx, first)
    return Causes(tuple(shown), tokens, tuple(str(token_id) for (token_id,) in beginnings), int(beginning))


def _grouped(ctx: Context, micros: int, rank: Rank, most: int) -> list[Cause]:
    # What has a notice is found by its index before it is grouped: the limit keeps the database from turning it round.
    few = (
        "SELECT token_id, configuration_id, urgent_at, name, cause"
        f" FROM tokens_listing WHERE {noticed(micros)} AND {ranked(rank, micros, plus())} LIMIT {GROUPED}"
    )
    order = "MIN(urgent_at), MIN(name)" if rank is Rank.NOW else "MIN(name)"
    rows = read(
        ctx,
        f"SELECT MIN(token_id), configuration_id, COUNT(*), MAX(urgent_at) FROM ({few}) AS few"
        f" GROUP BY configuration_id, cause ORDER BY {order} LIMIT {most}",
    )
    return [Cause(token_id, configuration, count, last or None) for token_id, configuration, count, last in rows]


def _single(ctx: Context, micros: int, rank: Rank, most: int) -> list[Cause]:
    """Too many to be put together: the first of them, each for itself."""
    where = f"{ranked(rank, micros, plus())} AND {noticed(micros, plus())}"
    if rank is Rank.NOW:
        ids = most_urgent(ctx, where, 0, most)
    else:
        ids = read_ids(ctx, f"SELECT token_id FROM tokens_listing WHERE {where} ORDER BY name, label LIMIT {most}")
    if not ids:
        return []
    sql = f"SELECT token_id, configuration_id, urgent_at FROM tokens_listing WHERE token_id IN ({marks(ids)})"
    found = {
        token_id: Cause(token_id, configuration, 1, last or None)
        for token_id, configuration, last in read(ctx, sql, ids)
    }
    return [found[token_id] for token_id in ids if token_id in found]
