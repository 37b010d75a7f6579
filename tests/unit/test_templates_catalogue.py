"""The catalogue: each template is a document that Bursar itself reads, with its source and date."""

import pytest

from bursar.errors import NotFound
from bursar.providers import Template, template, template_of, templates
from bursar.tokens.document import from_template

SLUGS = {
    "google-mail",
    "microsoft-exchange",
    "microsoft-exchange-app",
    "microsoft-personal",
    "microsoft-organizations",
    "microsoft-graph",
    "microsoft-graph-app",
    "any-code",
    "any-app",
    "practice",
}
VALUES = {
    "Tenant": "contoso.example",
    "AuthorizationURL": "https://provider.example/authorize",
    "TokenURL": "https://provider.example/token",
}


def made(found: Template):  # type: ignore[no-untyped-def]
    given = [(name, value) for name, value in VALUES.items() if found.placeholder(name)]
    return from_template(found, "N", given, {"practice_port": "9000"})


def test_the_catalogue_has_the_promised_slugs() -> None:
    assert {found.slug for found in templates()} == SLUGS


@pytest.mark.parametrize("slug", sorted(SLUGS))
def test_every_template_makes_a_document_that_is_right(slug: str) -> None:
    found = template(slug)
    document = made(found)
    assert document.flow == found.flow
    assert document.template_name == slug
    assert template_of(document.template_name) is found
    assert document.options.pkce
    assert "{" not in document.source.replace('{"', "").replace("{}", "")
    assert found.source
    assert found.checked == "2026-11"
    assert found.steps
    assert (document.client_id, slug) == (None, slug) or slug == "practice"
    if found.flow == "authorization_code":
        assert set(document.requests) == {"AuthorizationCode", "TokenByAuthorizationCode", "TokenByRefreshToken"}
        for request in ("TokenByAuthorizationCode", "TokenByRefreshToken"):
            assert document.requests[request].mapping["refresh_token"] == "RefreshToken"


@pytest.mark.parametrize("slug", sorted(s for s in SLUGS if s.startswith("microsoft") and not s.endswith("app")))
def test_microsoft_is_sent_the_scope_with_every_token_request(slug: str) -> None:
    """Without it Microsoft falls back to the scopes of the first consent, or answers AADSTS900144."""
    document = made(template(slug))
    for request in ("AuthorizationCode", "TokenByAuthorizationCode", "TokenByRefreshToken"):
        assert document.requests[request].autofill["scope"] == "Scope"
    assert document.requests["AuthorizationCode"].literals["response_mode"] == "query"
    assert document.requests["AuthorizationCode"].literals["prompt"] == "select_account"
    assert document.scope is not None
    assert "offline_access" in document.scope.split()


def test_google_is_asked_for_a_refresh_token() -> None:
    document = made(template("google-mail"))
    literals = document.requests["AuthorizationCode"].literals
    assert (literals["access_type"], literals["prompt"]) == ("offline", "consent")
    assert document.destinations()["RevocationURL"] == "https://oauth2.googleapis.com/revoke"


def test_microsoft_exchange_serves_any_tenant_unless_one_is_named() -> None:
    document = from_template(template("microsoft-exchange"), "N", [], {})
    assert document.tree()["Tenant"] == "common"
    assert all("/common/" in where for where in document.destinations().values())


def test_practice_needs_nothing_but_the_port() -> None:
    document = made(template("practice"))
    assert document.client_id == "practice"
    assert document.options.client_authentication == "none"
    assert set(document.destinations().values()) == {
        "practice",
        "http://127.0.0.1:9000",
        *(f"http://127.0.0.1:9000/{path}" for path in ("authorize", "token", "revoke", "userinfo")),
    }


def test_an_unknown_slug_is_refused_with_the_known_ones() -> None:
    with pytest.raises(NotFound, match="google-mail"):
        template("gmail")
    assert template_of(None) is None
    assert template_of("Google Mail") is None
