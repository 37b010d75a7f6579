"""The requests of a document, from two endpoints: RFC 6749's parameters and members, and what a provider adds to them.

Templates say with it what is theirs alone; discovery says with it what metadata found.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

AUTHORIZATION = {"code": "AuthorizationCode", "state": "State"}
ANSWER = {"access_token": "Token", "refresh_token": "RefreshToken", "expires_in": "TokenExpirationDate"}
ERRORS = {"error": "ErrorMessage", "error_description": "ErrorDescription"}


@dataclass(frozen=True, slots=True)
class Standard:
    """What differs from provider to provider.

    `authorization_url` None: the application acts for itself (client credentials). `scope_in` names the token requests
    that repeat the scope (`code`, `refresh`); `scope_name` is the parameter that carries it. `answer` and
    `code_answer` are members beyond the RFC's, the latter in the answer to a code alone. `refreshes` False: the
    provider has no refresh tokens. `public`: there is no client secret.
    """

    token_url: str
    authorization_url: str | None = None
    authorization_parameters: Mapping[str, str] = field(default_factory=dict)
    token_parameters: Mapping[str, str] = field(default_factory=dict)
    scope_in: Collection[str] = ()
    scope_name: str = "scope"
    answer: Mapping[str, str] = field(default_factory=dict)
    code_answer: Mapping[str, str] = field(default_factory=dict)
    refreshes: bool = True
    public: bool = False

    def requests(self) -> dict[str, Any]:
        """The value of `Config.Requests`, a new tree at each call."""
        if self.authorization_url is None:
            return {"TokenByClientCredentials": self._token_request("client_credentials", {}, scope=True)}
        found = {
            "AuthorizationCode": {
                "Request": {
                    "URL": self.authorization_url,
                    "Parameters": {"response_type": "code", **self.authorization_parameters},
                    "AutofilledParametersMapping": {
                        "client_id": "ClientID",
                        "redirect_uri": "RedirectURL",
                        self.scope_name: "Scope",
                        "state": "State",
                    },
                },
                "Response": {"ParametersMapping": {**AUTHORIZATION, **ERRORS}},
            },
            "TokenByAuthorizationCode": self._token_request(
                "authorization_code",
                {"code": "AuthorizationCode", "redirect_uri": "RedirectURL"},
                scope="code" in self.scope_in,
                members=self.code_answer,
            ),
        }
        if self.refreshes:
            found["TokenByRefreshToken"] = self._token_request(
                "refresh_token", {"refresh_token": "RefreshToken"}, scope="refresh" in self.scope_in
            )
        return found

    def _token_request(
        self, grant_type: str, filled: Mapping[str, str], *, scope: bool, members: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        identified = {"client_id": "ClientID"} | ({} if self.public else {"client_secret": "ClientSecret"})
        renewable = self.authorization_url is not None and self.refreshes
        usual = {name: what for name, what in ANSWER.items() if renewable or what != "RefreshToken"}
        replaced = {*(members or {}).values()}
        return {
            "Request": {
                "URL": self.token_url,
                "Parameters": {"grant_type": grant_type, **self.token_parameters},
                "AutofilledParametersMapping": {
                    **identified,
                    **filled,
                    **({self.scope_name: "Scope"} if scope else {}),
                },
            },
            "Response": {
                "ParametersMapping": {
                    **{name: what for name, what in usual.items() if what not in replaced},
                    **ERRORS,
                    **self.answer,
                    **(members or {}),
                }
            },
        }
