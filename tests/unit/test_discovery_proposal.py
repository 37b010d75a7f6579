"""From metadata to a document: every choice follows from what the issuer says, and is said where it isn't plain."""

import json
from typing import Any

import pytest

from bursar.errors import InvalidInput
from bursar.oauth2.metadata import Metadata, read_metadata
from bursar.oauth2.vocabulary import Flow
from bursar.providers.discovery import wants_tenant, with_tenant
from bursar.providers.proposal import fingerprint, flows_of, known_templates, propose
from bursar.tokens.document import from_tree

ISSUER = "https://sso.example.org"


def said(**members: Any) -> Metadata:
    usual = {"issuer": ISSUER, "token_endpoint": f"{ISSUER}/token", "authorization_endpoint": f"{ISSUER}/authorize"}
    found = {name: value for name, value in (usual | members).items() if value is not ...}
    return read_metadata(json.dumps(found).encode(), ISSUER)


def test_a_document_of_metadata_is_a_whole_document() -> None:
    found = said(
        userinfo_endpoint=f"{ISSUER}/me",
        revocation_endpoint=f"{ISSUER}/revoke",
        scopes_supported=["openid", "email", "offline_access", "mail"],
        code_challenge_methods_supported=["S256", "plain"],
    )
    document = from_tree("SSO", propose(found).tree, [("ClientID", "c")])
    assert document.flow is Flow.AUTHORIZATION_CODE
    assert document.options.pkce
    assert document.options.issuer == ISSUER
    assert str(document.options.revocation_url) == f"{ISSUER}/revoke"
    assert str(document.options.userinfo_url) == f"{ISSUER}/me"
    assert document.scope == "openid email offline_access"
    assert document.requests["AuthorizationCode"].literals["prompt"] == "consent"
    assert set(document.requests) == {"AuthorizationCode", "TokenByAuthorizationCode", "TokenByRefreshToken"}


@pytest.mark.parametrize(
    ("methods", "wanted"),
    [
        (..., "client_secret_basic"),  # RFC 8414 §2
        (["client_secret_basic", "client_secret_post"], "client_secret_post"),
        (["private_key_jwt", "client_secret_basic"], "client_secret_basic"),
        (["none"], "none"),
    ],
)
def test_the_client_proves_itself_as_the_server_takes_it(methods: Any, wanted: str) -> None:
    proposal = propose(said(token_endpoint_auth_methods_supported=methods))
    document = from_tree("SSO", proposal.tree, [])
    assert document.options.client_authentication == wanted
    assert ("ClientSecret" in str(document.requests["TokenByAuthorizationCode"].autofill)) is (wanted != "none")


def test_a_server_with_keys_alone_is_refused() -> None:
    with pytest.raises(InvalidInput, match="private_key_jwt") as refused:
        propose(said(token_endpoint_auth_methods_supported=["private_key_jwt", "tls_client_auth"]))
    assert refused.value.code == "authentication_unsupported"


@pytest.mark.parametrize(
    ("methods", "pkce", "noted"), [(["S256"], None, False), (["plain"], "none", True), (..., None, True)]
)
def test_pkce_is_sent_unless_the_server_takes_only_plain(methods: Any, pkce: str | None, noted: bool) -> None:
    """SEC-2: it is switched off by name alone, and said."""
    proposal = propose(said(code_challenge_methods_supported=methods))
    assert proposal.tree.get("PKCE") == pkce
    assert any("PKCE" in note for note in proposal.notes) is noted


@pytest.mark.parametrize(
    ("members", "flows"),
    [
        ({}, ["authorization_code", "client_credentials"]),
        ({"authorization_endpoint": ...}, ["client_credentials"]),
        ({"grant_types_supported": ["authorization_code", "refresh_token"]}, ["authorization_code"]),
        ({"grant_types_supported": ["client_credentials"]}, ["client_credentials"]),
        ({"grant_types_supported": ["implicit"]}, []),
    ],
)
def test_only_flows_that_the_server_leaves_open_are_offered(members: dict[str, Any], flows: list[str]) -> None:
    found = said(**members)
    assert [flow.value for flow in flows_of(found)] == flows
    if not flows:
        with pytest.raises(InvalidInput) as refused:
            propose(found)
        assert refused.value.code == "flow_unsupported"


def test_the_applications_own_flow_has_one_request_and_no_public_client() -> None:
    found = said(token_endpoint_auth_methods_supported=["none", "client_secret_post"])
    tree = propose(found, Flow.CLIENT_CREDENTIALS).tree
    assert set(tree["Requests"]) == {"TokenByClientCredentials"}
    assert tree["ClientAuthentication"] == "client_secret_post"
    from_tree("SSO", tree, [])


def test_a_server_without_refresh_tokens_gets_no_request_for_them() -> None:
    proposal = propose(said(grant_types_supported=["authorization_code"]))
    assert "TokenByRefreshToken" not in proposal.tree["Requests"]
    assert any("refresh" in note for note in proposal.notes)


def test_the_fingerprint_changes_with_every_address() -> None:
    """SEC-53"""
    seen = {fingerprint(said()), fingerprint(said(token_endpoint=f"{ISSUER}/token2"))}
    seen |= {fingerprint(said(revocation_endpoint=f"{ISSUER}/revoke"))}
    assert len(seen) == 3


def test_a_template_that_knows_the_provider_is_named() -> None:
    body = {"issuer": "https://accounts.google.com", "token_endpoint": "https://oauth2.googleapis.com/token"}
    found = read_metadata(json.dumps(body).encode(), "https://accounts.google.com")
    assert [template.slug for template in known_templates(found)] == ["google-mail"]
    assert "oauth2.googleapis.com" in " ".join(propose(found).notes)


@pytest.mark.parametrize(
    "issuer",
    [
        "https://login.microsoftonline.com/common/v2.0",
        "https://login.microsoftonline.com/{tenantid}/v2.0",
        "login.microsoftonline.us",
        "https://login.partner.microsoftonline.cn/organizations/v2.0",
    ],
)
def test_microsofts_common_issuers_ask_for_the_tenant(issuer: str) -> None:
    assert wants_tenant(issuer)
    with pytest.raises(InvalidInput) as refused:
        with_tenant(issuer, "")
    assert refused.value.code == "tenant_missing"
    assert with_tenant(issuer, "3f0c7a52-9d1b-4c8e-b6a4-51e07d2f9a10").endswith(
        "/3f0c7a52-9d1b-4c8e-b6a4-51e07d2f9a10/v2.0"
    )
    with pytest.raises(InvalidInput):
        with_tenant(issuer, "evil/../x")


@pytest.mark.parametrize("issuer", ["https://login.microsoftonline.com/contoso.example/v2.0", ISSUER, "no issuer"])
def test_other_issuers_do_not(issuer: str) -> None:
    assert not wants_tenant(issuer)
    assert with_tenant(issuer, "x") == issuer
