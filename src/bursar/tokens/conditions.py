"""Conditions of a row of the listing at a moment, as SQL: made of this module's own words and of numbers."""

from django.db import connection

from .listing import Rank


def needs_now(micros: int) -> str:
    """SQL for a row that needs a person at that moment."""
    return f"now_at <= {micros} OR candidate_until > {micros}"


def noticed(micros: int, mark: str = "") -> str:
    """SQL for a row that has a notice; `mark` as `plus` where it is not to be found by that."""
    return f"({mark}notice_at <= {micros} OR {mark}candidate_until > {micros})"


def ranked(rank: Rank, micros: int, mark: str = "") -> str:
    """SQL for the rows of a rank; `mark` as `plus` where they are not to be found by it."""
    match rank:
        case Rank.NOW:
            return f"({mark}now_at <= {micros} OR {mark}candidate_until > {micros})"
        case Rank.SOON:
            return f"({mark}base = {rank:d} OR {mark}soon_at <= {micros}) AND {quiet(micros)}"
        case Rank.OK:
            return f"{mark}base = {rank:d} AND {plus()}soon_at > {micros} AND {quiet(micros)}"
        case _:
            return f"{mark}base = {rank:d} AND {quiet(micros)}"


def quiet(micros: int) -> str:
    """SQL for a row that needs nobody now. No index is of use for what is true of nearly every row."""
    return f"{plus()}now_at > {micros} AND {plus()}candidate_until <= {micros}"


def plus() -> str:
    """What keeps SQLite, which knows nothing of how values are spread, from an index that finds nearly every row."""
    return "+" if connection.vendor == "sqlite" else ""
