"""The configuration document as typed values: made once, at the edge, and never changed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from ...keyring import Secret
from ...oauth2.plan import RequestPlan
from ...oauth2.urls import EndpointUrl
from ...oauth2.vocabulary import ClientAuthentication, Flow

ASSUMED_LIFETIME = 3600.0  # seconds, where a provider says nothing of how long its token lives

Extra = str | int | float | bool | None


class Validity(StrEnum):
    """Whether a configuration is worked with. Only a valid one is refreshed, handed out, offered or notified about."""

    VALID = "valid"
    INVALID = "invalid"
    INVALID_TEMPORARILY = "invalid-temporarily"

    @property
    def valid_id(self) -> int:
        """The number that the exchange format has for it."""
        return list(Validity).index(self) + 1

    @classmethod
    def of_valid_id(cls, valid_id: int) -> "Validity":
        return list(cls)[valid_id - 1]


@dataclass(frozen=True, slots=True)
class Options:
    """Bursar's own keys with their defaults filled in. Lengths of time are in seconds."""

    pkce: bool
    client_authentication: ClientAuthentication
    issuer: str | None
    refresh_margin: float | None
    keep_alive: float | None
    assumed_lifetime: float
    client_secret_expires: date | None
    revocation_url: EndpointUrl | None
    userinfo_url: EndpointUrl | None


@dataclass(frozen=True, slots=True)
class TokenConfigurationDocument:
    """One token configuration. `source` is the `Config` tree it was made from, as JSON without the secret."""

    name: str
    validity: Validity
    flow: Flow
    client_id: str | None
    client_secret: Secret | None
    scope: str | None
    template_name: str | None
    notify_on_expired_token: bool
    notify_on_expired_refresh_token: bool
    requests: Mapping[str, RequestPlan]
    options: Options
    extras: Mapping[str, Extra]
    source: str = field(repr=False)

    def tree(self) -> dict[str, Any]:
        """The `Config` tree as plain values, a new one at each call; ClientSecret is null in it or absent."""
        tree: dict[str, Any] = json.loads(self.source)
        return tree

    def destinations(self) -> dict[str, str]:
        """Where this document sends secrets, and as whom: path to address or client id, where there is one (SEC-62)."""
        tree = self.tree()
        found = {f"Requests.{kind}.Request.URL": part["Request"]["URL"] for kind, part in tree["Requests"].items()}
        found |= {key: tree[key] for key in ("Issuer", "RevocationURL", "UserinfoURL") if tree.get(key)}
        return found | ({"ClientID": self.client_id} if self.client_id else {})
