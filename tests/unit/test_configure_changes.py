"""Adding, changing and deleting configurations: one transaction each, all or nothing."""

import json
from collections.abc import Iterator

import pytest

from bursar.context import Context
from bursar.errors import InvalidInput, NotFound, Refused, Temporary
from bursar.keyring import Place, SealBroken, Secret
from bursar.tokens import configure, users
from bursar.tokens.document import document_of, read_documents
from bursar.tokens.models import Configuration, Token
from tests.unit.document_samples import app_config, context, document, entry, obtained

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ctx() -> Context:
    return context()


@pytest.fixture
def used() -> Iterator[list[str]]:
    """What uses every configuration, as a consumer would report it."""
    names: list[str] = []

    def source(ids: object) -> dict[str, list[str]]:
        return {row.id: list(names) for row in Configuration.objects.all()}

    users.register(source)
    yield names
    users._sources.remove(source)


def test_adding_makes_one_token_row_that_has_no_token(ctx: Context) -> None:
    row = configure.add(ctx, document(ClientSecret="s", Tenant="x"), "ann")
    token = Token.objects.get()
    assert (token.configuration_id, token.label, token.state) == (row.id, "", "no_token")
    assert (row.name, row.flow, row.validity, row.client_id) == ("Support", "authorization_code", "valid", "bursar")
    assert (row.generation, row.created_by, row.created_at) == (1, "ann", ctx.clock.now())


def test_the_secret_is_sealed_in_a_column_of_its_own(ctx: Context) -> None:
    """SEC-31, SEC-32."""
    row = configure.add(ctx, document(ClientSecret="canary"), "ann")
    stored = Configuration.objects.get()
    assert "canary" not in stored.document
    assert json.loads(stored.document)["ClientSecret"] is None
    assert stored.client_secret is not None
    assert b"canary" not in bytes(stored.client_secret)
    assert configure.secret_of(ctx, stored) == Secret("canary")
    with pytest.raises(SealBroken):
        ctx.keyring.open(Place("tokens_configuration", "another row", "client_secret"), bytes(stored.client_secret))
    assert row.id == stored.id


def test_a_name_that_is_taken_is_refused(ctx: Context) -> None:
    configure.add(ctx, document("A"), "ann")
    with pytest.raises(Refused, match='"A" already'):
        configure.add(ctx, document("A"), "ann")
    configure.add(ctx, document("a"), "ann")
    with pytest.raises(Refused, match='"a" already'):
        configure.change(ctx, "A", [("Name", "a")], None, "ann")


def test_a_name_that_would_hide_a_label_is_refused(ctx: Context) -> None:
    row = configure.add(ctx, document("A"), "ann")
    Token.objects.create(configuration=row, label="B")
    with pytest.raises(Refused) as caught:
        configure.add(ctx, document("A#B"), "ann")
    assert (caught.value.code, caught.value.exit_code) == ("reference_ambiguous", 6)
    configure.add(ctx, document("C#B"), "ann")
    with pytest.raises(Refused, match="C#B"):
        configure.change(ctx, "A", [("Name", "C")], None, "ann")


def test_a_change_moves_the_generation_and_an_unchanged_one_does_not(ctx: Context) -> None:
    configure.add(ctx, document(ClientSecret="s"), "ann")
    assert configure.change(ctx, "Support", [("Scope", "a b")], None, "bob").configuration.generation == 2
    again = configure.change(ctx, "Support", [("Scope", "a b")], Secret("s"), "carl")
    assert not again.changed
    assert (again.configuration.generation, again.configuration.changed_by) == (2, "bob")


def test_one_wrong_assignment_leaves_all_as_it_was(ctx: Context) -> None:
    configure.add(ctx, document(), "ann")
    before = Configuration.objects.values().get()
    with pytest.raises(InvalidInput, match="RefreshMargin"):
        configure.change(ctx, "Support", [("Scope", "a"), ("RefreshMargin", "soon")], Secret("s"), "bob")
    with pytest.raises(InvalidInput, match="Issuer: must be https"):
        configure.change(ctx, "Support", [("Scope", "a"), ("Issuer", "http://a.example")], Secret("s"), "bob")
    assert Configuration.objects.values().get() == before


def test_a_change_meanwhile_by_another_process_is_not_overwritten(ctx: Context) -> None:
    row = configure.add(ctx, document(), "ann")
    Configuration.objects.update(generation=7)
    with pytest.raises(Temporary) as caught, configure.writing():
        configure.rewrite(ctx, row, document(Scope="other"), None, "bob")
    assert caught.value.code == "changed_meanwhile"
    assert document_of(configure.find("Support")).scope == "mail"


def test_a_change_clears_a_failure_and_keeps_the_token(ctx: Context) -> None:
    """SEC-30."""
    configure.add(ctx, document(), "ann")
    token = obtained(ctx, "Support")
    Token.objects.update(state="misconfigured", error_code="invalid_client")
    configure.change(ctx, "Support", [], Secret("right"), "bob")
    now = Token.objects.get()
    assert (now.state, now.error_code) == ("active", None)
    assert now.refresh_token == token.refresh_token


def test_deleting_takes_the_tokens_with_it(ctx: Context) -> None:
    configure.add(ctx, document(), "ann")
    configure.delete(ctx, "Support")
    assert not Configuration.objects.exists()
    assert not Token.objects.exists()
    with pytest.raises(NotFound):
        configure.delete(ctx, "Support")


def test_a_configuration_in_use_is_not_deleted(ctx: Context, used: list[str]) -> None:
    configure.add(ctx, document(), "ann")
    used.append("mail account Inbox")
    with pytest.raises(Refused, match="mail account Inbox") as caught:
        configure.delete(ctx, "Support")
    assert (caught.value.code, caught.value.exit_code) == ("in_use", 6)
    used.clear()
    configure.delete(ctx, "Support")


def test_names_are_sorted_by_code_point_and_told_apart_by_case(ctx: Context) -> None:
    for name in ("b", "a", "B", "Ä", "_", "A"):
        configure.add(ctx, document(name), "ann")
    assert [row.name for row in Configuration.objects.all()] == ["A", "B", "_", "a", "b", "Ä"]


def test_the_flow_may_change_and_the_row_says_so(ctx: Context) -> None:
    from tests.unit.document_samples import as_yaml

    row = configure.add(ctx, document(), "ann")
    (app,) = read_documents(as_yaml(entry(config=app_config())), "f")
    with configure.writing():
        change = configure.rewrite(ctx, row, app, None, "bob")
    assert change.configuration.flow == "client_credentials"


@pytest.mark.parametrize("text", ["", "a\nb", "a\x00", "tab\t"])
def test_a_secret_no_provider_would_take_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        configure.check_secret(text)
