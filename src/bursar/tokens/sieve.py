"""What a search found, taken out of the order of everything.

SQL is put together from this module's own words and from numbers.
"""
# ruff: noqa: S608

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace

from ..context import Context
from .conditions import noticed, ranked
from .listing import Rank
from .matches import Matches, matches
from .ordered import Window, read_ordered, sorted_here
from .query import joined, read, read_ids, split
from .wanted import Sort, Wanted

FEW = 500  # tokens up to which they are sorted here
SPARE = 200  # rows that are read beyond those that should do


@dataclass(frozen=True, slots=True)
class Sieve:
    """What a search found; how many tokens of each rank there are; and the ids that it found of each rank that was
    looked through, in no order."""

    matches: Matches
    ranks: Counter[Rank]
    by_rank: dict[Rank, list[str]]

    @property
    def most(self) -> Rank:
        """The rank that nearly all tokens have."""
        return max(Rank, key=lambda rank: self.ranks[rank])

    def counted(self, ranks: Collection[Rank]) -> Counter[Rank]:
        """How many were found of each of `ranks`; the rank that most have has what is left of those looked through."""
        found = Counter({rank: len(ids) for rank, ids in self.by_rank.items()})
        found[self.most] = max(0, self.matches.count(self.ranks.total()) - found.total())
        return Counter({rank: found[rank] for rank in ranks})


def searched(ctx: Context, wanted: Wanted, micros: int) -> tuple[Matches, Wanted]:
    """What a search finds, those with a notice where only they are wanted; and what is wanted of them beyond that."""
    found = matches(ctx, wanted.words)
    if wanted.noticed:
        ids = read_ids(ctx, f"SELECT token_id FROM tokens_listing WHERE {noticed(micros)}")
        found = Matches(frozenset(found.sift(ids)))
    return found, replace(wanted, words=(), noticed=False)


def sieve_of(ctx: Context, wanted: Wanted, micros: int, found: Matches, ranks: Counter[Rank]) -> Sieve:
    """Ranks but the one that most tokens have are looked through, as far as a page or its count needs them."""
    sieve = Sieve(found, ranks, {})
    needed = wanted.ranks or frozenset(Rank)
    if sieve.most in needed:
        needed = frozenset(Rank) if wanted.sort is Sort.URGENCY else frozenset(Rank) - needed
    asked = [rank for rank in needed if ranks[rank] and rank is not sieve.most]
    if asked:
        # As subqueries: of a union PostgreSQL may make a job for several processes, whose start takes longer than it.
        ids = joined("token_id", ",")
        each = [f"(SELECT {ids} FROM tokens_listing WHERE {ranked(rank, micros)})" for rank in asked]
        [row] = read(ctx, f"SELECT {', '.join(each)}")
        sieve.by_rank.update({rank: found.sift(split(ids)) for rank, ids in zip(asked, row, strict=True)})
    return sieve


def sifted(ctx: Context, wanted: Wanted, micros: int, window: Window, sieve: Sieve) -> list[str]:
    """The ids of a window of what is wanted and was found."""
    ranks = wanted.ranks or frozenset(Rank)
    if len(ranks) == 1:
        [rank] = ranks
        known = sieve.by_rank.get(rank)
        if known is not None and len(known) <= FEW:
            ids = sorted_here(ctx, wanted, micros, known)
            ids = ids[::-1] if window.backwards else ids
            return ids[window.skipped : window.skipped + window.size]
    total = sum(sieve.ranks[rank] for rank in ranks)
    return sifted_of(ctx, wanted, micros, window, sieve.matches, sieve.counted(ranks).total(), total)


def sifted_of(
    ctx: Context, wanted: Wanted, micros: int, window: Window, found: Matches, count: int, total: int
) -> list[str]:
    """The same where about `count` of `total` were found: as many are read as should hold the window, and more where
    they don't."""
    if found.are_all:
        return read_ordered(ctx, wanted, micros, window, total)
    ids: list[str] = []
    needed = window.skipped + window.size
    done, length = 0, needed * total // max(1, count) * 5 // 4 + SPARE
    while len(ids) < needed:
        part = read_ordered(ctx, wanted, micros, Window(done, length, window.backwards), total)
        ids += found.sift(part)
        if len(part) < length:
            break
        done, length = done + length, 2 * length
    return ids[window.skipped : needed]
