"""The protocol's words, once. RFC 6749 unless said otherwise."""

from enum import StrEnum


class Flow(StrEnum):
    """How a token configuration comes to its tokens."""

    AUTHORIZATION_CODE = "authorization_code"
    CLIENT_CREDENTIALS = "client_credentials"


class ClientAuthentication(StrEnum):
    """How the client proves who it is at the token endpoint (§2.3.1; OpenID Connect Core §9)."""

    CLIENT_SECRET_POST = "client_secret_post"  # noqa: S105 - a method's name
    CLIENT_SECRET_BASIC = "client_secret_basic"  # noqa: S105 - a method's name
    NONE = "none"
