"""What an authorization server says of itself (RFC 8414; OpenID Connect Discovery 1.0), parsed and pinned (SEC-53)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..errors import InvalidInput
from .members import Unreadable, read_members
from .redact import redact_text
from .urls import EndpointUrl

OPENID = "/.well-known/openid-configuration"
RFC_8414 = "/.well-known/oauth-authorization-server"
MOST_VALUES = 500
LONGEST_VALUE = 300


@dataclass(frozen=True, slots=True)
class Metadata:
    """The members that a configuration is made of. None where the document is silent, which is not the same as empty.

    Defaults of RFC 8414 §2 are left to the reader: what silence means differs from member to member.
    """

    issuer: str
    token_endpoint: EndpointUrl
    authorization_endpoint: EndpointUrl | None
    revocation_endpoint: EndpointUrl | None
    userinfo_endpoint: EndpointUrl | None
    scopes: tuple[str, ...] | None
    grant_types: tuple[str, ...] | None
    authentication_methods: tuple[str, ...] | None
    challenge_methods: tuple[str, ...] | None

    def endpoints(self) -> dict[str, EndpointUrl]:
        """Every endpoint that there is, by its name in the metadata."""
        named = {
            "authorization_endpoint": self.authorization_endpoint,
            "token_endpoint": self.token_endpoint,
            "revocation_endpoint": self.revocation_endpoint,
            "userinfo_endpoint": self.userinfo_endpoint,
        }
        return {name: url for name, url in named.items() if url is not None}

    def elsewhere(self) -> dict[str, EndpointUrl]:
        """The endpoints on another host than the issuer's: right for some, and for a person to look at."""
        host = (urlsplit(self.issuer).hostname or "").lower()
        return {name: url for name, url in self.endpoints().items() if url.host.lower() != host}


def parse_issuer(text: str) -> EndpointUrl:
    """The issuer as it was given; `https://` may be left out, and an address of the metadata itself stands for it.

    RFC 8414 §2: no query, no fragment. Raises InvalidInput (`url_invalid`).
    """
    text = text.strip()
    if "://" not in text and text:
        text = f"https://{text}"
    for suffix in (OPENID, RFC_8414):
        head, found, path = text.partition(suffix)
        if found:
            text = head + path
    url = EndpointUrl.parse(text, "Issuer")
    if "?" in text:
        raise InvalidInput("Issuer: must not carry a query (?)", code="url_invalid")
    return url


def locations(issuer: EndpointUrl) -> Iterator[str]:
    """Where the metadata may be, the most usual place first (RFC 8414 §3.1 and §5; OpenID Discovery §4)."""
    parts = urlsplit(str(issuer))
    origin, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
    yield origin + path + OPENID
    yield origin + RFC_8414 + path
    if path:
        yield origin + OPENID + path


def read_metadata(body: bytes, issuer: str) -> Metadata:
    """The metadata of exactly this issuer. Raises InvalidInput: `metadata_invalid`, `issuer_differs`, `issuer_pattern`,
    `metadata_endpoint` for an address that Bursar wouldn't send a secret to.
    """
    try:
        members = read_members(body, "application/json")
    except Unreadable as problem:
        raise _invalid(f"it is {problem}") from None
    _check_issuer(members.get("issuer"), issuer)
    token = _endpoint(members, "token_endpoint", issuer)
    if token is None:
        raise _invalid("it names no token_endpoint")
    return Metadata(
        issuer=issuer,
        token_endpoint=token,
        authorization_endpoint=_endpoint(members, "authorization_endpoint", issuer),
        revocation_endpoint=_endpoint(members, "revocation_endpoint", issuer),
        userinfo_endpoint=_endpoint(members, "userinfo_endpoint", issuer),
        scopes=_texts(members, "scopes_supported"),
        grant_types=_texts(members, "grant_types_supported"),
        authentication_methods=_texts(members, "token_endpoint_auth_methods_supported"),
        challenge_methods=_texts(members, "code_challenge_methods_supported"),
    )


def _check_issuer(found: Any, issuer: str) -> None:
    """RFC 8414 §3.3: identical, or somebody else speaks for it. Nothing is normalised: not a slash, not a letter."""
    if not isinstance(found, str) or not found:
        raise _invalid("it names no issuer")
    shown = redact_text(found[:LONGEST_VALUE])
    if "{" in found:
        raise InvalidInput(
            f"The issuer is a pattern, {shown}: it stands for all tenants.",
            code="issuer_pattern",
            action="Give your own tenant's issuer, with the tenant's ID in the place of the braces.",
        )
    if found != issuer:
        raise InvalidInput(
            f"The provider names itself {shown}, and not {issuer}.",
            code="issuer_differs",
            action="If that is the provider you mean, give exactly this issuer.",
        )


def _endpoint(members: dict[str, Any], name: str, issuer: str) -> EndpointUrl | None:
    """An endpoint by the rules of SEC-48, and never less protected than the issuer that names it."""
    found = members.get(name)
    if found is None or found == "":
        return None
    if not isinstance(found, str):
        raise _invalid(f"its {name} is no text")
    try:
        url = EndpointUrl.parse(found, name)
    except InvalidInput as problem:
        raise InvalidInput(
            f"The provider's metadata can't be used: {problem.sentence}.", code="metadata_endpoint"
        ) from None
    if url.scheme != "https" and urlsplit(issuer).scheme == "https":
        raise InvalidInput(
            f"The provider's metadata can't be used: {name}: must be https, as the issuer is.", code="metadata_endpoint"
        )
    return url


def _texts(members: dict[str, Any], name: str) -> tuple[str, ...] | None:
    found = members.get(name)
    if found is None:
        return None
    if not isinstance(found, list):
        raise _invalid(f"its {name} is no list")
    return tuple(
        text for text in found[:MOST_VALUES] if isinstance(text, str) and text.isprintable() and 0 < len(text) <= 300
    )


def _invalid(why: str) -> InvalidInput:
    return InvalidInput(
        f"What the issuer says of itself can't be used: {why}.",
        code="metadata_invalid",
        action="Check the issuer, or add the provider by hand.",
    )
