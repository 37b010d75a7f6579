"""`bursar config discover` and `recheck` with the certified provider's own metadata."""

import json

import pytest

from tests.conftest import Cli
from tests.counterparts.oidc import OidcProvider

pytestmark = pytest.mark.counterpart


@pytest.fixture
def admitted(cli: Cli, oidc_provider: OidcProvider) -> Cli:
    cli("setting", "set", "Outbound::AllowedNetworks", "127.0.0.0/8,localhost", check=0)
    return cli


def test_the_certified_providers_metadata_becomes_a_token(admitted: Cli, oidc_provider: OidcProvider) -> None:
    said = admitted("config", "discover", oidc_provider.issuer, check=0)
    assert oidc_provider.token_url in said.stdout
    assert "Nothing was added" in said.stderr
    assert json.loads(admitted("config", "list", "--json", check=0).stdout) == []
    found = json.loads(admitted("config", "discover", oidc_provider.issuer, "--json", check=0).stdout)
    assert found["issuer"] == oidc_provider.issuer
    assert found["flows"] == ["authorization_code", "client_credentials"]
    assert found["endpoints"]["revocation_endpoint"] == oidc_provider.revocation_url
    assert found["pkce"] == "S256"

    added = ("--name", "Robot", "--flow", "credentials", "--set", "ClientID=machine", "--set", "Scope=mail")
    admitted(
        *("config", "discover", oidc_provider.issuer), *added, "--secret-file", "-", input="machine-secret", check=0
    )
    admitted("token", "request", "Robot", check=0)
    assert admitted("token", "get", "Robot", check=0).stdout.strip()
    assert "Nothing differs" in admitted("config", "recheck", "Robot", check=0).stderr


def test_a_difference_is_shown_taken_over_and_held(admitted: Cli, oidc_provider: OidcProvider) -> None:
    """SEC-53, SEC-62"""
    added = ("--name", "Person", "--set", "ClientID=code-post", "--secret-file", "-")
    admitted("config", "discover", oidc_provider.issuer, *added, input="code-post-secret", check=0)
    path = "Requests.TokenByRefreshToken.Request.URL"
    admitted("config", "set", "Person", f"{path}={oidc_provider.issuer}/old", check=0)
    admitted("config", "confirm", "Person", check=0)
    (difference,) = json.loads(admitted("config", "recheck", "Person", "--json", check=0).stdout)
    assert difference == {"path": path, "ours": f"{oidc_provider.issuer}/old", "theirs": oidc_provider.token_url}
    assert "is held" in admitted("config", "recheck", "Person", "--apply", check=0).stderr
    assert json.loads(admitted("config", "show", "Person", "--json", check=0).stdout)["held"] == ["secret"]


def test_an_issuer_that_is_not_admitted_is_refused_with_the_step(cli: Cli, oidc_provider: OidcProvider) -> None:
    """SEC-49"""
    said = cli("config", "discover", oidc_provider.issuer, check=6).stderr
    assert "Outbound::AllowedNetworks" in said


def test_another_spelling_of_the_issuer_is_refused_with_the_right_one(
    admitted: Cli, oidc_provider: OidcProvider
) -> None:
    """SEC-53"""
    said = admitted("config", "discover", oidc_provider.issuer + "/", check=2).stderr
    assert f"names itself {oidc_provider.issuer}, and not {oidc_provider.issuer}/" in said


def test_a_template_says_what_to_do_at_its_provider_and_what_comes_next(cli: Cli) -> None:
    said = cli("config", "templates", "salesforce-app", check=0).stdout
    assert " 1. In Setup open External Client App Manager" in said
    assert "--set MyDomain=kestrel.my.salesforce.com --set ClientID=… --secret-file FILE" in said
    assert "Redirect URI" not in said
    assert "get-oauth2-token-by-authorization-code.pl" in cli("config", "templates", "github", check=0).stdout
    assert json.loads(cli("config", "templates", "slack", "--json", check=0).stdout)["slug"] == "slack"
    cli("config", "templates", "nothing", check=3)
