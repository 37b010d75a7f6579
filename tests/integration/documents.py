"""Configuration documents for the real provider of the tests, in the exchange format."""

from typing import Any, Protocol

import yaml


class Provider(Protocol):
    """The addresses of a provider; OidcProvider and FakeProvider have them."""

    @property
    def authorization_url(self) -> str: ...
    @property
    def token_url(self) -> str: ...
    @property
    def revocation_url(self) -> str: ...


TOKEN_MAPPING = {
    "access_token": "Token",
    "error": "ErrorMessage",
    "error_description": "ErrorDescription",
    "expires_in": "TokenExpirationDate",
    "refresh_token": "RefreshToken",
}


def consent_document(
    name: str, provider: Provider, client_id: str, secret: str | None, **options: Any
) -> dict[str, Any]:
    """An entry for the authorization-code flow. `options` are further keys directly under Config."""
    identified = {"client_id": "ClientID"} | ({} if secret is None else {"client_secret": "ClientSecret"})

    def token_request(grant: str, filled: dict[str, str]) -> dict[str, Any]:
        return {
            "Request": {
                "URL": provider.token_url,
                "Parameters": {"grant_type": grant},
                "AutofilledParametersMapping": {**identified, **filled},
            },
            "Response": {"ParametersMapping": dict(TOKEN_MAPPING)},
        }

    return {
        "Name": name,
        "Config": {
            "AuthFlow": "AuthorizationCode",
            "ClientID": client_id,
            "ClientSecret": secret,
            "Scope": "openid email mail offline_access",
            "RevocationURL": provider.revocation_url,
            "Requests": {
                "AuthorizationCode": {
                    "Request": {
                        "URL": provider.authorization_url,
                        "Parameters": {"response_type": "code", "prompt": "consent"},
                        "AutofilledParametersMapping": {
                            "client_id": "ClientID",
                            "redirect_uri": "RedirectURL",
                            "scope": "Scope",
                            "state": "State",
                        },
                    },
                    "Response": {"ParametersMapping": {"code": "AuthorizationCode", "state": "State"}},
                },
                "TokenByAuthorizationCode": token_request(
                    "authorization_code", {"code": "AuthorizationCode", "redirect_uri": "RedirectURL"}
                ),
                "TokenByRefreshToken": token_request("refresh_token", {"refresh_token": "RefreshToken"}),
            },
            "Notifications": {"NotifyOnExpiredToken": 0, "NotifyOnExpiredRefreshToken": 1},
            **options,
        },
    }


def credentials_document(
    name: str, provider: Provider, client_id: str, secret: str | None, **options: Any
) -> dict[str, Any]:
    """An entry for the client-credentials flow."""
    return {
        "Name": name,
        "Config": {
            "AuthFlow": "ClientCredentials",
            "ClientID": client_id,
            "ClientSecret": secret,
            "Scope": "mail",
            "RevocationURL": provider.revocation_url,
            "Requests": {
                "TokenByClientCredentials": {
                    "Request": {
                        "URL": provider.token_url,
                        "Parameters": {"grant_type": "client_credentials"},
                        "AutofilledParametersMapping": {
                            "client_id": "ClientID",
                            "client_secret": "ClientSecret",
                            "scope": "Scope",
                        },
                    },
                    "Response": {"ParametersMapping": dict(TOKEN_MAPPING)},
                }
            },
            **options,
        },
    }


def as_yaml(*entries: dict[str, Any]) -> str:
    """The entries as a file."""
    return yaml.safe_dump(list(entries), sort_keys=True, allow_unicode=True)
