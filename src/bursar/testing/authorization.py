"""The authorization endpoint's judgement and its way back to the client (RFC 6749 §4.1.1, §4.1.2; RFC 9207)."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from .endpoints import Rules, as_json
from .http import Reply, Request
from .ledger import RegisteredClient

LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Unsound:
    """A request whose redirect URI can be trusted but not its rest: the client is told by redirect."""

    parameters: dict[str, str]
    error: dict[str, str]


def judge(
    request: Request, clients: dict[str, RegisteredClient], rules: Rules, *, any_public: bool
) -> dict[str, str] | Unsound | Reply:
    """The parameters of a sound request; Unsound, or a page of its own where not even the redirect URI counts."""
    pairs = parse_qsl(request.query, keep_blank_values=True)
    wanted = dict(pairs)
    client_id, redirect_uri = wanted.get("client_id", ""), wanted.get("redirect_uri", "")
    client = clients.get(client_id)
    if client is None and not (any_public and client_id and wanted.get("code_challenge")):
        return as_json(400, {"error": "invalid_client", "error_description": f"no client {client_id!r} here"})
    if not _redirectable(redirect_uri, client.redirect_uris if client else ()):
        return as_json(400, {"error": "invalid_redirect_uri", "error_description": redirect_uri})
    if problem := _problem(pairs, wanted, pkce=rules.require_pkce or client is None or not client.secret):
        return Unsound(wanted, {"error": "invalid_request", "error_description": problem})
    if wanted.get("response_type") != "code":
        return Unsound(wanted, {"error": "unsupported_response_type"})
    return wanted


def send_back(wanted: dict[str, str], answer: dict[str, str], issuer: str) -> Reply:
    """A redirect to the client with `answer`, its state, and `iss` where `issuer` is given."""
    if "state" in wanted:
        answer = answer | {"state": wanted["state"]}
    if issuer:
        answer = answer | {"iss": issuer}
    target = urlsplit(wanted["redirect_uri"])
    query = f"{target.query}&{urlencode(answer)}" if target.query else urlencode(answer)
    return Reply(303, headers={"Location": urlunsplit(target._replace(query=query)), "Cache-Control": "no-store"})


def _problem(pairs: list[tuple[str, str]], wanted: dict[str, str], *, pkce: bool) -> str:
    if len(pairs) != len(wanted):
        return "a parameter is there twice"
    if wanted.get("code_challenge_method", "S256") != "S256":
        return "only S256 is taken as code_challenge_method"
    if pkce and not wanted.get("code_challenge"):
        return "PKCE is required"
    return ""


def _redirectable(redirect_uri: str, registered: tuple[str, ...]) -> bool:
    if registered:
        return redirect_uri in registered
    target = urlsplit(redirect_uri)
    return target.scheme in ("http", "https") and target.hostname in LOOPBACK and not target.fragment
