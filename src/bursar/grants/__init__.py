"""How a configuration becomes a token: one file a grant, one registry, one pipeline. No Django, nothing stored."""

from ..oauth2.client_auth import Client
from .authorization_code import asks_for_identity, authorization_url
from .kind import GrantKind
from .pipeline import Granted, run_grant
from .revocation import revoke_at_provider
from .userinfo import fetch_userinfo

__all__ = [
    "Client",
    "GrantKind",
    "Granted",
    "asks_for_identity",
    "authorization_url",
    "fetch_userinfo",
    "revoke_at_provider",
    "run_grant",
]
