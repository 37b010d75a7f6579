"""For whom an access token is, as far as it says so: the commonest mistake is a token for another service.

A token is opaque to a client by RFC 6749; what is read here explains, and decides nothing but a refusal that the server
would give anyway.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from ..errors import BursarError, PersonMustAct
from ..keyring import Secret
from .account import AccountType
from .sasl import printable

LARGEST = 16_384
_GRAPH = ("https://graph.microsoft.com", "00000003-0000-0000-c000-000000000000")
_OUTLOOK = ("https://outlook.office.com", "https://outlook.office365.com", "00000002-0000-0ff1-ce00-000000000000")
_SERVICES = {**dict.fromkeys(_GRAPH, "Microsoft Graph"), **dict.fromkeys(_OUTLOOK, "Exchange Online")}
_MICROSOFT_SCOPE = {"imap": "IMAP.AccessAsUser.All", "pop3": "POP.AccessAsUser.All"}


@dataclass(frozen=True, slots=True)
class Claims:
    """What a JWT access token says of itself (RFC 9068 names); empty strings where it says nothing, or is no JWT."""

    audience: str = ""
    scope: str = ""
    who: str = ""

    @property
    def service(self) -> str:
        """The audience by the name people know it by."""
        return _SERVICES.get(self.audience.rstrip("/"), self.audience)


def claims_of(token: Secret) -> Claims:
    """Read, not verified: the server that the token is for verifies it."""
    parts = token.reveal().split(".")
    if len(parts) != 3 or len(parts[1]) > LARGEST:
        return Claims()
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return Claims()
    if not isinstance(found, dict):
        return Claims()
    audience = found.get("aud")
    audience = audience[0] if isinstance(audience, list) and audience else audience
    return Claims(_text(audience), _text(found.get("scp") or found.get("scope") or found.get("roles")), _who(found))


def problem(
    kind: AccountType, claims: Claims, scope: str, reference: str, step: str = "authorize"
) -> BursarError | None:
    """Why this token can't open the mailbox, where that is certain. `step` is the command that brings a new one."""
    audience = claims.audience.rstrip("/")
    granted = claims.scope or scope
    wanted = "Microsoft Graph" if kind is AccountType.MSGRAPH else "Exchange Online"
    is_graph = audience in _GRAPH or (not audience and _only(granted, "https://graph.microsoft.com/"))
    is_outlook = audience in _OUTLOOK or (not audience and _only(granted, "https://outlook.office"))
    if (is_graph and kind is not AccountType.MSGRAPH) or (is_outlook and kind is AccountType.MSGRAPH):
        service = "Microsoft Graph" if is_graph else "Exchange Online (IMAP, POP3, SMTP)"
        scopes = (
            "https://graph.microsoft.com/Mail.ReadWrite"
            if kind is AccountType.MSGRAPH
            else f"https://outlook.office.com/{_MICROSOFT_SCOPE[kind.protocol]}"
        )
        return PersonMustAct(
            f"This token is for {service}; {_name(kind)} needs one for {wanted}.",
            code="wrong_audience",
            action=f"Set the scope of the token configuration to {scopes} offline_access (with client credentials: the "
            f"/.default of the same host), then request a new token: `bursar token {step} '{reference}'`; or choose "
            f"type {'IMAPS' if kind is AccountType.MSGRAPH else 'MSGraph'} for this account.",
        )
    if audience in _OUTLOOK and claims.scope and (needed := _MICROSOFT_SCOPE.get(kind.protocol)):
        words = claims.scope.split()
        app = needed.replace("AsUser.All", "AsApp")
        if needed not in words and app not in words:
            return PersonMustAct(
                f"The token may do {claims.scope} at Exchange Online, but not {needed}.",
                code="scope_missing",
                action=f"Add https://outlook.office.com/{needed} to the scope of the token configuration (client "
                f"credentials: the application permission {app}), then request a new token: "
                f"`bursar token {step} '{reference}'`.",
            )
    return None


def _name(kind: AccountType) -> str:
    return {"imap": "IMAP", "pop3": "POP3", "graph": "Microsoft Graph"}[kind.protocol]


def _only(scope: str, start: str) -> bool:
    addresses = [word for word in scope.split() if word.startswith("https://")]
    return bool(addresses) and all(word.startswith(start) for word in addresses)


def _who(found: dict[str, Any]) -> str:
    for name in ("upn", "preferred_username", "unique_name", "email", "app_displayname", "sub"):
        if found.get(name):
            return _text(found[name])
    return ""


def _text(value: Any) -> str:
    if isinstance(value, list):
        return printable(" ".join(str(each) for each in value))
    return printable(str(value)) if value is not None else ""
