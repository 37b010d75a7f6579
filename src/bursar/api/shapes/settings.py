"""The system configuration."""

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
