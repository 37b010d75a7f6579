"""Finds tokens by the words of a search, in `tokens_search`: one narrow row a token, read from its first to its last.

SQL is put together from this module's own words; what a person typed is always a parameter.
"""
# ruff: noqa: S608

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db import connection

from ..context import Context
from .query import read
from .users import finding

_PATTERN = re.compile(r"([%_\\])")
_ESCAPED = r"\\\1"


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of SQL with its parameters."""

    sql: str
    values: tuple[Any, ...] = ()


def first_matches(ctx: Context, words: Sequence[str], most: int) -> list[str]:
    """The ids of up to `most` tokens that hold every word, in no order."""
    found = _found("searched.token_id", words)
    return [str(token_id) for (token_id,) in read(ctx, f"{found.sql} LIMIT {most:d}", found.values)]


def match_count(ctx: Context, words: Sequence[str]) -> int:
    """How many tokens hold every word."""
    found = _found("1", words)
    [(count,)] = read(ctx, f"SELECT COUNT(*) FROM ({found.sql}) AS found", found.values)
    return int(count)


def matching(words: Sequence[str]) -> tuple[str, list[Any]]:
    """A condition of the row of `tokens_listing` with its parameters: that the token holds every word.

    It is a value, not an EXISTS: PostgreSQL would make that a join with everything that is searched.
    """
    held = _all([_or(_written(word), _used(word)) for word in words])
    row = f"SELECT {held.sql} FROM tokens_search AS searched WHERE searched.token_id = tokens_listing.token_id"
    return f"({row})", list(held.values)


def _found(column: str, words: Sequence[str]) -> _Part:
    """A SELECT of the tokens that hold every word: those in whose own row all stand, then what is left of those whose
    users' names hold one. Asking that of each row would take longer than reading it."""
    written = _all([_written(word) for word in words])
    used = [each for word in words for each in _users(word)]
    found = f"SELECT {column} FROM tokens_search AS searched WHERE {written.sql}"
    if not used:
        return _Part(found, written.values)
    named = _Part(" UNION ".join(each.sql for each in used), tuple(chain.from_iterable(each.values for each in used)))
    # Of one word it is known already that the name of a user holds it.
    held = _all([_or(_written(word), _used(word)) for word in words]) if len(words) > 1 else _Part("true")
    rest = (
        f"SELECT {column} FROM ({named.sql}) AS named JOIN tokens_search AS searched"
        f" ON searched.token_id = named.token_id WHERE {held.sql} AND NOT ({written.sql})"
    )
    return _Part(f"{found} UNION ALL {rest}", (*written.values, *named.values, *held.values, *written.values))


def _written(word: str) -> _Part:
    """That the word stands in what is searched.

    Databases may fold ASCII letters alone, so a label or account that is written in capitals is looked for too.
    """
    variants = tuple(dict.fromkeys((word.casefold(), _ascii_lower(word.upper()))))
    if connection.vendor == "postgresql":
        return _Part(" OR ".join(["strpos(searched.search, %s) > 0"] * len(variants)), variants)
    # SQLite's LIKE is quicker than its instr.
    patterns = tuple(f"%{_PATTERN.sub(_ESCAPED, variant)}%" for variant in variants)
    return _Part(" OR ".join([r"searched.search LIKE %s ESCAPE '\'"] * len(variants)), patterns)


def _used(word: str) -> _Part:
    """That the word stands in the name of somebody who uses the token."""
    used = _users(word)
    either = " OR ".join(
        f"EXISTS (SELECT 1 FROM ({each.sql}) AS named WHERE named.token_id = searched.token_id)" for each in used
    )
    return _Part(either or "false", tuple(chain.from_iterable(each.values for each in used)))


def _users(word: str) -> list[_Part]:
    return [_Part(sql, tuple(values)) for sql, values in finding(word)]


def _or(one: _Part, other: _Part) -> _Part:
    return _Part(f"{one.sql} OR {other.sql}", (*one.values, *other.values))


def _all(parts: Sequence[_Part]) -> _Part:
    sql = " AND ".join(f"({part.sql})" for part in parts)
    return _Part(sql, tuple(chain.from_iterable(part.values for part in parts)))


def _ascii_lower(text: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in text)
