"""Tokens: their states, never the tokens."""

from datetime import date, datetime
from typing import Any, Literal

from ninja import Schema

from .common import Page, Trouble

Show = Literal["now", "soon", "start", "busy", "ok", "off", "noticed"]
Sort = Literal["urgency", "name", "provider", "access", "refresh", "users"]


class Token(Schema):
    """A token's state. `state` is one of no_token, awaiting_consent, active, retrying, needs_authorization,
    misconfigured, revoked. `due_at` is the next refresh ahead; `provider_answer` the provider's own words, redacted;
    `other_account` one that signed in instead of `account`, and waits for a person's decision."""

    id: str
    configuration_id: str
    reference: str
    name: str
    label: str
    flow: str
    template: str | None
    provider: str
    validity: str
    state: str
    state_since: datetime | None
    issued_at: datetime | None
    expires_at: datetime | None
    expiry_assumed: bool
    refresh_expires_at: datetime | None
    has_refresh_token: bool
    held: list[str]
    scope: str | None
    account: str | None
    used_by: list[str]
    error: Trouble | None
    failed_at: datetime | None
    provider_answer: str | None
    next_attempt_at: datetime | None
    due_at: datetime | None
    secret_ends: date | None
    other_account: str | None


class TokenPage(Page):
    items: list[Token]


class Ticket(Schema):
    """A link, good once and for ten minutes: a signed-in administrator opens it and presses the button."""

    url: str


class SecretFacts(Schema):
    """The client secret without the secret; `broken` where it was not sealed for this configuration by this key."""

    stored: bool
    needed: bool
    fingerprint: str | None
    ends: date | None
    held: bool
    broken: bool


class Claim(Schema):
    """One member of a JWT as text; `at` where it is a time."""

    name: str
    text: str
    at: datetime | None


class Inside(Schema):
    """What the access token says of itself where it is a JWT, never its signature. Else `closed` says why there is
    nothing: opaque, encrypted, unreadable or sealed."""

    header: list[Claim]
    payload: list[Claim]
    cut: bool
    closed: str | None


class Sibling(Schema):
    """Another token of the same configuration."""

    id: str
    label: str


class ScopeLine(Schema):
    """One scope: asked, granted, missing (asked for), extra (granted unasked) or implied (no answer ever names it)."""

    name: str
    kind: str


class TokenDetail(Token):
    """Everything else that is known of a token. `overdue_since`: a refresh was due, and no worker has done it."""

    client_id: str
    secret: SecretFacts
    scopes: list[ScopeLine]
    inside: Inside | None
    siblings: list[Sibling]
    siblings_count: int
    created_at: datetime
    created_by: str
    changed_at: datetime
    changed_by: str
    overdue_since: datetime | None


class Call(Schema):
    """A call to the token endpoint, or a run of `count` equal ones from `started_at` to `until`. `outcome` is granted,
    stale, needs_authorization, misconfigured, retrying, not_sent, held or unexpected; null where it never ended."""

    grant: str
    outcome: str | None
    status: int | None
    asker: str
    by: str
    started_at: datetime
    until: datetime | None
    expires_at: datetime | None
    answer: str
    count: int


class Event(Schema):
    """What somebody did: authorized, consent_failed, account_waits, account_replaced, account_kept, revoked, held,
    confirmed, created, changed or exported. `detail` has the names that belong to it."""

    kind: str
    by: str
    at: datetime
    detail: dict[str, Any]


class Stretch(Schema):
    """There was a valid access token, or a run of `count` one after the other."""

    begins: datetime
    ends: datetime
    count: int


class Past(Schema):
    """All that is kept, the newest first: some hundred calls one by one, older ones folded, and the last 200 events."""

    calls: list[Call]
    events: list[Event]
    valid: list[Stretch]
