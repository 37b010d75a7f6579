"""What the shapes of several nouns share."""

from typing import Annotated, Literal

from ninja import Field, Schema
from pydantic import ConfigDict

Validity = Literal["valid", "invalid", "invalid-temporarily"]
Name = Annotated[str, Field(min_length=1, max_length=250)]
SecretText = Annotated[str, Field(min_length=1, max_length=20_000, json_schema_extra={"writeOnly": True})]
Texts = dict[Annotated[str, Field(min_length=1, max_length=500)], Annotated[str, Field(max_length=20_000)]]


class Incoming(Schema):
    """What a client sends."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)


class Page(Schema):
    """Part of a list: `total` fit; `next` is the address of the next part."""

    total: int
    next: str | None


class Trouble(Schema):
    """What is wrong, in plain words, and the next step."""

    code: str
    sentence: str
    action: str
