"""The phases that every grant shares: fill the form, authenticate the client, ask once, read the answer.

A new grant is one file beside this one and one line in the registry.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from ..keyring import Secret
from ..oauth2.client_auth import Client, credentials, secrets_of
from ..oauth2.plan import RequestPlan
from ..oauth2.token_endpoint import ErrorAnswer, TokenAnswer, Verdict, read_answer
from ..outbound import Door, HttpAnswer, OutboundFailed
from .authorization_code import AuthorizationCodeGrant
from .client_credentials import ClientCredentialsGrant
from .kind import Grant, GrantKind, Values, text
from .refresh_token import RefreshTokenGrant

_GRANTS: tuple[Grant, ...] = (AuthorizationCodeGrant(), RefreshTokenGrant(), ClientCredentialsGrant())
REGISTRY: Mapping[GrantKind, Grant] = {grant.kind: grant for grant in _GRANTS}


@dataclass(frozen=True, slots=True)
class Granted:
    """The provider gave a token."""

    answer: TokenAnswer


def run_grant(
    kind: GrantKind,
    plan: RequestPlan,
    client: Client,
    values: Values,
    door: Door,
    *,
    extra: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> Granted | ErrorAnswer:
    """Ask the token endpoint once (RFC 6749 §3.2). `extra` are parameters such as `code_verifier`.

    Trouble on the way is an ErrorAnswer with RETRYING. Raises OutboundRefused: then nothing was sent.
    """
    grant = REGISTRY[kind]
    headers, form = _filled(grant, plan, client, values)
    form |= extra or {}
    answer = post_form(str(plan.url), headers, form, door, timeout)
    if isinstance(answer, ErrorAnswer):
        return answer
    secrets = [*secrets_of(client), *(extra or {}).values()]
    secrets += [value.reveal() for value in values.values() if isinstance(value, Secret)]
    read = read_answer(answer, plan.mapping, refreshing=grant.refreshes, now=door.clock.now(), secrets=secrets)
    if isinstance(read, TokenAnswer):
        return Granted(read)
    if read.verdict is Verdict.NEEDS_AUTHORIZATION and not grant.consented:
        # There is no consent that a person could give again: what the provider refuses is the configuration.
        return replace(read, verdict=Verdict.MISCONFIGURED)
    return read


def post_form(
    url: str, headers: Mapping[str, str], form: Mapping[str, str], door: Door, timeout: float | None
) -> HttpAnswer | ErrorAnswer:
    """POST a form to an endpoint of the provider; trouble on the way as an ErrorAnswer."""
    usual = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    try:
        return door.http("POST", url, headers=usual | dict(headers), body=urlencode(form).encode(), timeout=timeout)
    except OutboundFailed as failed:
        return ErrorAnswer(Verdict.RETRYING, failed.code, "", 0, None, failed.sentence)


def _filled(grant: Grant, plan: RequestPlan, client: Client, values: Values) -> tuple[dict[str, str], dict[str, str]]:
    """Literals, then the grant's own members, then what the document maps, then the client's authentication.

    A source that the document names and nobody brings is sent empty, as the reference system does.
    """
    own = grant.parameters(values)
    mapped = {
        parameter: text(values.get(source, ""))
        for parameter, source in plan.autofill.items()
        if source not in ("ClientID", "ClientSecret")
    }
    # A document may call a member otherwise (`refresh_token: RefreshToken` under another name): then its name counts.
    renamed = {source for parameter, source in plan.autofill.items() if parameter not in own}
    sources = {"code": "AuthorizationCode", "redirect_uri": "RedirectURL", "refresh_token": "RefreshToken"}
    own = {name: value for name, value in own.items() if sources.get(name) not in renamed}
    headers, authentication = credentials(client, plan.autofill)
    form = {**plan.literals, **mapped, **own, "grant_type": grant.kind.value, **authentication}
    return headers, form
