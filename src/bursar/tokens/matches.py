"""Finds tokens by the words of a search, in `tokens_search`: one narrow row a token, read once from first to last.

SQL is put together from this module's own words; what a person typed is always a parameter.
"""
# ruff: noqa: S608

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from ..askable import containing
from ..context import Context
from .query import read, read_ids

SAMPLE = 500  # rows that tell whether most tokens match


@dataclass(frozen=True, slots=True)
class Matches:
    """The tokens that hold every word: those with these ids, or with `others` all but those, whichever are fewer."""

    ids: frozenset[str]
    others: bool = False

    def count(self, total: int) -> int:
        """How many they are, of `total` tokens in all."""
        return max(0, total - len(self.ids)) if self.others else len(self.ids)

    @property
    def are_all(self) -> bool:
        """Whether every token is among them."""
        return self.others and not self.ids

    def are_few(self, most: int) -> bool:
        """Whether their ids are known, and no more than `most`."""
        return not self.others and len(self.ids) <= most

    def sift(self, token_ids: Iterable[str]) -> list[str]:
        """Those of these tokens that are among them, in the same order."""
        ids = self.ids
        if self.others:
            return [token_id for token_id in token_ids if token_id not in ids] if ids else list(token_ids)
        return [token_id for token_id in token_ids if token_id in ids]


def matches(ctx: Context, words: Sequence[str]) -> Matches:
    """The tokens that hold every word."""
    held, values = _held(words)
    # Of very many tokens the ids cost more than looking through them: a sample tells which half to ask for.
    sample = f"SELECT search FROM tokens_search LIMIT {SAMPLE:d}"
    [(seen, hits)] = read(
        ctx, f"SELECT COUNT(*), SUM(CASE WHEN {held} THEN 1 ELSE 0 END) FROM ({sample}) AS searched", values
    )
    others = seen == SAMPLE and 2 * hits > seen
    which = f"NOT ({held})" if others else held
    ids = read_ids(ctx, f"SELECT token_id FROM tokens_search AS searched WHERE {which}", values)
    return Matches(frozenset(ids), others)


def _held(words: Sequence[str]) -> tuple[str, list[Any]]:
    """SQL for a row that holds every word, with its parameters."""
    parts = [_written(word) for word in words]
    return " AND ".join(f"({sql})" for sql, _values in parts), [value for _sql, values in parts for value in values]


def _written(word: str) -> tuple[str, tuple[str, ...]]:
    """That the word stands in what is searched.

    Databases may fold ASCII letters alone, so what is written in capitals is looked for too.
    """
    variants = tuple(dict.fromkeys((word.casefold(), _ascii_lower(word.upper()))))
    if connection.vendor == "postgresql":
        return " OR ".join(["strpos(searched.search, %s) > 0"] * len(variants)), variants
    # SQLite's LIKE is quicker than its instr.
    patterns = tuple(map(containing, variants))
    return " OR ".join([r"searched.search LIKE %s ESCAPE '\'"] * len(variants)), patterns


def _ascii_lower(text: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in text)
