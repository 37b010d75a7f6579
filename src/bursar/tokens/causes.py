"""Why there are lines below the top menu, read from the listing: the most urgent causes, and how many there are.

SQL is put together from this module's own words and from numbers.
"""
# ruff: noqa: S608

from dataclasses import dataclass
from datetime import datetime

from ..clock import to_micros
from ..context import Context
from .board import needs_now, quiet
from .listing import Rank, rank_at
from .query import read

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
    noticed = f"(notice_at <= {micros} OR candidate_until > {micros})"
    waiting = f"base = {Rank.START:d} AND {quiet(micros)} AND {noticed}"
    [(tokens, beginning)] = read(
        ctx,
        f"SELECT (SELECT COUNT(*) FROM tokens_listing WHERE {noticed}),"
        f" (SELECT COUNT(*) FROM tokens_listing WHERE {waiting})",
    )
    shown: list[Cause] = []
    if tokens > beginning:
        grouped = _grouped if tokens <= GROUPED else _single
        # Those that need a person now come first, and mostly nothing of the others is shown.
        shown = grouped(ctx, micros, f"{noticed} AND ({needs_now(micros)})", most)
        if len(shown) < most:
            rest = f"{noticed} AND {quiet(micros)} AND {rank_at(micros)} <> {Rank.START:d}"
            shown += grouped(ctx, micros, rest, most - len(shown))
    beginnings: list[tuple[str]] = []
    if beginning:
        beginnings = read(ctx, f"SELECT token_id FROM tokens_listing WHERE {waiting} ORDER BY name, label LIMIT 2")
    return Causes(tuple(shown), tokens, tuple(str(token_id) for (token_id,) in beginnings), int(beginning))


def _grouped(ctx: Context, micros: int, where: str, most: int) -> list[Cause]:
    # What has a notice is found by its index before it is grouped: the limit keeps the database from turning it round.
    few = (
        f"SELECT token_id, configuration_id, urgent_at, name, cause, {rank_at(micros)} AS standing"
        f" FROM tokens_listing WHERE {where} LIMIT {GROUPED}"
    )
    rows = read(
        ctx,
        f"SELECT MIN(token_id), configuration_id, COUNT(*), MAX(urgent_at) FROM ({few}) AS few"
        " GROUP BY configuration_id, standing, cause"
        f" ORDER BY standing, CASE WHEN standing = {Rank.NOW:d} THEN MIN(urgent_at) ELSE 0 END, MIN(name) LIMIT {most}",
    )
    return [Cause(token_id, configuration, count, last or None) for token_id, configuration, count, last in rows]


def _single(ctx: Context, micros: int, where: str, most: int) -> list[Cause]:
    order = f"{rank_at(micros)}, CASE WHEN {needs_now(micros)} THEN urgent_at ELSE 0 END, name, label"
    rows = read(
        ctx,
        f"SELECT token_id, configuration_id, urgent_at FROM tokens_listing WHERE {where} ORDER BY {order} LIMIT {most}",
    )
    return [Cause(token_id, configuration, 1, last or None) for token_id, configuration, last in rows]
