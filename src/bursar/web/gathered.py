"""All tokens that a page of the overview speaks of, read at once: those of its rows, its notices and its picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ..context import Context
from ..tokens.causes import Causes
from ..tokens.coming import Coming
from ..tokens.overview import TokenView, views_of
from .horizon import LISTED, ends_of
from .notices import causes_of


@dataclass(frozen=True, slots=True)
class Gathered:
    """Why there are notices, what ends next, and the views of all tokens concerned, by id."""

    causes: Causes
    ends: list[Coming]
    views: dict[str, TokenView]


def gather(ctx: Context, shown: Sequence[str], now: datetime) -> Gathered:
    """`shown` are the tokens of the rows."""
    causes, ends = causes_of(ctx, now), ends_of(ctx, now)
    named = (*(cause.token_id for cause in causes.shown), *causes.beginnings, *(end.token_id for end in ends[:LISTED]))
    views = views_of(ctx, list(dict.fromkeys((*shown, *named))))
    return Gathered(causes, ends, {view.id: view for view in views})
