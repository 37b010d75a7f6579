"""SEC-62: a change of where secrets go holds them until a person confirms; whichever surface makes it."""

from datetime import timedelta

import pytest

from bursar.context import Context
from bursar.errors import Temporary
from bursar.keyring import Secret
from bursar.tokens import configure
from bursar.tokens.models import Configuration, Token
from bursar.tokens.transfer import import_documents
from tests.unit.document_samples import as_yaml, at, code_config, context, document, entry, obtained

pytestmark = pytest.mark.django_db(transaction=True)

MOVES = [
    ("Requests.TokenByAuthorizationCode.Request.URL", "https://attacker.example/token"),
    ("Requests.TokenByRefreshToken.Request.URL", "https://attacker.example/token"),
    ("Requests.AuthorizationCode.Request.URL", "https://attacker.example/authorize"),
    ("Issuer", "https://attacker.example"),
    ("RevocationURL", "https://attacker.example/revoke"),
    ("UserinfoURL", "https://attacker.example/userinfo"),
    ("ClientID", "attacker"),
]


@pytest.fixture
def ctx() -> Context:
    found = context()
    configure.add(found, document(ClientSecret="the secret"), "ann")
    obtained(found, "Support")
    Configuration.objects.update(pinned_issuer="https://login.provider.example")
    return found


def row() -> Configuration:
    return configure.find("Support")


@pytest.mark.parametrize(("path", "value"), MOVES)
def test_an_assignment_that_moves_a_destination_holds_token_and_secret(ctx: Context, path: str, value: str) -> None:
    change = configure.change(ctx, "Support", [(path, value)], None, "bob")
    assert change.held == ("token", "secret")
    assert configure.held(row()) == ["token", "secret"]
    assert row().pinned_issuer is None
    assert configure.secret_of(ctx, row()) == Secret("the secret")
    assert Token.objects.get().refresh_token is not None


@pytest.mark.parametrize(("path", "value"), MOVES)
def test_an_import_that_moves_a_destination_holds_token_and_secret(ctx: Context, path: str, value: str) -> None:
    data = as_yaml(entry(config=at(code_config(), path, value)))
    result = import_documents(ctx, data, "f", overwrite=True, dry_run=False, by="bob")
    assert result.held == ["Support"]
    assert configure.held(row()) == ["token", "secret"]


def test_a_secret_supplied_in_the_same_change_is_not_held(ctx: Context) -> None:
    change = configure.change(ctx, "Support", [("ClientID", "other")], Secret("new"), "bob")
    assert change.held == ("token",)
    assert configure.held(row()) == ["token"]
    assert configure.secret_of(ctx, row()) == Secret("new")


def test_a_new_secret_releases_the_secret_alone(ctx: Context) -> None:
    configure.change(ctx, "Support", [("ClientID", "other")], None, "bob")
    configure.change(ctx, "Support", [], Secret("new"), "bob")
    assert configure.held(row()) == ["token"]


def test_the_stored_secret_given_again_releases_it(ctx: Context) -> None:
    configure.change(ctx, "Support", [("ClientID", "other")], None, "bob")
    configure.change(ctx, "Support", [], Secret("the secret"), "bob")
    assert configure.held(row()) == ["token"]


def test_confirming_releases_both(ctx: Context) -> None:
    configure.change(ctx, "Support", [("ClientID", "other")], None, "bob")
    configure.confirm(ctx, "Support", "ann")
    assert configure.held(row()) == []
    assert row().changed_by == "ann"


def test_only_what_the_person_saw_is_confirmed(ctx: Context) -> None:
    seen = configure.change(ctx, "Support", [("ClientID", "other")], None, "bob").configuration.generation
    configure.change(ctx, "Support", [("ClientID", "attacker")], None, "mallory")
    with pytest.raises(Temporary):
        configure.confirm(ctx, "Support", "ann", seen=seen)
    assert configure.held(row()) == ["token", "secret"]


def test_moving_back_does_not_release(ctx: Context) -> None:
    configure.change(ctx, "Support", [("ClientID", "other")], None, "bob")
    configure.change(ctx, "Support", [("ClientID", "bursar")], None, "bob")
    assert configure.held(row()) == ["token", "secret"]


@pytest.mark.parametrize(
    "assignment",
    [
        ("Scope", "mail calendar"),
        ("Validity", "invalid"),
        ("Name", "Help desk"),
        ("RefreshMargin", "60"),
        ("Requests.AuthorizationCode.Request.Parameters.prompt", "consent"),
        ("Requests.TokenByRefreshToken", ""),
    ],
)
def test_other_changes_hold_nothing(ctx: Context, assignment: tuple[str, str]) -> None:
    change = configure.change(ctx, "Support", [assignment], None, "bob")
    assert change.changed
    assert configure.held(change.configuration) == []
    assert change.configuration.pinned_issuer == "https://login.provider.example"


def test_a_token_that_was_never_obtained_is_not_held() -> None:
    ctx = context()
    configure.add(ctx, document(), "ann")
    change = configure.change(ctx, "Support", [("ClientID", "other")], None, "bob")
    assert change.held == ()


def test_a_token_that_is_being_obtained_is_held_before_it_is_there() -> None:
    ctx = context()
    configure.add(ctx, document(), "ann")
    Token.objects.update(lease_owner="w", lease_until=ctx.clock.now() + timedelta(seconds=30))
    assert configure.change(ctx, "Support", [("ClientID", "other")], None, "bob").held == ("token",)


def test_the_first_client_id_holds_nothing() -> None:
    ctx = context()
    configure.add(ctx, document(ClientID=None, ClientSecret="s"), "ann")
    assert configure.change(ctx, "Support", [("ClientID", "bursar")], None, "bob").held == ()
    assert configure.change(ctx, "Support", [("ClientID", "other")], None, "bob").held == ("secret",)


def test_every_label_is_held(ctx: Context) -> None:
    second = Token.objects.create(configuration=row(), label="second", access_token=b"sealed")
    configure.change(ctx, "Support", [("ClientID", "other")], None, "bob")
    second.refresh_from_db()
    assert second.held


def test_an_overwrite_without_a_secret_keeps_the_stored_one(ctx: Context) -> None:
    for empty in (None, ""):
        data = as_yaml(entry(config=code_config(ClientSecret=empty, Scope=f"other {empty}")))
        result = import_documents(ctx, data, "f", overwrite=True, dry_run=False, by="bob")
        assert (result.overwritten, result.held) == (["Support"], [])
        assert configure.secret_of(ctx, row()) == Secret("the secret")
