"""Revoke: here at once, at the provider as soon as it answers (RFC 7009). Nothing held is ever sent."""

from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper

from ..context import Context
from . import life
from .history import REVOKED, note
from .obtain import find
from .outcome import Refusal, RefusalKind
from .revocations import queue_stored, send_due_revocations
from .rows import TokenRow, lock_row, read_row


def revoke(ctx: Context, reference: str, by: str = "") -> TokenRow | Refusal:
    """Forget the token here, tell the provider now, and go on telling it until it hears.

    Returns the wiped row; `by` is who wanted it. Never fails for the provider's sake.
    """
    row = find(ctx, reference)
    if isinstance(row, Refusal):
        return row
    token_id = row.id
    while True:
        wiped = ctx.storage.write(lambda cursor: wipe_row(cursor, ctx, token_id, by))
        if wiped is not None:
            break
        if ctx.stop.wait(0.05):
            return Refusal(RefusalKind.TEMPORARY, "shutting_down", "Bursar is shutting down.")
    send_due_revocations(ctx, first_tries=True)
    return wiped.row


@dataclass(frozen=True, slots=True)
class Wiped:
    """The row after it; whether there was a token to end, and how many the provider is told of."""

    row: TokenRow
    had_material: bool
    queued: int


def wipe_row(cursor: CursorWrapper, ctx: Context, token_id: str, by: str) -> Wiped | None:
    """A job of the writer: forget one token. None where another process is writing it this moment."""
    row = lock_row(cursor, token_id)
    if row is None:
        return None
    now = ctx.clock.now()
    queued = queue_stored(cursor, ctx, row, now)
    if life.wipe(cursor, row, now):
        note(cursor, row.c_id, row.id, REVOKED, by, now)
    after = read_row(cursor, token_id)
    had_material = row.access_token is not None or row.refresh_token is not None
    return None if after is None else Wiped(after, had_material, queued)
