"""Who signed in, from an ID token that came straight from the token endpoint.

Its signature is not checked: it was received over the verified connection to the token endpoint (OpenID Connect
Core §3.1.3.7, 6); audience, authorized party and issuer are. On loopback without TLS the same trust is extended, for
practice.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from ..keyring import Secret

LONGEST = 64 * 1024
LONGEST_ISSUER = 2048


class IdTokenRefused(Exception):
    """The ID token is not one for this client by this issuer; the text says why, and holds no claim's value."""


@dataclass(frozen=True, slots=True)
class Identity:
    """`subject` names the account for ever (with `issuer`); `account` is how a person knows it."""

    issuer: str | None
    subject: str
    account: str | None


def read_id_token(token: Secret, client_id: str, issuer: str | None) -> Identity:
    """The account. `issuer` is what `iss` must equal, None where nothing is known of it. Raises IdTokenRefused."""
    claims = _claims(token.reveal())
    audience = claims.get("aud")
    if client_id not in (audience if isinstance(audience, list) else [audience]):
        raise IdTokenRefused("its audience is another client.")
    found = claims.get("iss")
    if not isinstance(found, str) or (issuer is not None and found != issuer):
        raise IdTokenRefused("its issuer is another one.")
    if not found or len(found) > LONGEST_ISSUER or not found.isprintable():
        raise IdTokenRefused("its issuer is none.")
    if claims.get("azp", client_id) != client_id:
        raise IdTokenRefused("it was made for another client.")
    return identity_of(claims, found)


def identity_of(claims: dict[str, Any], issuer: str | None) -> Identity:
    """The identity in claims or in a userinfo answer. Raises IdTokenRefused where there is no `sub`."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject or len(subject) > 1000 or not subject.isprintable():
        raise IdTokenRefused("it names no account.")
    names = (claims.get(name) for name in ("email", "preferred_username", "upn", "name"))
    account = next((n[:320] for n in names if isinstance(n, str) and n and n.isprintable()), None)
    return Identity(issuer, subject, account)


def _claims(text: str) -> dict[str, Any]:
    parts = text.split(".")
    if len(text) > LONGEST or len(parts) != 3:
        raise IdTokenRefused("it is no signed JWT.")
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        raise IdTokenRefused("its claims can't be read.") from None
    if not isinstance(claims, dict):
        raise IdTokenRefused("its claims can't be read.")
    return claims
