"""Authorization code: the address to which a person is sent, and the exchange of the code (RFC 6749 §4.1)."""

from collections.abc import Mapping
from urllib.parse import quote, unquote_plus, urlencode, urlsplit, urlunsplit

from ..oauth2.plan import RequestPlan
from .kind import GrantKind, Values, text

# Not from an address of a document either. `request` and `request_uri` would replace everything (RFC 9101).
_RESERVED = frozenset({"response_type", "state", "redirect_uri", "client_id", "request", "request_uri"})


class AuthorizationCodeGrant:
    """§4.1.3: the code, and the redirect URI of the authorization request to the letter."""

    kind = GrantKind.AUTHORIZATION_CODE
    refreshes = False
    consented = True

    def parameters(self, values: Values) -> dict[str, str]:
        return {"code": text(values["AuthorizationCode"]), "redirect_uri": text(values["RedirectURL"])}


def authorization_url(
    plan: RequestPlan,
    client_id: str,
    values: Mapping[str, str],
    *,
    state: str,
    redirect_uri: str,
    code_challenge: str | None,
    nonce: str | None = None,
) -> str:
    """The provider's address with the request of §4.1.1: parameters sorted by name, a query in the URL kept.

    What secures the flow (`response_type`, `state`, `redirect_uri`, the PKCE challenge, the nonce) is ours and can't
    be overridden by a document (SEC-6). `nonce` is None where `asks_for_identity` says no.
    """
    sources = {**values, "ClientID": client_id, "State": state, "RedirectURL": redirect_uri}
    parameters = _filled(plan, sources)
    parameters |= {"response_type": "code", "state": state, "redirect_uri": redirect_uri}
    if nonce is not None:
        parameters["nonce"] = nonce
    if code_challenge is not None:
        parameters |= {"code_challenge": code_challenge, "code_challenge_method": "S256"}
    url = urlsplit(str(plan.url))
    kept = [part for part in url.query.split("&") if part and not _is_ours(part, parameters)]
    query = "&".join([*kept, urlencode(sorted(parameters.items()), quote_via=quote, safe="")])
    return urlunsplit(url._replace(query=query))


def asks_for_identity(plan: RequestPlan, client_id: str, values: Mapping[str, str]) -> bool:
    """Whether the request is one of OpenID Connect, whose ID token answers to a nonce (Core §3.1.2.1)."""
    return "openid" in _filled(plan, {**values, "ClientID": client_id}).get("scope", "").split()


def _filled(plan: RequestPlan, sources: Mapping[str, str]) -> dict[str, str]:
    """Literals, then the scope, then what the document maps; nothing that is secret goes into an address."""
    parameters = {"client_id": sources["ClientID"], **plan.literals}
    if "Scope" in sources and "Scope" not in plan.autofill.values():  # else it goes where the document says
        parameters["scope"] = sources["Scope"]
    for parameter, source in plan.autofill.items():
        if source not in ("ClientSecret", "Token", "RefreshToken", "AuthorizationCode"):
            parameters[parameter] = sources.get(source, "")
    return parameters


def _is_ours(part: str, parameters: Mapping[str, str]) -> bool:
    """No parameter may be there twice (§3.1), or the one in the document's address could win over ours (SEC-6)."""
    name = unquote_plus(part.partition("=")[0])
    return name in parameters or name.lower() in _RESERVED or name.lower().startswith("code_challenge")
