"""What an address of the overview asks for: filter, validity, search, order, page. And the addresses back."""

from urllib.parse import parse_qs, urlencode, urlsplit

from django.http import HttpRequest

from ..askable import askable, words_of
from ..tokens.listing import Rank
from ..tokens.wanted import Sort, Wanted
from .rows import rank_of

OVERVIEW = "/tokens"
LONGEST_QUERY = 200
NOTICED = "noticed"  # the filter behind "n more tokens" below the top menu
Choice = dict[str, str]


def wanted(query: dict[str, str]) -> Choice:
    """The choice in a query string; what isn't known asks for nothing."""
    show, page, sort = query.get("show", ""), query.get("page", "1"), query.get("sort", "")
    return {
        "show": show if show == NOTICED or rank_of(show) is not None else "",
        "valid": "1" if query.get("valid") == "1" else "",
        "q": search_text(query.get("q", "")),
        "sort": sort if sort.removeprefix("-") in list(Sort) and sort != "-" else "",
        "page": str(page_number(page)),
    }


def search_text(text: str) -> str:
    """What a search asks for, as far as a database can be asked for it."""
    return askable(text).strip()[:LONGEST_QUERY]


def page_number(text: str) -> int:
    """The page that an address asks for; 1 where that is no number, or a silly one."""
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 7 else 1


def as_wanted(choice: Choice) -> Wanted:
    """The choice as the heart understands it."""
    rank = rank_of(choice["show"])
    ranks = frozenset() if rank is None else frozenset((rank,))
    if choice["valid"] and rank is None:
        ranks = frozenset(Rank) - {Rank.OFF}
    sort = choice["sort"]
    return Wanted(
        ranks=ranks,
        noticed=choice["show"] == NOTICED,
        words=words_of(choice["q"]),
        sort=Sort(sort.removeprefix("-")),
        descending=sort.startswith("-"),
    )


def shown_before(request: HttpRequest) -> Choice:
    """The choice of the page from which a script sent an action."""
    query = parse_qs(urlsplit(request.headers.get("HX-Current-URL", "")).query)
    return wanted({key: values[0] for key, values in query.items()})


def is_overview(request: HttpRequest) -> bool:
    """Whether a script's request comes from the overview, which has the rows to renew."""
    return urlsplit(request.headers.get("HX-Current-URL", "")).path == OVERVIEW


def address(choice: Choice, path: str = OVERVIEW, **changes: str) -> str:
    """The overview's address with that choice, nothing in it that is the default; a change leads to the first page."""
    values = choice | ({"page": "1"} if changes else {}) | changes
    query = urlencode({key: value for key, value in values.items() if value and (key, value) != ("page", "1")})
    return path + (f"?{query}" if query else "")
