"""Tokens that a provider has yet to be told to revoke (RFC 7009): queued with the change that ended them, sent until
the provider hears. A queued row stands alone, so that deleting a configuration doesn't stop it (SEC-35)."""

from collections.abc import Sequence
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
from . import timing
from .facts import facts_of
from .life import Grown
from .rows import TokenRow

TABLE = "tokens_revocation"
MOST_TRIES = 200  # at a quarter of an hour each this is two days; then the provider has said no for good

Ended = tuple[str, Secret]
"""RFC 7009's `token_type_hint`, and the token."""


def queue_stored(cursor: CursorWrapper, ctx: Context, row: TokenRow, now: datetime) -> int:
    """Queue what is stored in the row, unless it is held: then nobody has said that it may be sent there.

    The refresh token comes first: revoking it ends the whole grant where the provider does so (RFC 7009 §2.1).
    Returns how many were queued.
    """
    try:
        stored = [(hint, row.open(ctx.keyring, hint)) for hint in ("refresh_token", "access_token")]
    except SealBroken:
        return 0
    return queue(cursor, ctx, row, [(hint, token) for hint, token in stored if token is not None], now)


def queue_late(cursor: CursorWrapper, ctx: Context, row: TokenRow, late: Grown, now: datetime) -> int:
    """Queue what a provider gave after a person had ended the token: it must not outlive that."""
    new = (("refresh_token", late.refresh_token), ("access_token", late.access_token))
    return queue(cursor, ctx, row, [(hint, token) for hint, token in new if token is not None], now)


def queue(cursor: CursorWrapper, ctx: Context, row: TokenRow, ended: Sequence[Ended], now: datetime) -> int:
    """Queue tokens of the row's configuration, where it has a revocation URL and holds nothing."""
    facts = facts_of(row)
    url = facts.document.options.revocation_url
    if url is None or row.held or row.c_secret_held:
        return 0
    try:
        client = facts.client(row.open_client_secret(ctx.keyring))
    except SealBroken:
        return 0
    for hint, token in ended:
        key = new_id()
        secret = client.secret
        values = {
            "id": key,
            "url": str(url),
            "client_id": client.client_id,
            "client_authentication": client.authentication.value,
            "client_secret": None if secret is None else ctx.keyring.seal(Place(TABLE, key, "client_secret"), secret),
            "token": ctx.keyring.seal(Place(TABLE, key, "token"), token),
            "hint": hint,
            "name": row.reference,
            "tries": 0,
            "due_at": to_micros(now),
        }
        marks = ", ".join(["%s"] * len(values))
        cursor.execute(f"INSERT INTO {TABLE} ({', '.join(values)}) VALUES ({marks})", list(values.values()))  # noqa: S608
    return len(ended)


def send_due_revocations(ctx: Context, most: int = 20, *, first_tries: bool = False) -> int:
    """Tell the providers what is due; returns how many were told. What fails stays queued with back-off.

    With `first_tries` only what was never tried: a person who revokes doesn't wait for other providers' trouble.
    """
    told = 0
    for _ in range(most):
        now = ctx.clock.now()
        # The claim moves the due time on, so that no second worker sends the same one meanwhile.
        claim_until = now + timedelta(seconds=ctx.settings.outbound_rules().timeout + 15)
        claimed = ctx.storage.write(lambda cursor, at=now, until=claim_until: _claim(cursor, at, until, first_tries))  # type: ignore[misc]
        if claimed is None:
            break
        told += _send(ctx, claimed)
    return told


def _claim(cursor: CursorWrapper, now: datetime, until: datetime, first_tries: bool) -> tuple[Any, ...] | None:
    untried = " AND tries = 0" if first_tries else ""
    cursor.execute(
        f"SELECT id, url, client_id, client_authentication, client_secret, token, hint, tries, due_at FROM {TABLE}"  # noqa: S608
        f" WHERE due_at <= %s{untried} ORDER BY due_at LIMIT 1",
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
