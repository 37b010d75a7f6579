"""Revoke: here at once, at the provider as soon as it answers (RFC 7009). Nothing held is ever sent."""

from datetime import datetime, timedelta
from typing import Any

from django.db.backends.utils import CursorWrapper

from ..clock import to_micros
from ..context import Context
from ..errors import Refused
from ..grants import Client, revoke_at_provider
from ..ids import new_id
from ..keyring import Place, SealBroken, Secret
from ..oauth2.urls import EndpointUrl
from ..oauth2.vocabulary import ClientAuthentication
from . import life, timing
from .facts import facts_of
from .obtain import find
from .outcome import Refusal, RefusalKind
from .rows import TokenRow, lock_row, read_row

TABLE = "tokens_revocation"
MOST_TRIES = 200  # at a quarter of an hour each this is two days; then the provider has said no for good


def revoke(ctx: Context, reference: str) -> TokenRow | Refusal:
    """Forget the token here, tell the provider now, and go on telling it until it hears.

    Returns the wiped row; never fails for the provider's sake.
    """
    row = find(ctx, reference)
    if isinstance(row, Refusal):
        return row
    token_id = row.id
    while True:
        wiped = ctx.storage.write(lambda cursor: _wipe(cursor, ctx, token_id))
        if wiped is not None:
            break
        if ctx.stop.wait(0.05):
            return Refusal(RefusalKind.TEMPORARY, "shutting_down", "Bursar is shutting down.")
    send_due_revocations(ctx)
    return wiped


def _wipe(cursor: CursorWrapper, ctx: Context, token_id: str) -> TokenRow | None:
    row = lock_row(cursor, token_id)
    if row is None:
        return None
    now = ctx.clock.now()
    _queue(cursor, ctx, row, now)
    life.wipe(cursor, row, now)
    return read_row(cursor, token_id)


def _queue(cursor: CursorWrapper, ctx: Context, row: TokenRow, now: datetime) -> None:
    facts = facts_of(row)
    url = facts.document.options.revocation_url
    if url is None or row.held or row.c_secret_held:
        return
    try:
        secret = facts.client(row.open_client_secret(ctx.keyring)).secret
        # The refresh token first: revoking it ends the whole grant where the provider does so (RFC 7009 §2.1).
        tokens = [(hint, row.open(ctx.keyring, hint)) for hint in ("refresh_token", "access_token")]
    except SealBroken:
        return
    for hint, token in tokens:
        if token is not None:
            _insert(cursor, ctx, row, str(url), secret, token, hint, now)


def _insert(
    cursor: CursorWrapper,
    ctx: Context,
    row: TokenRow,
    url: str,
    secret: Secret | None,
    token: Secret,
    hint: str,
    now: datetime,
) -> None:
    key = new_id()
    authentication = facts_of(row).document.options.client_authentication
    cursor.execute(
        f"INSERT INTO {TABLE} (id, url, client_id, client_authentication, client_secret, token, hint, name, tries,"  # noqa: S608
        " due_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 0, %s)",
        [
            key,
            url,
            row.c_client_id,
            authentication.value,
            None if secret is None else ctx.keyring.seal(Place(TABLE, key, "client_secret"), secret),
            ctx.keyring.seal(Place(TABLE, key, "token"), token),
            hint,
            row.reference,
            to_micros(now),
        ],
    )


def send_due_revocations(ctx: Context, most: int = 20) -> int:
    """Tell the providers what is due; returns how many were told. What fails stays queued with back-off."""
    told = 0
    for _ in range(most):
        now = ctx.clock.now()
        # The claim moves the due time on, so that no second worker sends the same one meanwhile.
        claim_until = now + timedelta(seconds=ctx.settings.outbound_rules().timeout + 15)
        claimed = ctx.storage.write(lambda cursor, at=now, until=claim_until: _claim(cursor, at, until))  # type: ignore[misc]
        if claimed is None:
            break
        told += _send(ctx, claimed)
    return told


def _claim(cursor: CursorWrapper, now: datetime, until: datetime) -> tuple[Any, ...] | None:
    cursor.execute(
        f"SELECT id, url, client_id, client_authentication, client_secret, token, hint, tries, due_at FROM {TABLE}"  # noqa: S608
        " WHERE due_at <= %s ORDER BY due_at LIMIT 1",
        [to_micros(now)],
    )
    found: tuple[Any, ...] | None = cursor.fetchone()
    if found is None:
        return None
    cursor.execute(
        f"UPDATE {TABLE} SET due_at = %s, tries = tries + 1 WHERE id = %s AND due_at = %s",  # noqa: S608
        [to_micros(until), found[0], found[-1]],
    )
    return found if cursor.rowcount == 1 else None


def _send(ctx: Context, row: tuple[Any, ...]) -> int:
    key, url, client_id, authentication, sealed_secret, sealed_token, hint, tries = row[:8]
    row_id = str(key)
    failed = True
    retry_after = None
    try:
        secret = None
        if sealed_secret is not None:
            secret = ctx.keyring.open(Place(TABLE, row_id, "client_secret"), bytes(sealed_secret))
        token = ctx.keyring.open(Place(TABLE, row_id, "token"), bytes(sealed_token))
        client = Client(str(client_id), secret, ClientAuthentication(str(authentication)))
        target = EndpointUrl.parse(str(url), "RevocationURL")
        timeout = ctx.settings.outbound_rules().timeout
        error = revoke_at_provider(target, client, token, str(hint), ctx.door, timeout=timeout)
        failed = error is not None
        retry_after = error.retry_after if error else None
    except Refused:
        retry_after = timing.LONGEST_RETRY  # the address isn't admitted: an administrator may admit it
    except SealBroken:
        tries = MOST_TRIES  # nobody can read it any more
    if not failed or tries + 1 >= MOST_TRIES:
        ctx.storage.write(lambda cursor: cursor.execute(f"DELETE FROM {TABLE} WHERE id = %s", [row_id]))  # noqa: S608
        return 0 if failed else 1
    delay = timing.retry_delay(tries + 1, retry_after, ctx.randomness.uniform(0, 1))
    due_at = to_micros(ctx.clock.now() + timedelta(seconds=delay))
    ctx.storage.write(
        lambda cursor: cursor.execute(f"UPDATE {TABLE} SET due_at = %s WHERE id = %s", [due_at, row_id])  # noqa: S608
    )
    return 0
