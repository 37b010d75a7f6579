"""Import: all or nothing, with a dry run; names decide, and tokens stay. Export: what was imported."""

import pytest

from bursar.context import Context
from bursar.errors import InvalidInput, NotFound, PersonMustAct, Refused
from bursar.keyring import Secret
from bursar.tokens.configure import add, find, secret_of
from bursar.tokens.document import document_of, read_documents
from bursar.tokens.models import Configuration, Token
from bursar.tokens.transfer import ImportResult, export_documents, import_documents
from tests.unit.document_samples import app_config, as_yaml, code_config, context, entry, obtained

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ctx() -> Context:
    return context()


def load(ctx: Context, data: bytes, *, overwrite: bool = False, dry_run: bool = False) -> ImportResult:
    return import_documents(ctx, data, "file.yml", overwrite=overwrite, dry_run=dry_run, by="ann")


def test_new_names_are_added_with_one_token_row_each(ctx: Context) -> None:
    result = load(ctx, as_yaml(entry("B"), entry("A", app_config(ClientSecret="s"), ValidID=3)))
    assert result == ImportResult(added=["B", "A"])
    assert [(t.configuration.name, t.label, t.state) for t in Token.objects.order_by("configuration__name")] == [
        ("A", "", "no_token"),
        ("B", "", "no_token"),
    ]
    assert (find("A").validity, find("A").flow) == ("invalid-temporarily", "client_credentials")
    assert secret_of(ctx, find("A")) == Secret("s")


def test_a_secret_that_does_not_open_is_named_where_it_is_wanted(ctx: Context) -> None:
    """SEC-32: a sentence and exit 4; without secrets the configuration is exported all the same."""
    load(ctx, as_yaml(entry("it's A", app_config(ClientSecret="s"))))
    Configuration.objects.update(client_secret=b"x" * 60)
    with pytest.raises(PersonMustAct, match="The client secret of \"it's A\" doesn't open") as caught:
        export_documents(ctx, None, with_secrets=True)
    assert (caught.value.code, caught.value.exit_code) == ("secret_unreadable", 4)
    assert "it's A" in export_documents(ctx, None, with_secrets=False)


def test_existing_names_are_skipped_without_overwrite(ctx: Context) -> None:
    load(ctx, as_yaml(entry("A"), entry("B")))
    result = load(ctx, as_yaml(entry("A", code_config(Scope="other")), entry("C")))
    assert result == ImportResult(added=["C"], skipped=["A"])
    assert document_of(find("A")).scope == "mail"


def test_overwriting_keeps_id_token_and_other_configurations(ctx: Context) -> None:
    load(ctx, as_yaml(entry("A"), entry("B")))
    token = obtained(ctx, "A")
    before = find("A")
    untouched = Configuration.objects.filter(name="B").values().get()
    result = load(ctx, as_yaml(entry("A", code_config(Scope="other"), ValidID=2)), overwrite=True)
    assert result == ImportResult(overwritten=["A"])
    after = find("A")
    assert (after.id, after.generation, after.validity) == (before.id, 2, "invalid")
    assert (after.created_at, document_of(after).scope) == (before.created_at, "other")
    now = Token.objects.get(id=token.id)
    assert (now.access_token, now.refresh_token) == (token.access_token, token.refresh_token)
    assert Configuration.objects.filter(name="B").values().get() == untouched


def test_overwriting_with_the_same_changes_nothing(ctx: Context) -> None:
    data = as_yaml(entry("A", code_config(ClientSecret="s")))
    load(ctx, data)
    before = Configuration.objects.values().get()
    assert load(ctx, data, overwrite=True) == ImportResult(overwritten=["A"])
    assert Configuration.objects.values().get() == before


def test_a_failure_at_entry_50_of_100_changes_nothing(ctx: Context) -> None:
    """SEC-61."""
    load(ctx, as_yaml(entry("e1")))
    before = list(Configuration.objects.values())
    entries = [entry(f"e{n}", code_config(Scope="new")) for n in range(100)]
    entries[49]["Config"]["Surprise"] = ["x"]
    with pytest.raises(InvalidInput, match=r'entry 50 "e49": Config\.Surprise'):
        load(ctx, as_yaml(*entries), overwrite=True)
    assert list(Configuration.objects.values()) == before


def test_a_refusal_by_the_database_changes_nothing_either(ctx: Context) -> None:
    load(ctx, as_yaml(entry("A"), entry("Z")))
    Token.objects.create(configuration=find("A"), label="B")
    before = list(Configuration.objects.values())
    with pytest.raises(Refused, match="A#B"):
        load(ctx, as_yaml(entry("Z", code_config(Scope="new")), entry("C"), entry("A#B")), overwrite=True)
    assert list(Configuration.objects.values()) == before


def test_a_dry_run_tells_what_would_happen_and_does_nothing(ctx: Context) -> None:
    load(ctx, as_yaml(entry("A", code_config(ClientSecret="s")), entry("B")))
    obtained(ctx, "A")
    before = [list(model.objects.values()) for model in (Configuration, Token)]
    data = as_yaml(entry("A", code_config(ClientID="other")), entry("B"), entry("C"))
    assert load(ctx, data, overwrite=True, dry_run=True) == ImportResult(
        added=["C"], overwritten=["A", "B"], held=["A"]
    )
    assert load(ctx, data, dry_run=True) == ImportResult(added=["C"], skipped=["A", "B"])
    assert [list(model.objects.values()) for model in (Configuration, Token)] == before


def test_what_was_exported_is_what_was_imported(ctx: Context) -> None:
    """SEC-60, SEC-63."""
    data = as_yaml(entry("B", code_config(ClientSecret="canary", Tenant=7)), entry("A", app_config(), ValidID=2))
    load(ctx, data)
    plain = export_documents(ctx, None, with_secrets=False)
    assert "canary" not in plain
    with_secrets = export_documents(ctx, None, with_secrets=True)
    assert read_documents(with_secrets.encode(), "f") == sorted(read_documents(data, "f"), key=lambda d: d.name)
    Configuration.objects.all().delete()
    load(ctx, with_secrets.encode())
    assert export_documents(ctx, None, with_secrets=True) == with_secrets
    assert export_documents(ctx, None, with_secrets=False) == plain


def test_one_name_is_exported_alone_and_an_unknown_one_is_refused(ctx: Context) -> None:
    load(ctx, as_yaml(entry("A"), entry("B")))
    assert [d.name for d in read_documents(export_documents(ctx, ["B"], with_secrets=False).encode(), "f")] == ["B"]
    with pytest.raises(NotFound):
        export_documents(ctx, ["C"], with_secrets=False)


def test_the_export_of_nothing_imports_as_nothing(ctx: Context) -> None:
    assert load(ctx, export_documents(ctx, None, with_secrets=False).encode()) == ImportResult()


def test_a_thousand_configurations_are_imported_in_one_go(ctx: Context) -> None:
    data = as_yaml(*(entry(f"c{n}", app_config()) for n in range(1200)))
    assert len(load(ctx, data).added) == 1200
    assert len(load(ctx, data).skipped) == 1200
    assert Token.objects.count() == 1200


def test_tokens_never_travel(ctx: Context) -> None:
    """SEC-60."""
    load(ctx, as_yaml(entry("A")))
    obtained(ctx, "A")
    assert "the refresh_token" not in export_documents(ctx, None, with_secrets=True)


def test_adding_after_an_import_meets_the_same_names(ctx: Context) -> None:
    load(ctx, as_yaml(entry("A")))
    with pytest.raises(Refused):
        add(ctx, read_documents(as_yaml(entry("A")), "f")[0], "ann")
