"""Who signed in, by asking the provider's userinfo endpoint (OpenID Connect Core §5.3)."""

from ..keyring import Secret
from ..oauth2.id_token import Identity, IdTokenRefused, identity_of
from ..oauth2.members import Unreadable, read_members
from ..oauth2.urls import EndpointUrl
from ..outbound import Door, OutboundFailed


def fetch_userinfo(url: EndpointUrl, token: Secret, door: Door, *, timeout: float | None = None) -> Identity | None:
    """The account; None where the endpoint is in trouble or tells nothing. Raises OutboundRefused."""
    headers = {"Authorization": f"Bearer {token.reveal()}", "Accept": "application/json"}
    try:
        answer = door.http("GET", str(url), headers=headers, timeout=timeout)
        if answer.status != 200:
            return None
        return identity_of(read_members(answer.body, answer.headers.get("content-type", "")), None)
    except (OutboundFailed, Unreadable, IdTokenRefused):
        return None
