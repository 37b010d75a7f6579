"""From an issuer's metadata to a document: which flow, how the client authenticates, what is asked. Pure.

Every choice that isn't plain is said in a note, for the person who looks before the configuration is added.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from ..errors import InvalidInput
from ..oauth2.metadata import Metadata
from ..oauth2.vocabulary import ClientAuthentication, Flow
from .registry import Template, templates
from .standard import Standard

AUTH_FLOW = {Flow.AUTHORIZATION_CODE: "AuthorizationCode", Flow.CLIENT_CREDENTIALS: "ClientCredentials"}
# client_secret_post first: other systems that read the exchange format send the secret in the form and no other way.
METHODS = (
    ClientAuthentication.CLIENT_SECRET_POST,
    ClientAuthentication.CLIENT_SECRET_BASIC,
    ClientAuthentication.NONE,
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What Bursar would make of it. `tree` is a document's `Config`; `notes` say why, one sentence each."""

    flow: Flow
    authentication: ClientAuthentication
    tree: dict[str, Any]
    notes: tuple[str, ...]

    @property
    def scope(self) -> str:
        return str(self.tree.get("Scope") or "")


def flows_of(found: Metadata) -> list[Flow]:
    """The flows that this server may be used with; one that it neither names nor leaves open is not among them.

    A server that lists its grant types means the list; one that is silent may know more than RFC 8414's default.
    """
    named = found.grant_types
    flows = []
    if found.authorization_endpoint is not None and (named is None or "authorization_code" in named):
        flows.append(Flow.AUTHORIZATION_CODE)
    if named is None or "client_credentials" in named:
        flows.append(Flow.CLIENT_CREDENTIALS)
    return flows


def propose(found: Metadata, flow: Flow | None = None) -> Proposal:
    """The document for `flow`, by default the first that there is. Raises InvalidInput: `flow_unsupported`,
    `authentication_unsupported`."""
    flows = flows_of(found)
    if flow is None and flows:
        flow = flows[0]
    if flow not in flows or flow is None:
        raise InvalidInput(
            f"The provider doesn't offer {flow.value.replace('_', ' ') if flow else 'any flow that Bursar knows'}.",
            code="flow_unsupported",
            action=f"It names {', '.join(found.grant_types or ()) or 'none'}.",
        )
    authentication = _authentication(found, flow)
    scope, notes = _scope(found, flow)
    notes += _notes(found, authentication)
    parameters = {"prompt": "consent"} if "offline_access" in scope.split() else {}
    consented = flow is Flow.AUTHORIZATION_CODE
    refreshes = found.grant_types is None or "refresh_token" in found.grant_types
    standard = Standard(
        token_url=str(found.token_endpoint),
        authorization_url=str(found.authorization_endpoint) if consented else None,
        authorization_parameters=parameters,
        refreshes=refreshes,
        public=authentication is ClientAuthentication.NONE,
    )
    if consented and not refreshes:
        notes.append("The provider names no refresh tokens, so a person has to authorize again whenever a token ends.")
    notifications = {"NotifyOnExpiredToken": 0} | ({"NotifyOnExpiredRefreshToken": 1} if consented else {})
    tree: dict[str, Any] = {
        "AuthFlow": AUTH_FLOW[flow],
        "ClientID": None,
        "ClientSecret": None,
        "Scope": scope or None,
        "Issuer": found.issuer,
        "ClientAuthentication": authentication.value,
        "Requests": standard.requests(),
        "Notifications": notifications,
    }
    if found.challenge_methods is not None and "S256" not in found.challenge_methods:
        if consented:
            tree["PKCE"] = "none"
            notes.append(f"The provider takes PKCE only as {_words(found.challenge_methods)}, so it is off.")
    elif found.challenge_methods is None and consented:
        notes.append(
            "The provider says nothing of PKCE. Bursar sends it all the same; where that fails, set PKCE=none."
        )
    if found.revocation_endpoint is not None:
        tree["RevocationURL"] = str(found.revocation_endpoint)
    if found.userinfo_endpoint is not None and consented:
        tree["UserinfoURL"] = str(found.userinfo_endpoint)
    return Proposal(flow, authentication, tree, tuple(notes))


def known_templates(found: Metadata) -> list[Template]:
    """Templates for the same token endpoint's host, which know this provider better than its metadata does."""
    host = found.token_endpoint.host.lower()
    return [each for each in templates() if f"//{host}/" in json.dumps(each.config["Requests"]).lower()]


def fingerprint(found: Metadata) -> str:
    """What a person has looked at, so that nothing else is saved in its place."""
    seen = [found.issuer, found.authentication_methods, found.challenge_methods, found.grant_types]
    seen += sorted((name, str(url)) for name, url in found.endpoints().items())
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()


def _authentication(found: Metadata, flow: Flow) -> ClientAuthentication:
    """RFC 8414 §2: silence means client_secret_basic."""
    named = found.authentication_methods
    usable = [m for m in METHODS if m.value in (("client_secret_basic",) if named is None else named)]
    if flow is Flow.CLIENT_CREDENTIALS:
        usable = [method for method in usable if method is not ClientAuthentication.NONE]
    if not usable:
        raise InvalidInput(
            f"The provider takes the client's proof only by {_words(named or ())}.",
            code="authentication_unsupported",
            action="Bursar knows client_secret_post, client_secret_basic and none.",
        )
    return usable[0]


def _scope(found: Metadata, flow: Flow) -> tuple[str, list[str]]:
    if flow is Flow.CLIENT_CREDENTIALS:
        return "", []
    offered = found.scopes or ()
    scope = " ".join(word for word in ("openid", "email", "offline_access") if word in offered)
    if not offered:
        return "", ["The provider names no scopes: enter those of its documentation."]
    if "offline_access" not in offered:
        return scope, ["The provider names no scope offline_access: a refresh token may need another word there."]
    return scope, []


def _notes(found: Metadata, authentication: ClientAuthentication) -> list[str]:
    elsewhere = sorted({url.host for url in found.elsewhere().values()})
    notes = [f"Some addresses are on other hosts than the issuer: {', '.join(elsewhere)}."] if elsewhere else []
    if authentication is ClientAuthentication.NONE:
        notes.append("The provider takes public clients alone: there is no client secret.")
    return notes


def _words(values: tuple[str, ...]) -> str:
    return ", ".join(values[:10]) or "no method at all"
