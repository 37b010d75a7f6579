"""The catalogue: each template is a document that Bursar itself reads, with its source and date."""

import json
import re

import pytest

from bursar.errors import InvalidInput, NotFound
from bursar.providers import Template, template, template_of, templates
from bursar.tokens.document import from_template, read_documents, write_documents

SLUGS = {
    "any-app",
    "any-code",
    "aol",
    "atlassian",
    "comcast",
    "fastmail",
    "github",
    "github-app-user",
    "gitlab",
    "google-mail",
    "mail-ru",
    "microsoft-china",
    "microsoft-china-app",
    "microsoft-exchange",
    "microsoft-exchange-app",
    "microsoft-graph",
    "microsoft-graph-app",
    "microsoft-organizations",
    "microsoft-personal",
    "microsoft-us-dod",
    "microsoft-us-dod-app",
    "microsoft-us-government",
    "microsoft-us-government-app",
    "practice",
    "salesforce",
    "salesforce-app",
    "slack",
    "slack-user",
    "yahoo",
    "yandex",
    "zoho",
}
ENDLESS = {"github"}  # no refresh token, by the provider's design
VALUES = {
    "Tenant": "contoso.example",
    "AuthorizationURL": "https://provider.example/authorize",
    "TokenURL": "https://provider.example/token",
    "MyDomain": "kestrel.my.salesforce.com",
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
    assert document.options.pkce is not slug.startswith("slack")  # which takes it from public clients alone
    assert "{" not in document.source.replace('{"', "").replace("{}", "")
    assert found.source
    assert found.checked == "2026-11"
    assert found.steps
    assert (document.client_id, slug) == (None, slug) or slug == "practice"
    if found.flow == "authorization_code":
        renewing = set() if slug in ENDLESS else {"TokenByRefreshToken"}
        assert set(document.requests) == {"AuthorizationCode", "TokenByAuthorizationCode"} | renewing
        for request in {"TokenByAuthorizationCode", "TokenByRefreshToken"} if renewing else ():
            assert "RefreshToken" in document.requests[request].mapping.values()


@pytest.mark.parametrize("slug", sorted(SLUGS))
def test_every_template_comes_back_from_its_export_as_it_was(slug: str) -> None:
    """SEC-63: what is written is read again, and written again it is the same text."""
    document = made(template(slug))
    text = write_documents([(document, None)])
    (again,) = read_documents(text.encode(), "export.yml")
    assert again == document
    assert write_documents([(again, None)]) == text


@pytest.mark.parametrize("slug", sorted(SLUGS - {"practice"}))
def test_every_address_of_a_template_is_https_and_every_host_a_name(slug: str) -> None:
    found = template(slug)
    document = made(found)
    for path, where in document.destinations().items():
        assert where.startswith("https://"), path
    for server in found.mail:
        assert server.protocol in ("imap", "pop3", "smtp", "graph")
        assert server.port in (993, 995, 465, 587, 443)
        assert server.host.islower()
        assert "." in server.host
    assert found.source.startswith("https://")


@pytest.mark.parametrize("slug", sorted(SLUGS))
def test_every_placeholder_is_used_explained_and_takes_its_own_example(slug: str) -> None:
    found = template(slug)
    text = json.dumps(found.config)
    named = set(re.findall(r"{([A-Za-z]+)}", text))
    assert named == {placeholder.name for placeholder in found.placeholders}
    for placeholder in found.placeholders:
        assert placeholder.label
        assert placeholder.check(placeholder.example) == placeholder.example
        if placeholder.default:
            assert placeholder.check(placeholder.default) == placeholder.default


@pytest.mark.parametrize("slug", sorted(SLUGS))
def test_steps_and_notes_are_whole_sentences(slug: str) -> None:
    found = template(slug)
    for text in (*found.steps, *found.notes):
        assert text[0].isupper()
        assert text.endswith(".")
    if found.flow == "authorization_code" and slug not in ("practice", "any-code"):
        assert any("redirect URI that Bursar shows" in step for step in found.steps)


@pytest.mark.parametrize(
    ("slug", "name", "value"),
    [
        ("microsoft-us-government", "Tenant", "common"),
        ("microsoft-china-app", "Tenant", "organizations"),
        ("salesforce-app", "MyDomain", "login.salesforce.com"),
        ("zoho", "AccountsHost", "accounts.example.org"),
        ("gitlab", "Host", "gitlab.example.com/evil"),
        ("gitlab", "Host", "user@gitlab.example.com"),
    ],
)
def test_a_placeholder_takes_no_value_that_can_not_be_right(slug: str, name: str, value: str) -> None:
    with pytest.raises(InvalidInput, match=name):
        template(slug).tree({name: value})


@pytest.mark.parametrize("slug", sorted(s for s in SLUGS if s.startswith("microsoft") and "app" not in s))
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
