"""The keys of a document and what each may hold. Everything that reads or changes one asks here."""

from collections.abc import Callable

from ...unseen import unseen_sign
from .nodes import Scalar
from .scalars import BrokenRule, Value, day, flag, seconds

Reader = Callable[[Scalar], Value]


def text(node: Scalar) -> str:
    """The text as it is written."""
    return node.text


def one_of(*words: str) -> Reader:
    """A reader that takes these words and no others."""

    def read(node: Scalar) -> str:
        if node.text not in words:
            raise BrokenRule(f"must be {', '.join(words[:-1])} or {words[-1]}")
        return node.text

    return read


AUTHORIZATION_CODE = "AuthorizationCode"
CLIENT_CREDENTIALS = "ClientCredentials"

# Texts that may be null: an administrator fills them in later.
NULLABLE: dict[str, Reader] = dict.fromkeys(("ClientID", "ClientSecret", "Scope", "TemplateName"), text)

# Keys that count as absent where they are null. From PKCE on they are Bursar's own; other systems keep or ignore them.
OPTIONAL: dict[str, Reader] = {
    "AuthFlow": one_of(AUTHORIZATION_CODE, CLIENT_CREDENTIALS),
    "PKCE": one_of("S256", "none"),
    "ClientAuthentication": one_of("client_secret_post", "client_secret_basic", "none"),
    "Issuer": text,
    "RefreshMargin": seconds,
    "KeepAlive": seconds,
    "AssumedLifetime": seconds,
    "ClientSecretExpires": day,
    "RevocationURL": text,
    "UserinfoURL": text,
}
LEAVES = NULLABLE | OPTIONAL
URL_OPTIONS = ("Issuer", "RevocationURL", "UserinfoURL")

NOTIFICATIONS: dict[str, Reader] = {"NotifyOnExpiredToken": flag, "NotifyOnExpiredRefreshToken": flag}

REQUESTS = ("AuthorizationCode", "TokenByAuthorizationCode", "TokenByRefreshToken", "TokenByClientCredentials")
NEEDED = {
    AUTHORIZATION_CODE: ("AuthorizationCode", "TokenByAuthorizationCode"),
    CLIENT_CREDENTIALS: ("TokenByClientCredentials",),
}
# Where free parameter names stand, below `Requests.<type>`.
LITERALS = ("Request", "Parameters")
AUTOFILL = ("Request", "AutofilledParametersMapping")
MAPPING = ("Response", "ParametersMapping")

# Bursar fills these itself; a key of that name under Config would take their place in a request.
FILLED_BY_BURSAR = frozenset(("State", "RedirectURL", "AuthorizationCode", "RefreshToken", "Token"))

LONGEST_NAME = 250


def name_rule(name: str) -> str | None:
    """The rule that `name` breaks as the name of a configuration, None where it breaks none."""
    if not name:
        return "must not be empty"
    if len(name) > LONGEST_NAME:
        return f"must have at most {LONGEST_NAME} characters"
    if name != name.strip():
        return "must not begin or end with a blank"
    if has_control_character(name):
        return "must not contain control characters"
    if sign := unseen_sign(name):
        return f"must not contain {sign}, which can't be seen"
    return None


def has_control_character(name: str) -> bool:
    """C0, C1, DEL and the line separators: what could forge a line of a log or a list (SEC-66)."""
    return any(c < " " or "\x7f" <= c <= "\x9f" or c in "\u2028\u2029" for c in name)
