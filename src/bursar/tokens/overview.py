"""What people and scripts see of tokens: state, dates, trouble in plain words, users. No secret is part of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.backends.utils import CursorWrapper

from ..clock import from_micros, to_micros
from ..context import Context
from . import rows
from .described import is_public
from .facts import facts_of, missing
from .rows import TokenRow
from .state import State, Trouble, state_of, trouble_of
from .users import token_users_of


@dataclass(frozen=True, slots=True)
class Opened:
    """A consent under way: until when it may be finished, when it was begun, by whom ("" for a link's first holder)."""

    until: datetime
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class TokenView:
    """One token as it is at a moment; `held` lists what is held back: "token", "secret"."""

    id: str
    configuration_id: str
    reference: str
    name: str
    label: str
    flow: str
    template: str | None
    provider: str
    validity: str
    state: State
    error: Trouble | None
    issued_at: datetime | None
    expires_at: datetime | None
    expiry_assumed: bool
    has_access_token: bool
    refresh_expires_at: datetime | None
    has_refresh_token: bool
    held: list[str]
    scope: str | None
    account: str | None
    provider_answer: str | None
    state_since: datetime | None
    failed_at: datetime | None
    next_attempt_at: datetime | None
    due_at: datetime | None
    candidate: tuple[str, str] | None  # consent id and account that wait for a yes (SEC-13)
    used_by: list[str]
    opened: Opened | None = None  # by whom the consent that is under way was begun
    secret_ends: date | None = None  # the client secret's last day, where one is known and needed
    notifies_token: bool = False  # NotifyOnExpiredToken
    notifies_refresh_token: bool = False  # NotifyOnExpiredRefreshToken, where TokenByRefreshToken is configured


def list_tokens(ctx: Context, reference: str | None = None) -> list[TokenView]:
    """Every token, sorted by name and label; only the one that `reference` names where it is given."""
    now = ctx.clock.now()
    found = ctx.storage.read(lambda cursor: _rows(cursor, reference))
    consents = ctx.storage.read(lambda cursor: _consents(cursor, now))
    candidates = ctx.storage.read(lambda cursor: _candidates(cursor, now))
    users = token_users_of({row.id: row.c_id for row in found})
    return [_view(row, now, consents.get(row.id), candidates.get(row.id), users[row.id]) for row in found]


def view_of(ctx: Context, token_id: str) -> TokenView | None:
    """One token by its id, None where there is none."""
    found = views_of(ctx, [token_id])
    return found[0] if found else None


def views_of(ctx: Context, token_ids: Sequence[str]) -> list[TokenView]:
    """These tokens, in this order, as far as they are still there."""
    now = ctx.clock.now()

    def read(cursor: CursorWrapper) -> tuple[list[TokenRow], dict[str, Opened], dict[str, tuple[str, str]]]:
        found = rows.rows_by_id(cursor, token_ids)
        return found, _consents(cursor, now, token_ids), _candidates(cursor, now, token_ids)

    found, consents, candidates = ctx.storage.read(read)
    users = token_users_of({row.id: row.c_id for row in found})
    return [_view(row, now, consents.get(row.id), candidates.get(row.id), users[row.id]) for row in found]


def _rows(cursor: CursorWrapper, reference: str | None) -> list[TokenRow]:
    if reference is None:
        return rows.all_rows(cursor)
    row = rows.find_row(cursor, reference)
    return [] if row is None else [row]


def _among(token_ids: Sequence[str] | None) -> str:
    return "" if token_ids is None else f" AND token_id IN ({', '.join(['%s'] * len(token_ids)) or 'NULL'})"


def _consents(cursor: CursorWrapper, now: datetime, token_ids: Sequence[str] | None = None) -> dict[str, Opened]:
    """Each token's latest consent that is under way."""
    cursor.execute(
        "SELECT token_id, ends_at, begun_at, person FROM tokens_consent"  # noqa: S608 - constant names
        f" WHERE finished_at IS NULL AND ends_at > %s{_among(token_ids)} ORDER BY ends_at",
        [to_micros(now), *(token_ids or ())],
    )
    return {
        str(token_id): Opened(from_micros(until), from_micros(at), str(by))
        for token_id, until, at, by in cursor.fetchall()
    }


def _candidates(
    cursor: CursorWrapper, now: datetime, token_ids: Sequence[str] | None = None
) -> dict[str, tuple[str, str]]:
    cursor.execute(
        "SELECT token_id, id, candidate_account FROM tokens_consent WHERE candidate IS NOT NULL AND ends_at > %s"  # noqa: S608 - constant names
        f"{_among(token_ids)} ORDER BY begun_at",
        [to_micros(now), *(token_ids or ())],
    )
    return {str(token_id): (str(key), str(account)) for token_id, key, account in cursor.fetchall()}


def _view(
    row: TokenRow, now: datetime, opened: Opened | None, candidate: tuple[str, str] | None, users: list[str]
) -> TokenView:
    facts = facts_of(row)
    document = facts.document
    state = state_of(row, missing(row, facts), opened.until if opened else None, now)
    held = [word for word, is_held in (("token", row.held), ("secret", row.c_secret_held)) if is_held]
    return TokenView(
        id=row.id,
        configuration_id=row.c_id,
        reference=row.reference,
        name=row.c_name,
        label=row.label,
        flow=row.c_flow,
        template=row.c_template,
        provider=facts.provider,
        validity=row.c_validity,
        state=state,
        error=trouble_of(state),
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        expiry_assumed=row.expiry_assumed,
        has_access_token=row.access_token is not None,
        refresh_expires_at=row.refresh_expires_at,
        has_refresh_token=row.refresh_token is not None,
        held=held,
        scope=row.scope,
        account=row.account,
        provider_answer=row.error_answer,
        state_since=row.state_since,
        failed_at=row.failed_at,
        next_attempt_at=row.next_attempt_at,
        due_at=row.due_at,
        candidate=candidate,
        used_by=users,
        opened=opened,
        secret_ends=None if is_public(document) else document.options.client_secret_expires,
        notifies_token=document.notify_on_expired_token,
        notifies_refresh_token=document.notify_on_expired_refresh_token and "TokenByRefreshToken" in document.requests,
    )
