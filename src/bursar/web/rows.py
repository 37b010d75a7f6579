"""The overview's table as values: one row a token, grouped by who acts, with one next step each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..tokens.listing import Rank
from ..tokens.overview import TokenView
from ..tokens.stopped import Stopped
from .standing import (
    FILTER_OF,
    Level,
    Standing,
    access_share,
    access_words,
    refresh_words,
    secret_words,
    standing,
)
from .steps import Step, next_step, other_steps

__all__ = ["FILTERS", "GROUPS", "PAGE", "Group", "Row", "Step", "groups_of", "rank_of", "row_of"]

PAGE = 50
GROUPS = (
    ("needs", gettext_lazy("Needs you"), (Level.NOW, Level.SOON, Level.START)),
    ("busy", gettext_lazy("Bursar is on it"), (Level.BUSY,)),
    ("working", gettext_lazy("Working"), (Level.OK,)),
    ("off", gettext_lazy("Not valid"), (Level.OFF,)),
)
FILTERS = (
    ("now", gettext_lazy("Needs you now"), "alert-octagon"),
    ("soon", gettext_lazy("Needs you soon"), "clock-exclamation"),
    ("start", gettext_lazy("Not started"), "circle-dashed"),
    ("retrying", gettext_lazy("Retrying"), "refresh"),
    ("active", gettext_lazy("Active"), "circle-check"),
    ("off", gettext_lazy("Not valid"), "circle-off"),
)
_RANKS = {FILTER_OF.get(level, str(level)): Rank[level.name] for level in Level}


@dataclass(frozen=True, slots=True)
class Row:
    """One token as the table shows it."""

    view: TokenView
    standing: Standing
    access: str
    share: int | None
    refresh: str
    secret: str
    step: Step | None
    more: tuple[Step, ...]
    stopped: Stopped | None = None

    @property
    def flow(self) -> str:
        """The flow in a word."""
        return _("credentials") if self.view.flow == "client_credentials" else _("code")


@dataclass(frozen=True, slots=True)
class Group:
    """A row group: its key, its heading, its rows, and how many there are on all pages."""

    key: str
    title: str
    rows: tuple[Row, ...]
    count: int


def row_of(view: TokenView, now: datetime, stopped: Stopped | None = None, who: str = "") -> Row:
    """The row of one token; `stopped` and `who` where it isn't valid and that is known (`stopped_words`)."""
    stands = standing(view, now, stopped, who)
    step = next_step(view, stands)
    return Row(
        view=view,
        standing=stands,
        access=access_words(view, now),
        share=access_share(view, now),
        refresh=refresh_words(view, now),
        secret=secret_words(view, now),
        step=step,
        more=other_steps(view, stands, step),
        stopped=stopped,
    )


def groups_of(rows: Sequence[Row], counts: dict[Level, int]) -> tuple[Group, ...]:
    """The rows by who acts; groups without rows are left out. `counts` are those of all pages, where they are known."""
    found = []
    for key, title, levels in GROUPS:
        within = tuple(row for row in rows if row.standing.level in levels)
        if within:
            found.append(
                Group(key, str(title), within, sum(counts[level] for level in levels) if counts else len(within))
            )
    return tuple(found)


def rank_of(filter_key: str) -> Rank | None:
    """The listing's rank that a filter of the side bar shows, None for an unknown one."""
    return _RANKS.get(filter_key)
