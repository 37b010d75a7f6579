"""Client authentication at the token endpoint, exactly as configured and exactly once (RFC 6749 §2.3.1, SEC-15)."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote_plus

from ..keyring import Secret
from .vocabulary import ClientAuthentication


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks. `secret` is None for a public client."""

    client_id: str
    secret: Secret | None
    authentication: ClientAuthentication


def basic_header(client: Client) -> dict[str, str]:
    """`Authorization: Basic`, with both parts form-encoded before they are joined, as the RFC wants and few do."""
    secret = client.secret.reveal() if client.secret else ""
    pair = f"{quote_plus(client.client_id)}:{quote_plus(secret)}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def secrets_of(client: Client) -> list[str]:
    """Every form of the client secret that goes over the wire, and so could come back in an answer."""
    if not client.secret:
        return []
    return [client.secret.reveal(), basic_header(client)["Authorization"].removeprefix("Basic ")]


def credentials(client: Client, autofill: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Headers and form parameters that authenticate. The document's mapping may name the parameters otherwise.

    With client_secret_basic nothing of the client is in the body; a public client sends its id alone (§3.2.1).
    """
    if client.authentication is ClientAuthentication.CLIENT_SECRET_BASIC:
        return basic_header(client), {}
    form = dict.fromkeys(_names(autofill, "ClientID", "client_id"), client.client_id)
    if client.authentication is ClientAuthentication.CLIENT_SECRET_POST and client.secret is not None:
        form |= dict.fromkeys(_names(autofill, "ClientSecret", "client_secret"), client.secret.reveal())
    return {}, form


def _names(autofill: Mapping[str, str], source: str, usual: str) -> list[str]:
    """Every parameter that the document fills from this source, the RFC's where it names none."""
    return [parameter for parameter, found in autofill.items() if found == source] or [usual]
