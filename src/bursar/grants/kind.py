"""A grant is a type, not a branch: what one adds to the pipeline that all share."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from ..keyring import Secret

Values = Mapping[str, str | Secret]
"""What a request's parameters may be filled from, by the document's name for it."""


class GrantKind(StrEnum):
    """RFC 6749's `grant_type`, by which a grant is looked up."""

    AUTHORIZATION_CODE = "authorization_code"
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - a word of the protocol
    CLIENT_CREDENTIALS = "client_credentials"


class Grant(Protocol):
    """`parameters` are the form members of the grant itself, sent whether or not the document maps them.

    `refreshes`: it uses a refresh token. `consented`: a person's consent is behind it, which a person can renew.
    """

    kind: GrantKind
    refreshes: bool
    consented: bool

    def parameters(self, values: Values) -> dict[str, str]: ...


def text(value: str | Secret) -> str:
    """The value as it goes into the form: the one place where a grant reveals a secret."""
    return value.reveal() if isinstance(value, Secret) else value
