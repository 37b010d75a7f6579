"""Export and import by the pages."""

import re
from typing import Any

import pyrage
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bursar.access.models import Person
from bursar.keyring import Secret
from bursar.testing import FakeClock
from bursar.tokens import age_file
from bursar.tokens.configure import find, held
from bursar.tokens.document import read_documents
from bursar.tokens.models import Configuration, Upload
from bursar.tokens.transfer import import_documents
from tests.unit.document_samples import as_yaml, at, code_config, entry, obtained
from tests.unit.web_pages import PASSWORD, Pages, form_token

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = "several words in a row"
ELSEWHERE = at(code_config(), "Requests.TokenByRefreshToken.Request.URL", "https://login.elsewhere.example/token")


@pytest.fixture
def filled(clock: FakeClock, pages: Pages) -> Pages:
    """A, B and C, with secrets; A has a token."""
    data = as_yaml(*(entry(name, code_config(ClientSecret=f"cnry-{name}")) for name in "ABC"))
    import_documents(pages.ctx, data, "f.yml", overwrite=False, dry_run=False, by="test")
    obtained(pages.ctx, "A")
    return pages


def body(answer: Any) -> bytes:
    return bytes(answer.content)


def send(client: Client, data: bytes, name: str = "f.yml", **more: str) -> Any:
    return client.post("/import", {"file": SimpleUploadedFile(name, data), **more})


# -- export ---------------------------------------------------------------------------------------------------------


def test_an_export_is_a_file_in_the_person_s_zone_without_secrets(filled: Pages) -> None:
    """SEC-60"""
    admin = filled.admin
    admin.cookies["bursar-zone"] = "Europe/Berlin"
    answer = admin.post("/export", {"secrets": "none"})
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="OAuth2TokenConfigurationExport_20261123_130000.yml"'
    )
    assert answer.headers["Content-Type"] == "application/yaml"
    assert answer.headers["Cache-Control"] == "no-store"
    assert [each.name for each in read_documents(body(answer), "x")] == ["A", "B", "C"]
    assert b"cnry-" not in body(answer)


def test_chosen_ones_are_exported_by_configuration_or_token(filled: Pages) -> None:
    ids = [find("A").id, filled.view("C").id]
    page = filled.admin.post("/export", {"id": ids}).content.decode()
    assert "2 configurations:" in page
    answer = filled.admin.post("/export", {"id": re.findall(r'name="id" value="(\w+)"', page), "secrets": "none"})
    assert [each.name for each in read_documents(body(answer), "x")] == ["A", "C"]
    assert b"nothing to export" in filled.admin.post("/export", {"id": "0" * 32, "secrets": "x"}).content


def test_secrets_ask_for_the_password(clock: FakeClock, filled: Pages) -> None:
    """SEC-43, SEC-60: with a session older than five minutes, whatever way they travel."""
    admin = filled.admin
    clock.advance(301)
    for choice in ("clear", "passphrase", "recipient"):
        refused = admin.post("/export", {"secrets": choice, "passphrase": WORDS, "again": WORDS})
        assert refused.status_code == 422
        assert "Content-Disposition" not in refused.headers
        assert b"Enter your password" in refused.content
    assert "exported the configuration" not in admin.get(f"/tokens/{filled.view('A').id}").content.decode()
    answer = admin.post("/export", {"secrets": "clear", "current_password": PASSWORD})
    assert b"ClientSecret: cnry-A" in body(answer)
    admin.post("/export", {"id": filled.view("B").id, "secrets": "passphrase", "passphrase": WORDS, "again": WORDS})
    told = [admin.get(f"/tokens/{filled.view(name).id}").content.decode() for name in "AB"]
    assert all("The admin exported the configuration with its secret, in clear." in page for page in told)
    assert ["with its secret, encrypted." in page for page in told] == [False, True]


def test_an_encrypted_export_opens_with_its_key_alone(filled: Pages) -> None:
    """SEC-60"""
    answer = filled.admin.post("/export", {"secrets": "passphrase", "passphrase": WORDS, "again": WORDS})
    assert answer.headers["Content-Disposition"].endswith('.yml.age"')
    assert b"-> scrypt " in body(answer)
    assert b"cnry-" not in body(answer)
    identity = pyrage.x25519.Identity.generate()
    answer = filled.admin.post("/export", {"secrets": "recipient", "recipients": str(identity.to_public())})
    assert b"ClientSecret: cnry-B" in age_file.decrypted(body(answer), identity=Secret(str(identity)))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"secrets": "passphrase", "passphrase": "short", "again": "short"}, "at least 12 characters"),
        ({"secrets": "passphrase", "passphrase": WORDS, "again": "other"}, "The two passphrases differ."),
        ({"secrets": "recipient", "recipients": "age1wrong"}, "no age recipient"),
    ],
)
def test_a_bad_key_is_named_beside_its_field(filled: Pages, given: dict[str, str], said: str) -> None:
    """SEC-41: and never sent back."""
    answer = filled.admin.post("/export", given)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert WORDS not in answer.content.decode()


def test_a_secret_that_doesn_t_open_is_named(filled: Pages) -> None:
    Configuration.objects.filter(name="B").update(client_secret=b"\1broken")
    answer = filled.admin.post("/export", {"secrets": "clear"})
    assert answer.status_code == 422
    assert "The client secret of &quot;B&quot; doesn&#x27;t open" in answer.content.decode()
    assert filled.admin.post("/export", {"secrets": "none"}).status_code == 200


def test_auditors_export_and_import_nothing(filled: Pages) -> None:
    """SEC-42"""
    for path in ("/export", "/import", "/import/x"):
        assert filled.auditor.get(path).status_code == 403
    assert b'href="/export"' not in filled.auditor.get("/tokens").content
    assert b'href="/export"' in filled.admin.get("/tokens").content


# -- import ---------------------------------------------------------------------------------------------------------


def test_a_file_is_shown_before_anything_changes(filled: Pages) -> None:
    """SEC-61: added, skipped; then overwritten after all; the very file is imported."""
    admin = filled.admin
    answer = send(admin, as_yaml(entry("A", code_config(Scope="more")), entry("D")))
    assert answer.status_code == 303
    page = admin.get(answer.headers["Location"]).content.decode()
    assert "Nothing is changed yet" in page
    assert "1 name is there already and is skipped." in page
    assert "Import 1 configuration<" in page
    assert not Configuration.objects.filter(name="D").exists()
    where = answer.headers["Location"]
    assert admin.post(f"{where}/plan", {"overwrite": "on"}).status_code == 303
    page = admin.get(where).content.decode()
    assert "Import 2 configurations" in page
    assert "<code>Scope</code>" in page
    assert "cnry-" not in page
    assert admin.post(f"{where}/confirm").headers["Location"] == where
    done = admin.get(where).content.decode()
    assert "Get the first tokens" in done
    assert "Enter the client secrets that the file left out" in done
    assert find("D").created_by == "admin@kestrel.example"
    assert admin.post(f"{where}/confirm").status_code == 303
    assert Configuration.objects.count() == 4


def test_what_would_be_held_is_said_and_needs_the_password(clock: FakeClock, filled: Pages) -> None:
    """SEC-43, SEC-62"""
    admin = filled.admin
    clock.advance(301)
    where = send(admin, as_yaml(entry("A", ELSEWHERE)), overwrite="on").headers["Location"]
    page = admin.get(where).content.decode()
    assert "1 configuration would send its secrets elsewhere than before." in page
    assert "tokens and secret are held" in page
    refused = admin.post(f"{where}/confirm")
    assert refused.status_code == 422
    assert held(find("A")) == []
    assert admin.post(f"{where}/confirm", {"current_password": PASSWORD}).status_code == 303
    assert held(find("A")) == ["token", "secret"]
    assert f'href="/tokens/{filled.view("A").id}/confirm"' in admin.get(where).content.decode()


def test_who_compared_the_addresses_holds_nothing(filled: Pages) -> None:
    """SEC-62"""
    admin = filled.admin
    where = send(admin, as_yaml(entry("A", ELSEWHERE)), overwrite="on").headers["Location"]
    admin.post(f"{where}/confirm", {"release": "on"})
    assert held(find("A")) == []
    assert "Confirmed at once" in admin.get(where).content.decode()


def test_an_encrypted_file_asks_for_its_key(filled: Pages) -> None:
    admin = filled.admin
    identity = pyrage.x25519.Identity.generate()
    file = age_file.encrypted(as_yaml(entry("D")), recipients=[str(identity.to_public())])
    where = send(admin, file, "f.yml.age").headers["Location"]
    assert b"f.yml.age is encrypted" in admin.get(where).content
    wrong = admin.post(f"{where}/unlock", {"key": "not these words"})
    assert wrong.status_code == 422
    assert b"not these words" not in wrong.content
    assert admin.post(f"{where}/confirm").status_code == 303
    assert not Configuration.objects.filter(name="D").exists()
    admin.post(f"{where}/unlock", {"key": str(identity)})
    assert b"Import 1 configuration<" in admin.get(where).content


def test_a_bad_file_is_told_with_place_and_rule(filled: Pages) -> None:
    """SEC-61; a name of a file is only ever text."""
    admin = filled.admin
    answer = send(admin, b"- Name: X\n  Config: {}\n  Foo: &a [*a]\n", "../<b>x\x1b.yml")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "&lt;b&gt;x" in page
    assert "line 3: refers to" in page
    assert b"Choose a file first." in admin.post("/import").content
    assert b"The file is empty." in send(admin, b"").content
    assert not Upload.objects.exists()


def test_another_person_s_file_is_not_there(filled: Pages) -> None:
    """SEC-42"""
    where = send(filled.admin, as_yaml(entry("D"))).headers["Location"]
    other = Person.objects.add("eve@kestrel.example", Person.ADMIN, PASSWORD)
    eve = filled.client()
    eve.force_login(other, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert eve.get(where).status_code == 404
    assert eve.post(f"{where}/confirm").status_code == 404
    assert eve.post(f"{where}/discard").status_code == 404
    assert filled.admin.post(f"{where}/discard").headers["Location"] == "/tokens"
    assert not Upload.objects.exists()


def test_ten_thousand_entries_are_shown_page_by_page(pages: Pages) -> None:
    """Bounded: a page of the preview holds fifty, and the filter finds the one that matters."""
    import_documents(pages.ctx, as_yaml(entry("N00500")), "f.yml", overwrite=False, dry_run=False, by="test")
    one = as_yaml(entry("NAME")).decode()
    many = "".join(one.replace("NAME", f"N{number:05}") for number in range(1000)).encode()
    admin = pages.admin
    where = send(admin, many).headers["Location"]
    page = admin.get(f"{where}?page=20").content.decode()
    assert page.count('scope="row"') == 50
    assert "N00999" in page
    assert len(page) < 100_000
    assert 'scope="row">N00500<' in admin.get(f"{where}?show=skipped&page=99").content.decode()


def test_a_file_needs_our_own_form(filled: Pages) -> None:
    """SEC-39"""
    client = filled.signed_in(Person.ADMIN, enforce_csrf_checks=True)
    assert send(client, as_yaml(entry("D"))).status_code == 403
    token = form_token(client.get("/import").content.decode())
    assert send(client, as_yaml(entry("D")), csrfmiddlewaretoken=token).status_code == 303
    assert client.post("/export", {"secrets": "none"}).status_code == 403


def test_a_large_upload_never_touches_the_disk(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """SEC-31: Django would write uploads above 2.5 MB to a file, client secrets and all."""
    import tempfile

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a file was made")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    monkeypatch.setattr("django.core.files.uploadedfile.TemporaryUploadedFile.__init__", refuse)
    big = as_yaml(entry("D")) + b"# " + b"x" * (4 * 1024 * 1024)
    assert send(pages.admin, big).status_code == 303
