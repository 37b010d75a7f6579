"""The system configuration."""

from datetime import datetime
from typing import Annotated

from ninja import Field, Schema

from .common import Incoming


class Setting(Schema):
    """One setting with its present value; `is_set` where a person set it."""

    name: str
    type: str
    help: str
    default: str
    value: str
    is_set: bool


class SettingValue(Incoming):
    value: Annotated[str, Field(max_length=20_000)]


class SettingChange(Schema):
    """One change of a setting; null stands for the default."""

    name: str
    before: str | None
    after: str | None
    by: str
    at: datetime


class RedirectUri(Schema):
    """The one address to register at every provider (RFC 6749 §3.1.2)."""

    redirect_uri: str
