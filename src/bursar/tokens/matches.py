"""Finds tokens by the words of a search, in `tokens_search`: one narrow row a token, read from its first to its last.

SQL is put together from this module's own words; what a person typed is always a parameter.
"""
# ruff: noqa: S608

from collections.abc import Sequence
from typing import Any

from django.db import connection

from ..context import Context
from .query import read
from .users import finding


def first_matches(ctx: Context, words: Sequence[str], most: int) -> list[str]:
    """The ids of up to `most` tokens that hold every word, in no order."""
    where, parameters = _holding(words)
    rows = read(ctx, f"SELECT token_id FROM tokens_search AS searched WHERE {where} LIMIT {most:d}", parameters)
    return [str(token_id) for (token_id,) in rows]


def match_count(ctx: Context, words: Sequence[str]) -> int:
    """How many tokens hold every word."""
    where, parameters = _holding(words)
    [(count,)] = read(ctx, f"SELECT COUNT(*) FROM tokens_search AS searched WHERE {where}", parameters)
    return int(count)


def matching(words: Sequence[str]) -> tuple[str, list[Any]]:
    """A condition of the row of `tokens_listing` with its parameters: that the token holds every word."""
    where, parameters = _holding(words)
    found = f"SELECT 1 FROM tokens_search AS searched WHERE searched.token_id = tokens_listing.token_id AND {where}"
    return f"EXISTS ({found})", parameters


def _holding(words: Sequence[str]) -> tuple[str, list[Any]]:
    conditions: list[str] = []
    parameters: list[Any] = []
    for word in words:
        sql, values = _holds(word)
        conditions.append(sql)
        parameters += values
    return " AND ".join(conditions), parameters


def _holds(word: str) -> tuple[str, list[Any]]:
    """That the word is in what is searched, or in the name of somebody who uses the configuration.

    Databases may fold ASCII letters alone, so a label or account that is written in capitals is looked for too.
    """
    position = "strpos" if connection.vendor == "postgresql" else "instr"
    variants = list(dict.fromkeys((word.casefold(), _ascii_lower(word.upper()))))
    parts = [f"{position}(searched.search, %s) > 0"] * len(variants)
    values: list[Any] = list(variants)
    for sql, parameters in finding(word):
        parts.append(f"searched.token_id IN (SELECT id FROM tokens_token WHERE configuration_id IN ({sql}))")
        values += parameters
    return f"({' OR '.join(parts)})", values


def _ascii_lower(text: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in text)
