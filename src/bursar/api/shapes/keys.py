"""API keys."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Field, Schema

from .common import Incoming, Name


class Key(Schema):
    """An API key; the key itself was shown once."""

    id: str
    name: str
    hint: str
    allow: list[str]
    verbs: list[str]
    networks: list[str]
    state: str
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    last_used_from: str


class NewKeyOut(Key):
    """With `key`: this answer is its only sight."""

    key: str


class KeyRights(Incoming):
    """`expires` as on the command line: 90d, 12h, 2027-01-31 or never."""

    allow: Annotated[list[Annotated[str, Field(max_length=500)]], Field(max_length=200)] | None = None
    verbs: list[Literal["read", "refresh", "manage"]] | None = None
    networks: Annotated[list[Annotated[str, Field(max_length=50)]], Field(max_length=200)] | None = None
    expires: Annotated[str, Field(max_length=50)] | None = None


class NewKey(KeyRights):
    name: Name
