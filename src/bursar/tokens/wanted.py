"""What an overview asks for: which tokens, and in which order."""

from dataclasses import dataclass
from enum import StrEnum

from .listing import Rank


class Sort(StrEnum):
    """By what a page is sorted; URGENCY groups by who has to act."""

    URGENCY = ""
    NAME = "name"
    PROVIDER = "provider"
    ACCESS = "access"
    REFRESH = "refresh"
    USERS = "users"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tokens, and in which order: of these ranks (none: all), with a notice only, with every word."""

    ranks: frozenset[Rank] = frozenset()
    noticed: bool = False
    words: tuple[str, ...] = ()
    sort: Sort = Sort.URGENCY
    descending: bool = False
