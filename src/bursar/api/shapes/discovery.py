"""What a provider says of itself (OpenID Connect Discovery, RFC 8414), and where a configuration differs from it."""

from typing import Annotated, Any, Literal

from ninja import Field, Schema

from .common import Incoming, Name, SecretText, Texts

Seen = Annotated[str, Field(min_length=1, max_length=100)]


class Issuer(Incoming):
    """`tenant` is put into a Microsoft issuer that stands for all of them; `flow` is the first offered by default."""

    issuer: Annotated[str, Field(min_length=1, max_length=2048)]
    tenant: Annotated[str, Field(max_length=250)] = ""
    flow: Literal["authorization_code", "client_credentials"] | None = None


class Discovered(Schema):
    """What was found, and the configuration it would make. `elsewhere` are the hosts that are not the issuer's own;
    `templates` know this provider better. Send `seen` to add just this."""

    issuer: str
    endpoints: dict[str, str]
    elsewhere: list[str]
    flow: str
    flows: list[str]
    client_authentication: str
    pkce: str
    scope: str
    notes: list[str]
    templates: list[str]
    config: dict[str, Any]
    seen: str


class AddDiscovered(Issuer):
    """`set` as for a configuration from a template. `seen` is that of the answer that was looked at;
    `other_hosts` says yes to sending what belongs to the issuer to the hosts of `elsewhere`."""

    name: Name
    set: Texts = {}
    client_secret: SecretText | None = None
    seen: Seen
    other_hosts: bool = False


class DifferenceFromProvider(Schema):
    """A value of the configuration and what the provider says instead; empty where it says nothing."""

    path: str
    ours: str
    theirs: str


class Rechecked(Schema):
    """Where both differ. Send `seen` to take over just this."""

    differences: list[DifferenceFromProvider]
    seen: str


class Accept(Incoming):
    """`seen` of the answer that was looked at."""

    seen: Seen
