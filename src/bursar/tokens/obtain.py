"""The one question that everybody asks who needs a token: `obtain(ctx, "NAME", min_ttl)`."""

from datetime import datetime

from ..askable import is_askable
from ..context import Context
from ..keyring import SealBroken
from ..uses import Consumer
from . import life, timing
from .asker import CONSUMER, Asker
from .hindrance import barred
from .outcome import Obtained, Refusal, RefusalKind, quoted
from .renew import renew
from .rows import TokenRow, find_row


def obtain(ctx: Context, reference: str, min_ttl: float = 0, by: Consumer | None = None) -> Obtained | Refusal:
    """An access token of NAME or NAME#LABEL that lives for at least `min_ttl` seconds, or why there is none.

    The hand-out is recorded for `by`, which every consumer names (SEC-47).

    A shorter-lived one is returned where the provider gives no longer life, or is in trouble while the stored one
    still lives: any valid token is better than none. Raises Temporary where the database can't be used.
    """
    return _counted(ctx, usable(ctx, reference, min_ttl, _asker(by)), by)


def usable(ctx: Context, reference: str, min_ttl: float, asker: Asker) -> Obtained | Refusal:
    """`obtain` without a record of it, for those who count hand-outs themselves."""
    row = find(ctx, reference)
    if isinstance(row, Refusal):
        return row
    bar = barred(row)
    if bar is not None:
        return bar
    now = ctx.clock.now()
    if row.is_valid(now, min_ttl) or _freshest(row, now):
        return _opened(ctx, row)

    def satisfied(candidate: TokenRow, at: datetime) -> bool:
        return barred(candidate) is None and (candidate.is_valid(at, min_ttl) or _freshest(candidate, at))

    token_id = row.id
    renewed = ctx.flights.share(("obtain", token_id, min_ttl), lambda: renew(ctx, token_id, satisfied, asker))
    if isinstance(renewed, Refusal):
        return _still_valid(ctx, reference) or renewed
    bar = barred(renewed)
    if bar is not None:
        return bar
    return _opened(ctx, renewed) if renewed.is_valid(ctx.clock.now()) else _ended(renewed)


def reject(ctx: Context, reference: str, sha256: str, by: Consumer | None = None) -> Obtained | Refusal:
    """A server refused the access token with this SHA-256: the one that replaced it, else one new one (SEC-57).

    The refused token is never handed out again.
    """
    return _counted(ctx, replacement(ctx, reference, sha256, _asker(by)), by)


def replacement(ctx: Context, reference: str, sha256: str, asker: Asker) -> Obtained | Refusal:
    """`reject` without a record of it."""
    row = find(ctx, reference)
    if isinstance(row, Refusal):
        return row
    if row.access_sha256 == sha256:
        seen = row
        ctx.storage.write(
            lambda cursor: life.update(
                cursor, "id = %s AND access_sha256 = %s", [seen.id, sha256], rejected_sha256=sha256
            )
        )
    return usable(ctx, reference, 0, asker)


def find(ctx: Context, reference: str) -> TokenRow | Refusal:
    """The row that a reference names, or the refusal that there is none."""
    row = ctx.storage.read(lambda cursor: find_row(cursor, reference)) if is_askable(reference) else None
    if row is not None:
        return row
    return Refusal(
        RefusalKind.NOT_FOUND,
        "configuration_not_found",
        f"There is no token {quoted(reference)}.",
        "`bursar token list` shows the names.",
    )


def _asker(by: Consumer | None) -> Asker:
    return CONSUMER if by is None else Asker(by.kind, by.name)


def _counted(ctx: Context, found: Obtained | Refusal, by: Consumer | None) -> Obtained | Refusal:
    if by is not None and isinstance(found, Obtained):
        ctx.uses.note(found.token_id, by, ctx.clock.now())
        ctx.uses.keep_writing(ctx.storage, ctx.stop)
    return found


def _freshest(row: TokenRow, now: datetime) -> bool:
    return (
        row.issued_at is not None
        and row.expires_at is not None
        and row.is_valid(now)
        and timing.is_fresh(row.issued_at, row.expires_at, now)
    )


def _still_valid(ctx: Context, reference: str) -> Obtained | None:
    row = find(ctx, reference)
    if isinstance(row, Refusal) or barred(row) is not None or not row.is_valid(ctx.clock.now()):
        return None
    found = _opened(ctx, row)
    return found if isinstance(found, Obtained) else None


def _opened(ctx: Context, row: TokenRow) -> Obtained | Refusal:
    try:
        token = row.open(ctx.keyring, "access_token")
    except SealBroken:
        return Refusal(
            RefusalKind.PERSON,
            "secret_unreadable",
            "The stored token doesn't open: it was changed or moved in the database.",
            "Restore it from a backup, or authorize again.",
        )
    assert token is not None
    assert row.expires_at is not None
    return Obtained(token, row.token_type, row.expires_at, row.scope, row.account, row.access_sha256 or "", row.id)


def _ended(row: TokenRow) -> Refusal:
    return Refusal(
        RefusalKind.TEMPORARY, "token_ended", f'The token of "{row.reference}" ended as soon as it was given.', "", 1
    )
