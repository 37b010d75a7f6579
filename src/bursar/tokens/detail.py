"""One token with its past, its configuration and what its access token says of itself; for its page. Reads only.

Nothing here asks a provider, and nothing needs every secret to open: what doesn't is said, and the rest is shown.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ..context import Context
from ..keyring import SealBroken
from ..oauth2.jwt_claims import Claims, Closed, read_claims
from ..oauth2.vocabulary import ClientAuthentication
from . import history, rows
from .facts import Facts, facts_of
from .history import Call, Event
from .overview import TokenView, view_of
from .rows import TokenRow

LATE = timedelta(minutes=2)
MOST_SIBLINGS = 20


@dataclass(frozen=True, slots=True)
class SecretFacts:
    """The client secret without the secret: `fingerprint` is None where none is stored, or where it doesn't open."""

    stored: bool
    needed: bool
    fingerprint: str | None
    ends: date | None
    held: bool

    @property
    def broken(self) -> bool:
        return self.stored and self.fingerprint is None


@dataclass(frozen=True, slots=True)
class Origin:
    """Who made the configuration and who changed it last, when."""

    created_at: datetime
    created_by: str
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another token of the same configuration."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class TokenDetail:
    """Everything that a person may know of one token; no secret is part of it."""

    view: TokenView
    calls: list[Call]
    events: list[Event]
    secret: SecretFacts
    inside: Claims | Closed | None  # None where there is no access token
    requested: tuple[str, ...]
    client_id: str
    origin: Origin
    siblings: list[Sibling]
    siblings_count: int
    overdue_since: datetime | None  # a refresh was due and nobody has done it: no worker runs


def detail_of(ctx: Context, token_id: str) -> TokenDetail | None:
    """The token with that id, None where there is none. Raises Temporary where the database can't be read."""
    view = view_of(ctx, token_id)
    row = ctx.storage.read(lambda cursor: rows.read_row(cursor, token_id))
    if view is None or row is None:
        return None
    facts = facts_of(row)
    calls, events = ctx.storage.read(lambda cursor: history.past(cursor, row.c_id, row.id))
    siblings, count = _siblings(ctx, row)
    return TokenDetail(
        view=view,
        calls=calls,
        events=events,
        secret=_secret(ctx, row, facts),
        inside=_inside(ctx, row),
        requested=tuple(dict.fromkeys((facts.document.scope or "").split())),
        client_id=row.c_client_id,
        origin=_origin(row),
        siblings=siblings,
        siblings_count=count,
        overdue_since=_overdue(row, ctx.clock.now()),
    )


def _secret(ctx: Context, row: TokenRow, facts: Facts) -> SecretFacts:
    try:
        secret = row.open_client_secret(ctx.keyring)
        fingerprint = None if secret is None else secret.fingerprint()
    except SealBroken:
        fingerprint = None
    options = facts.document.options
    return SecretFacts(
        stored=row.c_client_secret is not None,
        needed=options.client_authentication is not ClientAuthentication.NONE,
        fingerprint=fingerprint,
        ends=options.client_secret_expires,
        held=row.c_secret_held,
    )


def _inside(ctx: Context, row: TokenRow) -> Claims | Closed | None:
    try:
        token = row.open(ctx.keyring, "access_token")
    except SealBroken:
        return Closed("sealed")
    return None if token is None else read_claims(token)


def _origin(row: TokenRow) -> Origin:
    from .models import Configuration

    made = Configuration.objects.only("created_at", "created_by", "changed_at", "changed_by").get(pk=row.c_id)
    return Origin(made.created_at, made.created_by, made.changed_at, made.changed_by)


def _siblings(ctx: Context, row: TokenRow) -> tuple[list[Sibling], int]:
    del ctx
    from .models import Token

    others = Token.objects.filter(configuration_id=row.c_id).exclude(pk=row.id)
    found = others.order_by("label").values_list("id", "label")[: MOST_SIBLINGS + 1]
    listed = [Sibling(key, label) for key, label in found]
    return listed[:MOST_SIBLINGS], len(listed) if len(listed) <= MOST_SIBLINGS else others.count()


def _overdue(row: TokenRow, now: datetime) -> datetime | None:
    """Since when a refresh waits that nobody does: due for a while, valid, and no call under way."""
    if (
        row.due_at is None
        or row.state not in ("active", "retrying")
        or row.c_validity != "valid"
        or now - row.due_at < LATE
    ):
        return None
    under_way = row.lease_until is not None and row.lease_until > now
    return None if under_way else row.due_at
