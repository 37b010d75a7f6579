"""What stands beside an existing configuration on its pages: who changed it, who uses it, which tokens it has."""

from typing import Any

from ...app import context
from ...tokens.models import Configuration, Token
from ...tokens.users import users_of
from ..wording import clock

MOST_TOKENS = 20


def own_side(row: Configuration) -> dict[str, Any]:
    """The values of `configurations/own_side.html`."""
    now = context().clock.now()
    tokens = Token.objects.filter(configuration=row).order_by("label")
    return {
        "row": row,
        "tokens": list(tokens.values("id", "label")[:MOST_TOKENS]),
        "token_count": tokens.count(),
        "used_by": users_of([row.id])[row.id],
        "changed_words": clock(row.changed_at, now),
        "created_words": clock(row.created_at, now),
    }
