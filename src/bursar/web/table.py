"""One page of the overview with everything its templates show: rows, counts, filters, orders, addresses."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..context import Context
from ..tokens.board import Counts, Found, counts, find
from ..tokens.listing import Rank
from ..tokens.overview import TokenView
from ..tokens.stopped import stopped
from ..tokens.wanted import Sort
from .choice import NOTICED, Choice, address, as_wanted
from .names import people_named
from .rows import FILTERS, PAGE, Group, Row, groups_of, rank_of, row_of
from .standing import Level

COLUMNS = (
    (Sort.NAME, gettext_lazy("Name"), "c-name"),
    (Sort.PROVIDER, gettext_lazy("Provider · flow"), "c-provider"),
    (Sort.URGENCY, gettext_lazy("State"), "c-state"),
    (Sort.ACCESS, gettext_lazy("Access token"), "c-access"),
    (Sort.REFRESH, gettext_lazy("Refresh token · secret"), "c-refresh"),
    (Sort.USERS, gettext_lazy("Used by"), "c-users"),
)


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one page, in groups where the order is by who acts, with the counts over everything."""

    rows: tuple[Row, ...]
    groups: tuple[Group, ...]
    counts: Counts
    found: int
    first: int
    last: int
    page: int
    pages: int


def found_of(ctx: Context, choice: Choice, now: datetime) -> tuple[Counts, Found]:
    """The counts over everything, and which tokens the choice leaves on its page."""
    known = counts(ctx, now)
    return known, find(ctx, as_wanted(choice), int(choice["page"]), PAGE, now, known)


def table_of(
    ctx: Context, known: Counts, found: Found, views: Mapping[str, TokenView], choice: Choice, now: datetime
) -> Table:
    """What was found, as rows."""
    wanted = as_wanted(choice)
    rows = rows_of(ctx, [views[token_id] for token_id in found.token_ids if token_id in views], now)
    groups: tuple[Group, ...] = ()
    if wanted.sort is Sort.URGENCY and not wanted.descending:
        whole = {level: known.ranks[Rank[level.name]] for level in Level}
        if wanted.words or wanted.noticed:
            whole = {}  # of what is narrowed, each heading counts what stands below it
        groups = groups_of(rows, whole)
    first = (found.page - 1) * PAGE
    return Table(
        rows=rows,
        groups=groups,
        counts=known,
        found=found.count,
        first=first + 1 if rows else 0,
        last=first + len(rows),
        page=found.page,
        pages=max(1, -(-found.count // PAGE)),
    )


def rows_of(ctx: Context, views: Sequence[TokenView], now: datetime) -> tuple[Row, ...]:
    """One row a token. The history is asked about those that aren't valid, and only where there are any; people by
    name about those who said so, or who opened a consent that is under way."""
    since = stopped(ctx, sorted({view.configuration_id for view in views if view.validity != "valid"}))
    did = {each.by for each in since.values()} | {view.opened.by for view in views if view.opened is not None}
    names = people_named(did - {""}) if did - {""} else {}
    found = []
    for view in views:
        its = since.get(view.configuration_id) if view.validity != "valid" else None
        by = its.by if its else view.opened.by if view.opened is not None else ""
        found.append(row_of(view, now, its, names.get(by, "")))
    return tuple(found)


def values_of(table: Table, choice: Choice) -> dict[str, Any]:
    """Everything the overview's templates ask for beside the frame."""
    ranks = table.counts.ranks
    filters = [
        {
            "key": key,
            "title": title,
            "icon": icon,
            "count": ranks[Rank(rank_of(key) or 0)],
            "current": key == choice["show"],
            "address": address(choice, show=key, valid=""),
        }
        for key, title, icon in FILTERS
    ]
    if choice["show"] == NOTICED:
        title = _("With a notice")
        filters.append({"key": NOTICED, "title": title, "icon": "list", "count": table.found, "current": True})
    valid = table.counts.total - ranks[Rank.OFF]
    choice = choice | {"page": str(table.page)}
    return {
        "table": table,
        "filters": filters,
        "choice": choice,
        "kept": [(name, choice[name]) for name in ("show", "valid", "sort") if choice[name]],
        "columns": [_column(choice, sort, str(title), classes) for sort, title, classes in COLUMNS],
        "all_address": address(choice, show=""),
        "valid_only": {
            "address": address(choice, valid="1", show=""),
            "current": bool(choice["valid"]),
            "count": valid,
        },
        "valid_all": {"address": address(choice, valid=""), "current": not choice["valid"]},
        "clearing": clearing(choice),
        "before": address(choice, page=str(table.page - 1)) if table.page > 1 else "",
        "after": address(choice, page=str(table.page + 1)) if table.page < table.pages else "",
        "renew": address(choice, "/tokens/rows"),
        "summary": summary(ranks[Rank.NOW], ranks[Rank.SOON], ranks[Rank.OK], ranks[Rank.START]),
    }


def clearing(choice: Choice) -> list[dict[str, str]]:
    """What narrows the page, each with the address that takes it away: the way out of an empty result."""
    found = []
    if choice["q"]:
        found.append({"verb": _("Clear the search"), "address": address(choice, q="")})
    if choice["show"]:
        title = next((str(title) for key, title, _icon in FILTERS if key == choice["show"]), _("With a notice"))
        words = _("Clear the filter “%(filter)s”") % {"filter": title}
        found.append({"verb": words, "address": address(choice, show="")})
    if choice["valid"]:
        found.append({"verb": _("Show those that aren’t valid too"), "address": address(choice, valid="")})
    return found


def summary(now: int, soon: int, fine: int, start: int = 0) -> str:
    """`3 need you now, 2 soon. 7 run without you.`; where nothing is urgent, what was never begun is named too."""
    if now:
        words = ngettext("%(count)d needs you now", "%(count)d need you now", now) % {"count": now}
        if soon:
            words = _("%(now)s, %(soon)d soon") % {"now": words, "soon": soon}
    elif soon:
        words = ngettext("%(count)d needs you soon", "%(count)d need you soon", soon) % {"count": soon}
    else:
        words = _("Nothing needs you now")
        if start:
            words = ngettext("%(words)s, %(count)d is not started", "%(words)s, %(count)d are not started", start) % {
                "words": words,
                "count": start,
            }
    rest = ngettext("%(count)d runs without you.", "%(count)d run without you.", fine) % {"count": fine}
    return f"{words}. {rest}" if fine else f"{words}."


def seal_of(*parts: object) -> str:
    """A name for what a page shows: the same as long as every word of it is."""
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()[:20]


def _column(choice: Choice, sort: Sort, title: str, classes: str) -> dict[str, str]:
    """A column's head: a press sorts by it, one more the other way round, and State brings the groups back."""
    current = choice["sort"].removeprefix("-") == sort
    descending = choice["sort"].startswith("-")
    turned = f"-{sort}" if current and not descending and sort else str(sort)
    order = "" if not current else "descending" if descending else "ascending"
    return {"title": title, "classes": classes, "address": address(choice, sort=turned), "order": order}
