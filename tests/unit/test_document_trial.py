"""Assignments tried out: every broken rule at once, each with the path that breaks it."""

import pytest

from bursar.providers import template
from bursar.tokens.document import (
    DocumentInvalid,
    Problem,
    TokenConfigurationDocument,
    read_documents,
    try_assigned,
    try_template,
)
from tests.unit.document_samples import as_yaml, code_config, document, entry

TOKEN_URL = "Requests.TokenByAuthorizationCode.Request.URL"


def test_every_wrong_value_is_told_with_its_path() -> None:
    tried = try_assigned(
        document(),
        [("Name", ""), ("Scope", "all"), (TOKEN_URL, "http://evil.example"), ("KeepAlive", "soon"), ("Nonsense", "x")],
    )
    assert isinstance(tried, tuple)
    assert [(each.path, each.rule) for each in tried[:3]] == [
        ("Name", "must not be empty"),
        (TOKEN_URL, "must be https"),
        ("KeepAlive", "must be a number of seconds, more than 0 and at most ten years"),
    ]
    assert tried[3].path == "Nonsense"


def test_what_is_right_comes_back_as_the_document() -> None:
    tried = try_assigned(document(Custom="kept"), [("Name", "Sales"), ("Scope", "all")])
    assert isinstance(tried, TokenConfigurationDocument)
    assert (tried.name, tried.scope, tried.extras["Custom"]) == ("Sales", "all", "kept")


def test_a_missing_placeholder_of_a_template_does_not_hide_what_else_is_wrong() -> None:
    tried = try_template(template("microsoft-graph-app"), "", [("RefreshMargin", "-1")], {})
    assert isinstance(tried, tuple)
    assert [each.path for each in tried] == ["Tenant", "Name", "RefreshMargin"]
    assert tried[0] == Problem("Tenant", "is missing")


def test_a_wrong_placeholder_is_told_by_its_own_rule() -> None:
    tried = try_template(template("microsoft-exchange"), "N", [("Tenant", "no tenant/at all")], {})
    assert isinstance(tried, tuple)
    assert [each.path for each in tried] == ["Tenant"]
    assert "no tenant/at all" in tried[0].rule


def test_a_template_that_is_filled_well_makes_the_document() -> None:
    tried = try_template(
        template("microsoft-exchange"), "N", [("Tenant", "contoso.example"), ("Validity", "invalid")], {}
    )
    assert isinstance(tried, TokenConfigurationDocument)
    assert "contoso.example" in str(tried.requests["AuthorizationCode"].url)
    assert tried.validity == "invalid"


def test_a_file_that_breaks_rules_says_each_as_a_value() -> None:
    data = as_yaml(entry("A", code_config(PKCE="plain", Issuer="nowhere")))
    with pytest.raises(DocumentInvalid) as caught:
        read_documents(data, "f.yml")
    assert [(each.path, each.rule) for each in caught.value.problems] == [("Config.PKCE", "must be S256 or none")]
    assert caught.value.code == "document_invalid"
