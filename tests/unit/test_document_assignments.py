"""`config set` and `config add`: assignments by path, typed by the schema."""

import pytest

from bursar.errors import InvalidInput
from bursar.providers import template
from bursar.tokens.document import assigned, from_template
from tests.unit.document_samples import document

EXCHANGE_APP = template("microsoft-exchange-app")
TOKEN_PATH = "Requests.TokenByClientCredentials.Request.URL"


def tree_after(*assignments: tuple[str, str]) -> dict[str, object]:
    return assigned(document(Tenant="x"), assignments).tree()


def test_values_are_typed_by_the_schema() -> None:
    tree = tree_after(
        ("ClientID", "1111"),
        ("Notifications.NotifyOnExpiredToken", "1"),
        ("RefreshMargin", "90"),
        ("Requests.AuthorizationCode.Request.Parameters.max_age", "0"),
        ("Requests.AuthorizationCode.Request.Parameters.dotted.name", "yes"),
        ("Tenant", "7"),
    )
    assert tree["ClientID"] == "1111"
    assert tree["Notifications"] == {"NotifyOnExpiredToken": 1}
    assert tree["RefreshMargin"] == 90
    assert tree["Requests"]["AuthorizationCode"]["Request"]["Parameters"] == {  # type: ignore[index]
        "response_type": "code",
        "max_age": "0",
        "dotted.name": "yes",
    }
    assert tree["Tenant"] == 7


def test_an_empty_value_empties() -> None:
    tree = tree_after(
        ("Scope", ""),
        ("Tenant", ""),
        ("PKCE", ""),
        ("Requests.TokenByRefreshToken", ""),
        ("Requests.AuthorizationCode.Request.AutofilledParametersMapping.scope", ""),
    )
    assert tree["Scope"] is None
    assert "Tenant" not in tree
    assert "TokenByRefreshToken" not in tree["Requests"]  # type: ignore[operator]
    assert "scope" not in tree["Requests"]["AuthorizationCode"]["Request"]["AutofilledParametersMapping"]  # type: ignore[index]


def test_name_and_validity_are_paths_too() -> None:
    changed = assigned(document(), [("Name", "Help desk"), ("Validity", "invalid-temporarily")])
    assert (changed.name, changed.validity) == ("Help desk", "invalid-temporarily")


def test_the_path_of_an_error_can_be_assigned_as_it_is_printed() -> None:
    changed = assigned(document(), [("Config.Requests.TokenByRefreshToken.Request.URL", "https://b.example/t")])
    assert changed.destinations()["Requests.TokenByRefreshToken.Request.URL"] == "https://b.example/t"


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("scope", "Scope"),
        ("ClientId", "ClientID"),
        ("Tenent", "Tenant"),
        ("Requests.TokenByRefreshtoken.Request.Url", "Requests.TokenByRefreshToken.Request.URL"),
        ("NotifyOnExpiredToken", "Notifications.NotifyOnExpiredToken"),
        ("Requests.AuthorizationCode", "Requests.AuthorizationCode.Request.URL"),
    ],
)
def test_an_unknown_path_is_refused_with_those_near_it(path: str, near: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        tree_after((path, "x"))
    assert caught.value.code == "path_unknown"
    assert near in caught.value.action


@pytest.mark.parametrize("path", ["State", "RefreshToken", "Requests", "Notifications", "", "Requests.X.Request.URL"])
def test_what_is_no_value_of_the_document_cannot_be_assigned(path: str) -> None:
    with pytest.raises(InvalidInput):
        tree_after((path, "x"))


@pytest.mark.parametrize("path", ["ClientSecret", "Config.ClientSecret"])
def test_a_secret_is_never_taken_from_an_assignment(path: str) -> None:
    """SEC-64."""
    with pytest.raises(InvalidInput) as caught:
        tree_after((path, "canary"))
    assert caught.value.code == "secret_on_command_line"
    assert "canary" not in str(caught.value)
    assert "--secret-file" in caught.value.action


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("Validity", "maybe", "Validity: must be"),
        ("Name", "", "Name: must not be empty"),
        ("PKCE", "plain", "PKCE: must be"),
        ("Requests.TokenByRefreshToken.Request.URL", "", "must not be empty"),
        ("Requests.AuthorizationCode.Request.Parameters.state", "x", "Parameters.state: is filled in"),
        ("Scope", "a\0b", "is not text"),
        ("Scope", "\udc80", "is not text"),
        ("Tenant", ".inf", "must be a finite number"),
    ],
)
def test_a_value_that_breaks_a_rule_is_refused_by_path(path: str, value: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        tree_after((path, value))


def test_a_changed_tenant_rewrites_the_addresses_that_came_from_it() -> None:
    made = from_template(EXCHANGE_APP, "App", [("Tenant", "one.example"), ("ClientID", "c")], {})
    assert made.tree()["Tenant"] == "one.example"
    changed = assigned(made, [("Tenant", "two.example")])
    assert changed.destinations()[TOKEN_PATH] == "https://login.microsoftonline.com/two.example/oauth2/v2.0/token"
    assert changed.tree()["Tenant"] == "two.example"


def test_an_address_edited_since_stays_when_the_tenant_changes() -> None:
    made = from_template(EXCHANGE_APP, "App", [("Tenant", "one.example")], {})
    edited = assigned(made, [(TOKEN_PATH, "https://login.microsoftonline.us/one.example/oauth2/v2.0/token")])
    changed = assigned(edited, [("Tenant", "two.example")])
    assert changed.destinations()[TOKEN_PATH] == "https://login.microsoftonline.us/one.example/oauth2/v2.0/token"


def test_an_address_assigned_together_with_the_tenant_wins() -> None:
    made = from_template(EXCHANGE_APP, "App", [("Tenant", "one.example")], {})
    for order in (1, -1):
        both = [("Tenant", "two.example"), (TOKEN_PATH, "https://own.example/token")][::order]
        assert assigned(made, both).destinations()[TOKEN_PATH] == "https://own.example/token"


def test_a_tenant_cannot_carry_an_address_elsewhere() -> None:
    for value in ("evil.example/x?", "a/../..", "a b", "@evil.example", "common"):
        with pytest.raises(InvalidInput, match="Tenant"):
            from_template(EXCHANGE_APP, "App", [("Tenant", value)], {})


def test_a_placeholder_that_is_not_given_is_named() -> None:
    with pytest.raises(InvalidInput) as caught:
        from_template(EXCHANGE_APP, "App", [("ClientID", "c")], {})
    assert (caught.value.code, caught.value.exit_code) == ("placeholder_missing", 2)
    assert "Tenant" in caught.value.sentence


def test_a_placeholder_is_not_asked_for_where_all_its_addresses_are_given() -> None:
    own = [(f"Requests.{kind}.Request.URL", "https://own.example/x") for kind in ("AuthorizationCode",)]
    own += [
        (f"Requests.{kind}.Request.URL", "https://own.example/t")
        for kind in ("TokenByAuthorizationCode", "TokenByRefreshToken")
    ]
    made = from_template(template("any-code"), "Own", own, {})
    assert set(made.destinations().values()) == {"https://own.example/x", "https://own.example/t"}
