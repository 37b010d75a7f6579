"""Which parameters a document may send: none may take the place of what makes a grant safe (SEC-1, 2, 3, 6)."""

from collections.abc import Mapping

# What only the protocol itself may fill, and from where: parameter to the one source allowed.
_AUTOFILL = {
    "state": "State",
    "redirect_uri": "RedirectURL",
    "code": "AuthorizationCode",
    "refresh_token": "RefreshToken",
    "client_secret": "ClientSecret",
}
_NEVER = frozenset(("password", "code_verifier"))
_GRANT_TYPES = {
    "TokenByAuthorizationCode": "authorization_code",
    "TokenByRefreshToken": "refresh_token",
    "TokenByClientCredentials": "client_credentials",
}
_SECRET_SOURCES = frozenset(("ClientSecret", "RefreshToken", "Token", "AuthorizationCode"))


def literal_rule(request: str, name: str, value: str) -> str | None:
    """The rule that a literal parameter of this request breaks, None where it may be sent."""
    word = name.lower()
    if word in _AUTOFILL or word in _NEVER or word.startswith("code_challenge"):
        return "is filled in by Bursar, so it can't be a fixed value"
    if word == "response_type":
        return _only(value, "code" if request == "AuthorizationCode" else None)
    if word == "grant_type":
        return _only(value, _GRANT_TYPES.get(request))
    return None


def autofill_rule(request: str, name: str, source: str) -> str | None:
    """The rule that an autofilled parameter of this request breaks, None where it may be sent."""
    word = name.lower()
    if word in _NEVER or word.startswith("code_challenge") or word in ("response_type", "grant_type"):
        return "can't be filled in from the configuration"
    if word in _AUTOFILL and source != _AUTOFILL[word]:
        return f"must be filled in from {_AUTOFILL[word]}"
    if request == "AuthorizationCode" and source in _SECRET_SOURCES:
        return f"must not send {source} through the browser"
    return None


def broken(request: str, literals: Mapping[str, str], autofill: Mapping[str, str]) -> list[tuple[str, str]]:
    """Every broken rule of one request, as (path below the request, rule)."""
    found = []
    for name, value in literals.items():
        if rule := literal_rule(request, name, value):
            found.append((f"Request.Parameters.{name}", rule))
    for name, source in autofill.items():
        if rule := autofill_rule(request, name, source):
            found.append((f"Request.AutofilledParametersMapping.{name}", rule))
    return found


def _only(value: str, allowed: str | None) -> str | None:
    if allowed is None:
        return "doesn't belong in this request"
    return None if value == allowed else f"must be {allowed}"
