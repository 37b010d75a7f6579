"""Telling the provider that a token is not wanted any more (RFC 7009 §2.1, §2.2)."""

from ..keyring import Secret
from ..oauth2.client_auth import Client, credentials, secrets_of
from ..oauth2.token_endpoint import ErrorAnswer, read_answer
from ..oauth2.urls import EndpointUrl
from ..outbound import Door
from .pipeline import post_form


def revoke_at_provider(
    url: EndpointUrl, client: Client, token: Secret, hint: str, door: Door, *, timeout: float | None = None
) -> ErrorAnswer | None:
    """None where the provider says the token is gone, an unknown one included (§2.2). Raises OutboundRefused."""
    headers, authentication = credentials(client, {})
    form = {"token": token.reveal(), "token_type_hint": hint, **authentication}
    answer = post_form(str(url), headers, form, door, timeout)
    if isinstance(answer, ErrorAnswer):
        return answer
    if 200 <= answer.status < 300:
        return None
    secrets = [token.reveal(), *secrets_of(client)]
    read = read_answer(answer, {}, refreshing=False, now=door.clock.now(), secrets=secrets)
    # Google answers 400 invalid_token for a token that is gone already: that is what was wanted.
    if not isinstance(read, ErrorAnswer) or read.error in ("invalid_token", "invalid_grant"):
        return None
    return read
