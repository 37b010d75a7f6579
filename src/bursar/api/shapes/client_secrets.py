"""A client secret, in every configuration that shares it."""

from datetime import date
from typing import Annotated

from ninja import Field, Schema

from .common import Incoming, SecretText


class Sharing(Schema):
    """Another configuration of the same client ID. Only one of the `same_server` surely has the same secret; one that
    is held takes none before a person has confirmed its addresses."""

    id: str
    name: str
    server: str
    same_server: bool
    held: bool


class NewSecret(Incoming):
    """`expires` is the secret's last day; `also` are ids of configurations that share it."""

    client_secret: SecretText
    expires: date | None = None
    also: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=500)] = []


class Stored(Schema):
    """Ids of the configurations that have the secret now."""

    configurations: list[str]
