"""The token, introspection and revocation endpoints of the fake provider (RFC 6749 §3.2, RFC 7662, RFC 7009)."""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote_plus

from .http import Reply, Request
from .ledger import ANY, Family, Ledger, RegisteredClient
from .people import Human


class ProtocolError(Exception):
    """An error answer of RFC 6749 §5.2."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.reply = as_json(status, {"error": error, "error_description": description})


@dataclass(slots=True)
class Rules:
    """How strict and how generous the provider is; tests change these while it runs. Lifetimes are in seconds."""

    rotate: bool = True
    send_iss: bool = True
    require_pkce: bool = False
    access_lifetime: float = 3600.0
    refresh_lifetime: float | None = None
    refresh_for_everybody: bool = True  # else only with the scope offline_access
    say_expires_in: bool = True
    id_tokens: bool = True


@dataclass(frozen=True, slots=True)
class Moment:
    """What an endpoint works on: memory, rules, who the provider is, and the time in seconds since 1970."""

    ledger: Ledger
    rules: Rules
    issuer: str
    now: float


def as_json(status: int, value: Any, headers: dict[str, str] | None = None) -> Reply:
    """A JSON answer that nobody may store (RFC 6749 §5.1)."""
    named = {"Content-Type": "application/json", "Cache-Control": "no-store", **(headers or {})}
    return Reply(status, json.dumps(value).encode(), named)


def client_of(request: Request, clients: dict[str, RegisteredClient], *, any_public: bool) -> RegisteredClient:
    """The client that authenticated itself by the one method it is registered for (RFC 6749 §2.3).

    `any_public` accepts unknown client ids as public clients. Raises ProtocolError `invalid_client`.
    """
    form = request.form
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        method, client_id, secret = "client_secret_basic", *_basic(credentials)
        if form.get("client_secret"):  # an empty parameter counts as left out (RFC 6749 §3.2)
            raise ProtocolError("invalid_request", "two ways of client authentication in one request")
    else:
        client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
        method = "client_secret_post" if secret else "none"
    known = clients.get(client_id)
    if known is None:
        if any_public and client_id:
            return RegisteredClient(client_id, authentication="none")
        raise ProtocolError("invalid_client", f"no client {client_id!r} is registered", 401)
    if known.authentication not in (method, ANY):
        raise ProtocolError("invalid_client", f"registered for {known.authentication}, came with {method}", 401)
    if method == "none" and known.authentication == ANY:
        return replace(known, authentication="none", secret="")
    if not hmac.compare_digest(secret.encode(), known.secret.encode()):
        raise ProtocolError("invalid_client", "the client secret is wrong", 401)
    return known


def token(moment: Moment, client: RegisteredClient, form: dict[str, str]) -> Reply:
    """The token endpoint, after client authentication. Raises ProtocolError."""
    match form.get("grant_type"):
        case "authorization_code":
            return _by_code(moment, client, form)
        case "refresh_token":
            return _by_refresh_token(moment, client, form)
        case "client_credentials":
            if client.authentication == "none":
                raise ProtocolError("unauthorized_client", "a public client can't act for itself")
            itself = Human(client.client_id, client.client_id, client.email)
            family = moment.ledger.consent(
                client.client_id, form.get("scope", ""), itself, moment.rules.access_lifetime
            )
            return _granted(moment, family, refresh=False)
        case other:
            raise ProtocolError("unsupported_grant_type", f"no grant type {other!r} here")


def introspect(moment: Moment, text: str) -> Reply:
    """RFC 7662 §2.2, with the account's address as the extra member `email`."""
    issued = moment.ledger.access.get(text) or moment.ledger.refresh.get(text)
    if issued is None or not moment.ledger.usable(issued, moment.now):
        return as_json(200, {"active": False})
    family = moment.ledger.family_of(issued)
    found: dict[str, Any] = {
        "active": True,
        "scope": family.scope,
        "client_id": family.client_id,
        "sub": family.subject,
        "iss": moment.issuer,
        "token_type": "Bearer",
        "exp": int(issued.ends_at),
    }
    return as_json(200, found | ({"email": family.email} if family.email else {}))


def revoke(moment: Moment, client: RegisteredClient, text: str) -> Reply:
    """RFC 7009 §2.1: a refresh token takes its whole family with it, an access token only itself."""
    refresh, access = moment.ledger.refresh.get(text), moment.ledger.access.get(text)
    issued = refresh or access
    if issued and moment.ledger.family_of(issued).client_id == client.client_id:
        issued.revoked = True
        if refresh:
            moment.ledger.family_of(refresh).revoked = True
    return Reply(200)


def bearer_family(moment: Moment, request: Request) -> Family:
    """Whose access token a request carries (RFC 6750 §2.1). Raises ProtocolError 401 `invalid_token`."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    issued = moment.ledger.access.get(text.strip()) if scheme.lower() == "bearer" else None
    if issued is None or not moment.ledger.usable(issued, moment.now):
        raise ProtocolError("invalid_token", "the access token is missing, unknown, revoked or over", 401)
    return moment.ledger.family_of(issued)


def _by_code(moment: Moment, client: RegisteredClient, form: dict[str, str]) -> Reply:
    code = moment.ledger.codes.get(form.get("code", ""))
    if code is None or code.ends_at <= moment.now or moment.ledger.family_of(code).revoked:
        raise ProtocolError("invalid_grant", "the authorization code is unknown or over")
    family = moment.ledger.family_of(code)
    if family.client_id != client.client_id:
        raise ProtocolError("invalid_grant", "the authorization code was issued to another client")
    if code.used:
        family.revoked = True  # RFC 6749 §4.1.2: a code used twice takes back what it brought
        raise ProtocolError("invalid_grant", "the authorization code was used before")
    if code.redirect_uri != form.get("redirect_uri", ""):
        raise ProtocolError("invalid_grant", "redirect_uri differs from the one in the authorization request")
    if client.authentication == "none" and not code.challenge:
        raise ProtocolError("invalid_grant", "a public client has to use PKCE")
    if code.challenge and not hmac.compare_digest(code.challenge, s256(form.get("code_verifier", ""))):
        raise ProtocolError("invalid_grant", "the code verifier does not match the challenge")
    code.used = True
    offered = moment.rules.refresh_for_everybody or "offline_access" in family.scope.split()
    return _granted(moment, family, refresh=offered, client=client, nonce=code.nonce)


def _by_refresh_token(moment: Moment, client: RegisteredClient, form: dict[str, str]) -> Reply:
    issued = moment.ledger.refresh.get(form.get("refresh_token", ""))
    if issued is None:
        raise ProtocolError("invalid_grant", "the refresh token is unknown")
    family = moment.ledger.family_of(issued)
    if family.client_id != client.client_id:
        raise ProtocolError("invalid_grant", "the refresh token was issued to another client")
    if issued.used:
        family.revoked = True  # RFC 9700 §4.14.2: somebody else has it too
        raise ProtocolError("invalid_grant", "the refresh token was used before; all tokens are revoked")
    if not moment.ledger.usable(issued, moment.now):
        raise ProtocolError("invalid_grant", "the refresh token is revoked or over")
    family.refreshes += 1
    issued.used = moment.rules.rotate
    return _granted(moment, family, refresh=moment.rules.rotate)


def _granted(
    moment: Moment,
    family: Family,
    *,
    refresh: bool,
    client: RegisteredClient | None = None,
    nonce: str = "",
) -> Reply:
    ledger, rules = moment.ledger, moment.rules
    answer: dict[str, Any] = {"access_token": ledger.issue_access(family, moment.now), "token_type": "Bearer"}
    if rules.say_expires_in:
        answer["expires_in"] = int(family.access_lifetime)
    if refresh:
        answer["refresh_token"] = ledger.issue_refresh(family, moment.now, rules.refresh_lifetime)
    if family.scope:
        answer["scope"] = family.scope
    if client and rules.id_tokens and "openid" in family.scope.split():
        answer["id_token"] = _id_token(moment, family, client, nonce)
    return as_json(200, answer)


def s256(verifier: str) -> str:
    """The PKCE challenge of a verifier (RFC 7636 §4.2)."""
    return _url64(hashlib.sha256(verifier.encode()).digest())


def _id_token(moment: Moment, family: Family, client: RegisteredClient, nonce: str) -> str:
    """An ID token signed with the client's secret (OpenID Connect Core §2, HS256)."""
    claims: dict[str, Any] = {
        "iss": moment.issuer,
        "sub": family.subject,
        "aud": client.client_id,
        "iat": int(moment.now),
        "exp": int(moment.now + family.access_lifetime),
        "email": family.email,
        "name": family.name,
    }
    if nonce:
        claims["nonce"] = nonce
    parts = (json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    signed = ".".join(_url64(part) for part in parts)
    mac = hmac.new(client.secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_url64(mac)}"


def _url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _basic(credentials: str) -> tuple[str, str]:
    """Id and secret of HTTP Basic, each form-decoded after base64 (RFC 6749 §2.3.1)."""
    try:
        client_id, colon, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise ProtocolError("invalid_client", "the Basic credentials can't be read", 401) from None
    if not colon:
        raise ProtocolError("invalid_client", "the Basic credentials have no colon", 401)
    return unquote_plus(client_id), unquote_plus(secret)
