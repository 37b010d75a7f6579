"""The dry run that people read: it says what the import then does, and changes nothing."""

import pyrage
import pytest

from bursar.context import Context
from bursar.errors import InvalidInput, NotFound, Refused, Temporary
from bursar.keyring import Secret
from bursar.testing import FakeClock
from bursar.tokens import age_file, uploads
from bursar.tokens.configure import change, find, held, secret_of
from bursar.tokens.document import read_documents
from bursar.tokens.import_plan import PlannedEntry, plan_import
from bursar.tokens.models import Configuration, Token, Upload
from bursar.tokens.transfer import import_documents
from tests.unit.document_samples import app_config, as_yaml, at, code_config, context, entry, obtained

pytestmark = pytest.mark.django_db(transaction=True)

ELSEWHERE = "https://login.elsewhere.example/token"
URL = "Requests.TokenByRefreshToken.Request.URL"


@pytest.fixture
def ctx() -> Context:
    return context()


def load(ctx: Context, data: bytes) -> None:
    import_documents(ctx, data, "before.yml", overwrite=False, dry_run=False, by="ann")


def planned(ctx: Context, data: bytes, *, overwrite: bool = True) -> dict[str, PlannedEntry]:
    return {each.name: each for each in plan_import(ctx, read_documents(data, "f.yml"), overwrite=overwrite)}


def before(ctx: Context) -> None:
    """Five configurations; A and B have tokens, all but E a secret."""
    secret = {"ClientSecret": "cnry-old"}
    load(
        ctx,
        as_yaml(
            *(entry(name, code_config(**secret)) for name in "ABC"),
            entry("D", app_config(**secret)),
            entry("E", code_config()),
        ),
    )
    obtained(ctx, "A")
    obtained(ctx, "B")


def file() -> bytes:
    return as_yaml(
        entry("A", at(code_config(), URL, ELSEWHERE)),
        entry("B", at(code_config(ClientSecret="cnry-new"), URL, ELSEWHERE)),
        entry("C", code_config(ClientSecret="cnry-old")),
        entry("D", app_config(Scope="less"), ValidID=2),
        entry("E", code_config(ClientSecret="cnry-first")),
        entry("F", code_config(ClientSecret="cnry-f")),
    )


def test_every_entry_is_said_with_its_differences_and_no_secret(ctx: Context) -> None:
    """SEC-61, SEC-62: secrets only as changed or not, and what would be held."""
    before(ctx)
    found = planned(ctx, file())
    assert {name: (each.outcome, each.secret, each.held) for name, each in found.items()} == {
        "A": ("overwritten", "kept", ("token", "secret")),
        "B": ("overwritten", "replaced", ("token",)),
        "C": ("unchanged", "kept", ()),
        "D": ("overwritten", "kept", ()),
        "E": ("overwritten", "new", ()),
        "F": ("added", "new", ()),
    }
    [url] = found["A"].differences
    assert (url.path, url.before, url.after) == (URL, "https://login.provider.example/token", ELSEWHERE)
    assert [(each.path, each.before, each.after) for each in found["D"].differences] == [
        ("Validity", "valid", "invalid"),
        ("Scope", "all", "less"),
    ]
    assert "cnry-" not in repr(found)


def test_the_import_does_what_the_plan_said(ctx: Context) -> None:
    """SEC-62: what the plan says is held is what is held afterwards."""
    before(ctx)
    said = planned(ctx, file())
    result = import_documents(ctx, file(), "f.yml", overwrite=True, dry_run=False, by="ann")
    assert result.added == [name for name, each in said.items() if each.outcome == "added"]
    assert result.overwritten == [name for name, each in said.items() if each.outcome in ("overwritten", "unchanged")]
    assert {name: tuple(held(find(name))) for name in said} == {name: each.held for name, each in said.items()}


def test_without_overwriting_the_differences_are_said_all_the_same(ctx: Context) -> None:
    before(ctx)
    found = planned(ctx, file(), overwrite=False)
    assert {each.outcome for name, each in found.items() if name != "F"} == {"skipped"}
    assert [each.path for each in found["D"].differences] == ["Validity", "Scope"]


def test_a_name_that_would_hide_a_label_is_refused(ctx: Context) -> None:
    load(ctx, as_yaml(entry("A")))
    Token.objects.create(configuration=find("A"), label="x")
    with pytest.raises(Refused, match="already names the token"):
        planned(ctx, as_yaml(entry("A#x")))


# -- the file that waits --------------------------------------------------------------------------------------------


def received(ctx: Context, data: bytes, *, overwrite: bool = True, person: str = "jana") -> Upload:
    return uploads.receive(ctx, data, "f.yml", person=person, overwrite=overwrite)


def test_a_file_waits_sealed_and_is_imported_as_it_was_looked_at(ctx: Context) -> None:
    """SEC-31, SEC-61: nothing of it lies in the database in clear, and it is gone after its import."""
    before(ctx)
    upload = received(ctx, file())
    stored = repr(Upload.objects.values().get()) + bytes(Upload.objects.get().sealed or b"").decode("latin-1")
    assert "cnry-" not in stored
    assert Configuration.objects.count() == 5
    result = uploads.carry_out(ctx, uploads.find_upload(ctx, upload.id, "jana"), release=False, by="jana")
    assert result.added == ["F"]
    assert result.held == ["A", "B"]
    assert secret_of(ctx, find("F")) == Secret("cnry-f")
    again = uploads.find_upload(ctx, upload.id, "jana")
    assert uploads.result_of(again) == result
    assert again.sealed is None
    with pytest.raises(NotFound, match="imported already"):
        uploads.carry_out(ctx, again, release=False, by="jana")


def test_releasing_confirms_what_the_import_holds_and_nothing_else(ctx: Context) -> None:
    """SEC-62"""
    before(ctx)
    load(ctx, as_yaml(entry("G", code_config(ClientSecret="g"))))
    change(ctx, "G", [(URL, ELSEWHERE)], None, "ann")
    uploads.carry_out(ctx, received(ctx, file()), release=True, by="jana")
    assert [held(find(name)) for name in "ABG"] == [[], [], ["secret"]]
    assert uploads.was_released(Upload.objects.get())


def test_a_change_meanwhile_imports_nothing_and_says_the_new_plan(ctx: Context) -> None:
    """SEC-61: what is imported is what was looked at."""
    before(ctx)
    upload = received(ctx, as_yaml(entry("C", code_config(Scope="more"))))
    change(ctx, "C", [("Scope", "meanwhile")], None, "ann")
    with pytest.raises(Temporary) as problem:
        uploads.carry_out(ctx, upload, release=False, by="jana")
    assert problem.value.code == "changed_meanwhile"
    assert Configuration.objects.get(name="C").generation == 2
    [entry_now] = uploads.plan_of(uploads.find_upload(ctx, upload.id, "jana"))
    assert [each.before for each in entry_now.differences] == ["meanwhile"]
    uploads.carry_out(ctx, uploads.find_upload(ctx, upload.id, "jana"), release=False, by="jana")


def test_a_file_belongs_to_its_person_and_ends(clock: FakeClock) -> None:
    """SEC-42: half an hour, and with the person's next file."""
    ctx = context()
    object.__setattr__(ctx, "clock", clock)
    first = received(ctx, as_yaml(entry("A")))
    with pytest.raises(NotFound):
        uploads.find_upload(ctx, first.id, "eve")
    second = received(ctx, as_yaml(entry("B")))
    others = received(ctx, as_yaml(entry("B")), person="eve")
    with pytest.raises(NotFound):
        uploads.find_upload(ctx, first.id, "jana")
    clock.advance(30 * 60)
    with pytest.raises(NotFound):
        uploads.find_upload(ctx, second.id, "jana")
    received(ctx, as_yaml(entry("C")))
    assert Upload.objects.filter(pk__in=[second.pk, others.pk]).count() == 0


def test_an_encrypted_file_waits_closed_until_its_key_is_given(ctx: Context) -> None:
    identity = pyrage.x25519.Identity.generate()
    upload = received(ctx, age_file.encrypted(file(), recipients=[str(identity.to_public())]))
    assert uploads.is_locked(upload)
    with pytest.raises(InvalidInput, match="doesn't open"):
        uploads.unlock(ctx, upload, Secret(str(pyrage.x25519.Identity.generate())))
    uploads.unlock(ctx, uploads.find_upload(ctx, upload.id, "jana"), Secret(f" {identity}\n"))
    opened = uploads.find_upload(ctx, upload.id, "jana")
    assert not uploads.is_locked(opened)
    assert uploads.carry_out(ctx, opened, release=False, by="jana").added == list("ABCDEF")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"- !!python/object:os.system {}\n", "line 1: carries the tag"),
        (b"[" * 100_000, "nested deeper"),
        (b"[]", "holds no configuration"),
        (b"\0", "NUL"),
        (as_yaml(entry("A"), entry("A")), "is the name of entry 1 too"),
        (b" " * (32 * 1024 * 1024 + 1), "larger than 32 MB"),
    ],
)
def test_a_hostile_file_is_refused_with_its_place_and_never_kept(ctx: Context, data: bytes, said: str) -> None:
    """SEC-61"""
    with pytest.raises(InvalidInput, match=said):
        received(ctx, data)
    assert not Upload.objects.exists()


def test_names_that_are_there_may_be_overwritten_after_all(ctx: Context) -> None:
    before(ctx)
    upload = received(ctx, file(), overwrite=False)
    uploads.plan_again(ctx, upload, overwrite=True)
    assert uploads.carry_out(ctx, upload, release=False, by="jana").overwritten == list("ABCDE")
