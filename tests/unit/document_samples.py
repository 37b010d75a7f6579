"""Documents that the tests of configuration work with, built small so that each test shows what it is about."""

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import yaml

from bursar.clock import SystemRandomness
from bursar.context import Context
from bursar.keyring import Keyring, Place, Secret
from bursar.testing import FakeClock
from bursar.tokens.configure import find
from bursar.tokens.document import TokenConfigurationDocument, read_documents
from bursar.tokens.models import Token

SAMPLES = Path(__file__).parents[1] / "samples"
TOKEN = "https://login.provider.example/token"
ANSWER = {"access_token": "Token", "expires_in": "TokenExpirationDate", "refresh_token": "RefreshToken"}


def code_config(**changes: Any) -> dict[str, Any]:
    """A `Config` of the authorization-code flow, with `changes` on top."""
    client = {"client_id": "ClientID", "client_secret": "ClientSecret"}
    config: dict[str, Any] = {
        "ClientID": "bursar",
        "ClientSecret": None,
        "Scope": "mail",
        "Requests": {
            "AuthorizationCode": {
                "Request": {
                    "URL": "https://login.provider.example/authorize",
                    "Parameters": {"response_type": "code"},
                    "AutofilledParametersMapping": {
                        "client_id": "ClientID",
                        "redirect_uri": "RedirectURL",
                        "scope": "Scope",
                        "state": "State",
                    },
                },
                "Response": {"ParametersMapping": {"code": "AuthorizationCode", "state": "State"}},
            },
            "TokenByAuthorizationCode": {
                "Request": {
                    "URL": TOKEN,
                    "Parameters": {"grant_type": "authorization_code"},
                    "AutofilledParametersMapping": client
                    | {"code": "AuthorizationCode", "redirect_uri": "RedirectURL"},
                },
                "Response": {"ParametersMapping": ANSWER},
            },
            "TokenByRefreshToken": {
                "Request": {
                    "URL": TOKEN,
                    "Parameters": {"grant_type": "refresh_token"},
                    "AutofilledParametersMapping": client | {"refresh_token": "RefreshToken"},
                },
                "Response": {"ParametersMapping": ANSWER},
            },
        },
    }
    return deepcopy(config) | changes


def app_config(**changes: Any) -> dict[str, Any]:
    """A `Config` of the client-credentials flow."""
    mapping = {"client_id": "ClientID", "client_secret": "ClientSecret", "scope": "Scope"}
    request = {
        "URL": TOKEN,
        "Parameters": {"grant_type": "client_credentials"},
        "AutofilledParametersMapping": mapping,
    }
    requests = {"TokenByClientCredentials": {"Request": request, "Response": {"ParametersMapping": dict(ANSWER)}}}
    return {"AuthFlow": "ClientCredentials", "ClientID": "app", "Scope": "all", "Requests": requests} | changes


def at(config: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The config with the value at a dotted path replaced; made where it is missing."""
    *way, last = path.split(".")
    place = config
    for key in way:
        place = place.setdefault(key, {})
    place[last] = value
    return config


def as_yaml(*entries: Mapping[str, Any]) -> bytes:
    """A file with these entries."""
    return yaml.safe_dump(list(entries), sort_keys=False, allow_unicode=True).encode()


def entry(name: str = "Support", config: Any = None, **more: Any) -> dict[str, Any]:
    return {"Name": name, "Config": code_config() if config is None else config} | more


def document(name: str = "Support", **changes: Any) -> TokenConfigurationDocument:
    """One parsed document."""
    return read_documents(as_yaml(entry(name, code_config(**changes))), "test.yml")[0]


def context() -> Context:
    """What changing a configuration needs of a context: clock, dice, keyring."""
    parts = SimpleNamespace(clock=FakeClock(), randomness=SystemRandomness(), keyring=Keyring(bytes(range(32))))
    return cast(Context, parts)


def obtained(ctx: Context, name: str) -> Token:
    """Give the configuration's token material, as if a person had authorized it."""
    token = Token.objects.get(configuration=find(name), label="")
    for column in ("access_token", "refresh_token"):
        setattr(token, column, ctx.keyring.seal(Place("tokens_token", token.id, column), Secret(f"the {column}")))
    token.state = "active"
    token.issued_at = ctx.clock.now()
    token.save()
    return token
