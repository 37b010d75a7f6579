"""Tokens: their states, never the tokens."""

from datetime import datetime

from ninja import Schema

from .common import Page, Trouble


class Token(Schema):
    """A token's state. `state` is one of no_token, awaiting_consent, active, retrying, needs_authorization,
    misconfigured, revoked."""

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


class TokenPage(Page):
    items: list[Token]


class Ticket(Schema):
    """A link, good once and for ten minutes: a signed-in administrator opens it and presses the button."""

    url: str
