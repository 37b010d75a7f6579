"""Duplicates, labels, and one secret in several configurations."""

from datetime import date

import pytest

from bursar.context import Context
from bursar.errors import InvalidInput, Refused, Temporary
from bursar.keyring import Secret
from bursar.tokens import configure
from bursar.tokens.configure import secret_of
from bursar.tokens.document import document_of
from bursar.tokens.duplicate import duplicate
from bursar.tokens.edit import by_id, moves, save
from bursar.tokens.labels import add_label
from bursar.tokens.models import Configuration, Token
from bursar.tokens.shared_secret import replace_secret, sharing, sharing_count
from tests.unit.document_samples import context, document, obtained

pytestmark = pytest.mark.django_db(transaction=True)

ELSEWHERE = "Requests.TokenByAuthorizationCode.Request.URL", "https://elsewhere.example/token"


@pytest.fixture
def ctx() -> Context:
    return context()


def test_a_duplicate_says_the_same_and_has_no_token(ctx: Context) -> None:
    row = configure.add(ctx, document(ClientSecret="s", Custom="kept", ClientSecretExpires="2028-05-22"), "ann")
    obtained(ctx, "Support")
    copy = duplicate(ctx, row, "Second", "bob")
    made, original = document_of(copy).tree(), document_of(row).tree()
    assert made == {key: value for key, value in original.items() if key != "ClientSecretExpires"}
    assert (copy.client_secret, copy.created_by) == (None, "bob")
    token = Token.objects.get(configuration=copy)
    assert (token.access_token, token.state) == (None, "no_token")


def test_a_duplicate_takes_the_secret_along_where_that_is_wanted(ctx: Context) -> None:
    row = configure.add(ctx, document(ClientSecret="s", ClientSecretExpires="2028-05-22"), "ann")
    copy = duplicate(ctx, row, "Second", "bob", with_secret=True)
    assert secret_of(ctx, copy) == Secret("s")
    assert document_of(copy).options.client_secret_expires == date(2028, 5, 22)


def test_a_held_secret_is_not_duplicated(ctx: Context) -> None:
    """SEC-62: nobody has confirmed where it would be sent."""
    row = configure.add(ctx, document(ClientSecret="s"), "ann")
    configure.change(ctx, "Support", [ELSEWHERE], None, "bob")
    with pytest.raises(Refused) as caught:
        duplicate(ctx, by_id(row.id), "Second", "bob", with_secret=True)
    assert caught.value.code == "secret_held"
    Configuration.objects.update(secret_held=False, client_secret=b"sealed by another key")
    with pytest.raises(Refused) as caught:
        duplicate(ctx, by_id(row.id), "Second", "bob", with_secret=True)
    assert caught.value.code == "secret_unreadable"
    assert Configuration.objects.count() == 1


def test_a_label_is_a_further_token_once(ctx: Context) -> None:
    row = configure.add(ctx, document(), "ann")
    assert add_label(row, "returns@example.org").configuration_id == row.id
    with pytest.raises(Refused, match="already"):
        add_label(row, "returns@example.org")
    with pytest.raises(InvalidInput):
        add_label(row, "a#b")
    configure.add(ctx, document("Support#other"), "ann")
    with pytest.raises(Refused) as caught:
        add_label(row, "other")
    assert caught.value.code == "reference_ambiguous"


def test_those_of_the_same_client_are_found_with_where_they_send_it(ctx: Context) -> None:
    first = configure.add(ctx, document("A", ClientSecret="s"), "ann")
    configure.add(ctx, document("B", ClientSecret="s"), "ann")
    configure.add(ctx, document("C", ClientID="another"), "ann")
    configure.add(ctx, document("D"), "ann")
    configure.change(ctx, "D", [ELSEWHERE], None, "bob")
    found = sharing(first)
    assert [(each.row.name, each.server, each.same_server) for each in found] == [
        ("B", "login.provider.example", True),
        ("D", "elsewhere.example, login.provider.example", False),
    ]
    assert [each.row.name for each in sharing(first, most=1)] == ["B"]
    assert sharing_count(first) == 2
    configure.change(ctx, "A", [("ClientID", "")], None, "bob")
    assert sharing_count(configure.find("A")) == 0
    assert sharing(configure.find("A")) == []


def test_a_secret_is_changed_in_all_of_them_or_in_none(ctx: Context) -> None:
    rows = [configure.add(ctx, document(name, ClientSecret="old"), "ann") for name in ("A", "B", "C")]
    replace_secret(ctx, rows[:2], Secret("new"), date(2028, 5, 22), "bob")
    now = [by_id(row.id) for row in rows]
    assert [secret_of(ctx, row) for row in now] == [Secret("new"), Secret("new"), Secret("old")]
    assert document_of(now[1]).options.client_secret_expires == date(2028, 5, 22)
    configure.change(ctx, "B", [("Scope", "other")], None, "carl")
    with pytest.raises(Temporary):
        replace_secret(ctx, now, Secret("newer"), None, "bob")
    assert secret_of(ctx, by_id(rows[0].id)) == Secret("new")
    replace_secret(ctx, [by_id(rows[0].id)], Secret("newest"), None, "bob")
    assert document_of(by_id(rows[0].id)).options.client_secret_expires is None


def test_a_secret_goes_to_no_other_configuration_that_is_held(ctx: Context) -> None:
    """SEC-62: what an import moved elsewhere gets no fresh secret by way of a neighbour."""
    first = configure.add(ctx, document("A", ClientSecret="old"), "ann")
    configure.add(ctx, document("B", ClientSecret="old"), "ann")
    held = configure.change(ctx, "B", [ELSEWHERE], None, "mallory").configuration
    assert [each.held for each in sharing(first)] == [True]
    with pytest.raises(Refused) as caught:
        replace_secret(ctx, [first, held], Secret("new"), None, "bob")
    assert caught.value.code == "secret_held"
    assert secret_of(ctx, by_id(first.id)) == Secret("old")


def test_what_a_change_moves_is_known_before_it_is_saved(ctx: Context) -> None:
    """SEC-62"""
    row = configure.add(ctx, document(ClientSecret="s"), "ann")
    obtained(ctx, "Support")
    wanted = document(Issuer="https://login.provider.example")
    found = moves(row, wanted, None)
    assert [(each.path, each.before, each.after) for each in found.moved] == [
        ("Issuer", "", "https://login.provider.example")
    ]
    assert (found.secret, found.tokens, found.holds) == (True, 1, True)
    assert not moves(row, document(Scope="other"), None)
    assert moves(row, wanted, Secret("new")).secret is False
    assert moves(row, wanted, Secret("new")).digest != found.digest
    saved = save(ctx, row, wanted, None, "bob")
    assert saved.held == ("token", "secret")


def test_saving_against_what_was_read_and_releasing_in_the_same_step(ctx: Context) -> None:
    row = configure.add(ctx, document(ClientSecret="s"), "ann")
    obtained(ctx, "Support")
    change = save(ctx, row, document(Issuer="https://login.provider.example"), None, "bob", release=True)
    assert configure.held(change.configuration) == []
    with pytest.raises(Temporary) as caught:
        save(ctx, row, document(Scope="late"), None, "carl")
    assert caught.value.code == "changed_meanwhile"
