"""Who signed in, from an ID token that came straight from the token endpoint.

Its signature is not checked: it was received over the verified connection to the token endpoint (OpenID Connect
Core §3.1.3.7, 6); issuer, audience, authorized party, end and nonce are. On loopback without TLS the same trust is
extended, for practice.
"""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..keyring import Secret

LONGEST = 64 * 1024
LONGEST_ISSUER = 2048
LEEWAY_SECONDS = 120  # by which clocks may differ


class IdTokenRefused(Exception):
    """The ID token is not one for this client by this issuer; the text says why, and holds no claim's value."""


@dataclass(frozen=True, slots=True)
class Identity:
    """`subject` names the account for ever (with `issuer`); `account` is how a person knows it."""

    issuer: str | None
    subject: str
    account: str | None


def read_id_token(
    token: Secret, client_id: str, issuer: str | None, *, now: datetime, nonce_sha256: str | None
) -> Identity:
    """The account, by the checks of §3.1.3.7. Raises IdTokenRefused.

    `issuer` is what `iss` must equal, None where nothing is known of it; `nonce_sha256` is the hexadecimal SHA-256 of
    the nonce that was sent, None where none was.
    """
    claims = _claims(token.reveal())
    found = claims.get("iss")
    if not isinstance(found, str) or (issuer is not None and found != issuer):
        raise IdTokenRefused("its issuer is another one.")
    if not found or len(found) > LONGEST_ISSUER or not found.isprintable():
        raise IdTokenRefused("its issuer is none.")
    _check_audience(claims, client_id)
    _check_end(claims.get("exp"), now)
    nonce = claims.get("nonce")
    if nonce_sha256 is not None and not (isinstance(nonce, str) and _is_hash_of(nonce_sha256, nonce)):
        raise IdTokenRefused("it answers another authorization request: its nonce is not the one that was sent.")
    return identity_of(claims, found)


def _check_audience(claims: dict[str, Any], client_id: str) -> None:
    """3 to 5: one of the audiences is this client; of several, it is the authorized party."""
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if client_id not in audiences:
        raise IdTokenRefused("its audience is another client.")
    if claims.get("azp", client_id if len(audiences) == 1 else None) != client_id:
        raise IdTokenRefused("it was made for another client.")


def _check_end(end: Any, now: datetime) -> None:
    """9: seconds since 1970, and not over yet; a number of any kind will do."""
    if isinstance(end, bool) or not isinstance(end, int | float):
        raise IdTokenRefused("it doesn't say when it ends.")
    if not now.timestamp() < end + LEEWAY_SECONDS:
        raise IdTokenRefused("it has ended already; compare the clock of this machine.")


def _is_hash_of(sha256: str, text: str) -> bool:
    return hmac.compare_digest(sha256, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())


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
