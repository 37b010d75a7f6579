"""Consumers that would send a token, or a secret of their own, where nobody has confirmed it (SEC-62).

Web services and mail accounts store such a change as it is given, and are held: nothing is erased, and nothing goes
out until a person has said yes to the place.
"""

from collections.abc import Mapping

from django.db.models import Model

from ..context import Context
from ..errors import changed_meanwhile
from .edit import Move, Moves


def moves_between(
    before: Mapping[str, str], after: Mapping[str, str], first: str, *, secret: bool, token: bool
) -> Moves:
    """What of both goes elsewhere, by the names of the fields; `first` stands for all where none of them differs."""
    if not (secret or token):
        return Moves((), False, 0)
    moved = [Move(key, before.get(key, ""), where) for key, where in after.items() if before.get(key, "") != where]
    moved = moved or [Move(first, before.get(first, ""), after[first])]
    return Moves(tuple(moved), secret, int(token))


def release(ctx: Context, row: Model, by: str, *, seen: int) -> None:
    """A person confirms that what `row` sends may go where it would send it now; `row` has a name, `held`, and a
    generation, which `seen` is the one of that the person looked at.

    Raises Temporary (`changed_meanwhile`).
    """
    rows = type(row)._default_manager.filter(pk=row.pk, generation=seen)
    if not rows.update(held=False, generation=seen + 1, changed_at=ctx.clock.now(), changed_by=by):
        raise changed_meanwhile(str(getattr(row, "name", "")))
