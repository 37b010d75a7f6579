"""The overview's table as values: one row a token, grouped by who acts, with one next step each."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ..tokens.overview import TokenView
from .standing import Level, Standing, access_share, access_words, refresh_words, standing

PAGE = 50
GROUPS = (
    ("needs", "Needs you", (Level.NOW, Level.SOON, Level.START)),
    ("busy", "Bursar is on it", (Level.BUSY,)),
    ("working", "Working", (Level.OK,)),
    ("off", "Not valid", (Level.OFF,)),
)
FILTERS = (
    ("now", "Needs you now", "alert-octagon"),
    ("soon", "Needs you soon", "clock-exclamation"),
    ("start", "Not started", "circle-dashed"),
    ("retrying", "Retrying", "refresh"),
    ("active", "Active", "circle-check"),
    ("off", "Not valid", "circle-off"),
)
ORDER = {level: place for place, level in enumerate(Level)}


@dataclass(frozen=True, slots=True)
class Step:
    """The one button of a row: a verb, where it leads, and how it looks (soft, outlined, text)."""

    verb: str
    action: str
    look: str
    method: str = "post"
    leaves: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One token as the table shows it."""

    view: TokenView
    standing: Standing
    access: str
    share: int | None
    refresh: str
    step: Step | None
    more: tuple[Step, ...]

    @property
    def flow(self) -> str:
        return "credentials" if self.view.flow == "client_credentials" else "code"


@dataclass(frozen=True, slots=True)
class Group:
    """A row group: its key, its heading, and its rows."""

    key: str
    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """What one page of the overview shows, with the counts over everything."""

    groups: tuple[Group, ...]
    counts: Counter[str]
    total: int
    found: int
    first: int
    last: int
    page: int
    pages: int


def row_of(view: TokenView, now: datetime) -> Row:
    """The row of one token."""
    stands = standing(view, now)
    step = _step(view, stands)
    # A healthy row on a phone shows no button, so its menu has all there is.
    more = [each for each in _others(view) if step is None or each.verb != step.verb or stands.level is Level.OK]
    return Row(
        view=view,
        standing=stands,
        access=access_words(view, now),
        share=access_share(view, now),
        refresh=refresh_words(view, now),
        step=step,
        more=tuple(more),
    )


def table_of(rows: Sequence[Row], show: str, query: str, page: int) -> Table:
    """The rows that `show` (a filter's key, or empty) and `query` leave, one page of them, in groups."""
    counts = Counter(row.standing.filter for row in rows)
    found = sorted(
        (row for row in rows if (not show or row.standing.filter == show) and matches(row.view, query)),
        key=place_of,
    )
    pages = max(1, -(-len(found) // PAGE))
    page = min(max(1, page), pages)
    shown = found[(page - 1) * PAGE : page * PAGE]
    groups = tuple(
        Group(key, title, tuple(row for row in shown if row.standing.level in levels)) for key, title, levels in GROUPS
    )
    first = (page - 1) * PAGE + 1 if shown else 0
    last = (page - 1) * PAGE + len(shown)
    return Table(tuple(g for g in groups if g.rows), counts, len(rows), len(found), first, last, page, pages)


def place_of(row: Row) -> tuple[int, float, str, str]:
    """By level; what needs a person now by when its token ended or ends, everything else by name."""
    urgent = row.standing.level is Level.NOW and row.view.has_access_token and row.view.expires_at
    ends = row.view.expires_at.timestamp() if urgent and row.view.expires_at else 0.0
    return ORDER[row.standing.level], ends, row.view.name, row.view.label


def matches(view: TokenView, query: str) -> bool:
    """Whether every word of the query is in the name, label, provider, template, account or a user's name."""
    text = " ".join(
        (view.name, view.label, view.provider, view.template or "", view.account or "", *view.used_by)
    ).casefold()
    return all(word in text for word in query.casefold().split())


def _step(view: TokenView, stands: Standing) -> Step | None:
    base = f"/tokens/{view.id}"
    urgent = "soft" if stands.level is Level.NOW else "outlined"
    if view.validity != "valid":
        return None
    if view.held:
        return Step("Confirm", f"{base}/confirm", urgent, "get")
    if view.candidate is not None:
        return Step("Decide", f"/consents/{view.candidate[0]}", urgent, "get")
    if stands.level is Level.OK:
        return _renew(view, "text")
    if view.state.word == "retrying":
        return _renew(view, "text", "Try now")
    if view.error is not None and view.error.code in ("client_id_missing", "client_secret_missing"):
        return None  # no request can be made: the reason says what to enter
    if view.flow == "client_credentials":
        return _renew(view, urgent)
    if view.state.word == "misconfigured" and view.has_refresh_token:
        return _renew(view, urgent, "Try now")
    return Step("Authorize", f"{base}/authorize", urgent, leaves=True)


def _renew(view: TokenView, look: str, verb: str = "") -> Step:
    if view.flow == "client_credentials":
        return Step(verb or "Request", f"/tokens/{view.id}/request", look)
    return Step(verb or "Refresh", f"/tokens/{view.id}/refresh", look)


def _others(view: TokenView) -> list[Step]:
    base = f"/tokens/{view.id}"
    found = []
    if view.validity == "valid" and not view.held:
        if view.flow == "authorization_code":
            found.append(Step("Authorize", f"{base}/authorize", "text", leaves=True))
            if view.has_refresh_token:
                found.append(Step("Refresh", f"{base}/refresh", "text"))
        else:
            found.append(Step("Request", f"{base}/request", "text"))
    if view.state.word not in ("revoked", "no_token", "awaiting_consent"):
        found.append(Step("Revoke", f"{base}/revoke", "text", "get"))
    return found
