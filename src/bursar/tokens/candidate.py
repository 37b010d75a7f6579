"""Another account signed in than before (SEC-13): its token waits, sealed, for a person's yes or no."""

import json
from datetime import datetime

from django.db.backends.utils import CursorWrapper

from ..clock import from_micros, to_micros
from ..context import Context
from ..keyring import Place, SealBroken, Secret
from ..oauth2.id_token import Identity
from . import life
from .authorize import TABLE
from .history import KEPT, REPLACED, note
from .outcome import AccountChanged, Consented, Refusal, RefusalKind
from .rows import TokenRow, lock_row, read_row

CANDIDATE_SECONDS = 3600


def adopt(ctx: Context, consent_id: str, by: str) -> Consented | Refusal:
    """A person says yes to another account (SEC-13): its waiting token replaces the one in use."""
    outcome = ctx.storage.write(lambda cursor: _adopt(cursor, ctx, consent_id, by))
    return outcome or Refusal(RefusalKind.PERSON, "candidate_unknown", "That token no longer waits for a decision.")


def decline(ctx: Context, consent_id: str, by: str = "") -> None:
    """A person says no to another account: its waiting token is forgotten, the old one stays in use."""

    def forget(cursor: CursorWrapper) -> None:
        cursor.execute(
            f"SELECT token_id, candidate_account FROM {TABLE} WHERE id = %s AND candidate IS NOT NULL",  # noqa: S608
            [consent_id],
        )
        found = cursor.fetchone()
        row = None if found is None else read_row(cursor, found[0])
        cursor.execute(
            f"UPDATE {TABLE} SET candidate = NULL, candidate_account = NULL WHERE id = %s",  # noqa: S608
            [consent_id],
        )
        if found is not None and row is not None:
            note(cursor, row.c_id, row.id, KEPT, by, ctx.clock.now(), account=row.account, other=found[1])

    ctx.storage.write(forget)


def set_aside(
    cursor: CursorWrapper,
    ctx: Context,
    row: TokenRow,
    consent_id: str,
    material: life.Grown,
    identity: Identity,
    now: datetime,
) -> AccountChanged:
    """Keep the new account's token with its consent, sealed; the one in use is left alone."""
    account = identity.account or identity.subject
    sealed = ctx.keyring.seal(Place(TABLE, consent_id, "candidate"), _as_text(material))
    cursor.execute(
        f"UPDATE {TABLE} SET candidate = %s, candidate_account = %s, ends_at = %s WHERE id = %s",  # noqa: S608
        [sealed, account, to_micros(now) + CANDIDATE_SECONDS * 1_000_000, consent_id],
    )
    return AccountChanged(consent_id, row.reference, row.account or row.subject or "", account)


def consented(row: TokenRow, material: life.Grown) -> Consented:
    """What a stored consent comes to, in the words of its warning."""
    warning = None if material.warning is None else f"{material.warning[1]} {material.warning[2]}"
    return Consented(row.reference, material.identity.get("account"), material.expires_at, warning)


def _adopt(cursor: CursorWrapper, ctx: Context, consent_id: str, by: str) -> Consented | Refusal | None:
    now = ctx.clock.now()
    cursor.execute(
        f"SELECT token_id, candidate, configuration_generation FROM {TABLE}"  # noqa: S608
        " WHERE id = %s AND candidate IS NOT NULL AND ends_at > %s",
        [consent_id, to_micros(now)],
    )
    found = cursor.fetchone()
    row = None if found is None else lock_row(cursor, found[0])
    if found is None or row is None or row.c_generation != found[2] or row.c_validity != "valid":
        return None
    cursor.execute(f"UPDATE {TABLE} SET candidate = NULL WHERE id = %s", [consent_id])  # noqa: S608
    try:
        waiting = json.loads(ctx.keyring.open(Place(TABLE, consent_id, "candidate"), bytes(found[1])).reveal())
    except SealBroken:
        return Refusal(
            RefusalKind.PERSON,
            "secret_unreadable",
            "The new account's token doesn't open: it was changed or moved in the database.",
            "Authorize again.",
        )
    refresh_expires_at = waiting["refresh_expires_at"]
    material = life.Grown(
        access_token=Secret(waiting["access_token"]),
        refresh_token=Secret(waiting["refresh_token"]) if waiting["refresh_token"] else None,
        scope=waiting["scope"],
        issued_at=from_micros(waiting["issued_at"]),
        expires_at=from_micros(waiting["expires_at"]),
        expiry_assumed=waiting["expiry_assumed"],
        refresh_expires_at=from_micros(refresh_expires_at) if refresh_expires_at else None,
        due_at=now if waiting["refresh_token"] else None,
        identity=waiting["identity"],
    )
    if material.refresh_token is None:
        # The old account's refresh token must not stay beside the new account's access token.
        life.update(cursor, "id = %s", [row.id], refresh_token=None, refresh_expires_at=None)
    if not life.store(cursor, ctx.keyring, row, material, now):
        return None
    account = material.identity.get("account")
    note(
        cursor,
        row.c_id,
        row.id,
        REPLACED,
        by,
        now,
        before=row.account,
        account=account,
        ends=to_micros(material.expires_at),
    )
    return consented(row, material)


def _as_text(grown: life.Grown) -> Secret:
    """A token that waits for a person's yes (SEC-13), as one secret text."""
    return Secret(
        json.dumps(
            {
                "access_token": grown.access_token.reveal(),
                "refresh_token": grown.refresh_token.reveal() if grown.refresh_token else None,
                "scope": grown.scope,
                "issued_at": to_micros(grown.issued_at),
                "expires_at": to_micros(grown.expires_at),
                "expiry_assumed": grown.expiry_assumed,
                "refresh_expires_at": to_micros(grown.refresh_expires_at) if grown.refresh_expires_at else None,
                "identity": grown.identity,
            }
        )
    )
