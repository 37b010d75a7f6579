"""Conditions of a row of the listing at a moment, as SQL: made of this module's own words and of numbers."""

from django.db import connection

from .listing import Rank


def needs_now(micros: int, mark: str = "") -> str:
    """SQL for a row that needs a person at that moment; `mark` as `plus` where it is not to be found by that."""
    return f"({mark}now_at <= {micros} OR {mark}candidate_until > {micros})"


def noticed(micros: int, mark: str = "") -> str:
    """SQL for a row that has a notice; `mark` as `plus` where it is not to be found by that."""
    return f"({mark}notice_at <= {micros} OR {mark}candidate_until > {micros})"


def in_two(column: str, micros: int) -> tuple[str, str]:
    """SQL for the rows whose `column` (`now_at` or `notice_at`) is past, and for the others that are a candidate: no
    row is in both, and each is found by an index of its own, which an OR of them is not."""
    return f"{column} <= {micros}", f"candidate_until > {micros} AND {plus()}{column} > {micros}"


def ranked(rank: Rank, micros: int, mark: str = "") -> str:
    """SQL for the rows of a rank; `mark` as `plus` where they are not to be found by it."""
    match rank:
        case Rank.NOW:
            return needs_now(micros, mark)
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
