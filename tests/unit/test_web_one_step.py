"""Enter a secret, duplicate, add a label, delete: each a page of one step."""

from datetime import timedelta

import pytest

from bursar.access.models import Person
from bursar.keyring import Secret
from bursar.testing import FakeClock
from bursar.tokens import configure
from bursar.tokens.configure import secret_of
from bursar.tokens.document import document_of
from bursar.tokens.models import Configuration, Token
from bursar.web.wording import long_date
from tests.unit.forms_scene import TOKEN_URL, configuration, filled, shown, with_token
from tests.unit.web_pages import PASSWORD, Pages, form_token

pytestmark = pytest.mark.django_db(transaction=True)

REVOCATION = "https://login.provider.example/revoke"


def page(row: Configuration, name: str) -> str:
    return f"/configurations/{row.id}/{name}"


def again(row: Configuration) -> Configuration:
    return Configuration.objects.get(pk=row.id)


def test_a_secret_is_replaced_where_it_is_shared_and_ticked(pages: Pages) -> None:
    row, other, third = (configuration(pages.ctx, name) for name in ("Support", "Sales", "Third"))
    html = pages.admin.get(page(row, "secret")).content.decode()
    assert "2 other configurations have this client ID" in html
    assert f'value="{other.id}" checked' in html
    sent = {key: text for key, text in shown(html).items() if key != "also"}
    sent |= {"ClientSecret": "cnry-new", "ClientSecretExpires": "2028-05-22"}
    answer = pages.admin.post(page(row, "secret"), sent | {"also": [other.id]})  # type: ignore[dict-item]
    assert answer.headers["Location"] == "/tokens"
    secrets = [secret_of(pages.ctx, again(each)) for each in (row, other, third)]
    assert secrets == [Secret("cnry-new"), Secret("cnry-new"), Secret("cnry-stored")]
    assert str(document_of(again(other)).options.client_secret_expires) == "2028-05-22"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("ClientSecret", "", "Enter the client secret."),
        ("ClientSecret", "x" * 300_000, "The client secret is longer than 4096 characters."),
        ("ClientSecret", "a\x00b", "The client secret holds control characters, or more than one line."),
        ("ClientSecret", "bursar", "That is the client ID."),
        ("ClientSecret", "two\nlines", "control characters, or more than one line"),
        ("ClientSecretExpires", "soon", "Enter a date such as 2027-01-31."),
    ],
)
def test_a_wrong_secret_or_day_is_said_at_its_field(pages: Pages, field: str, value: str, sentence: str) -> None:
    row = configuration(pages.ctx)
    sent = filled(pages.admin, page(row, "secret"), ClientSecret="cnry-new") | {field: value}
    answer = pages.admin.post(page(row, "secret"), sent)
    html = answer.content.decode()
    assert (answer.status_code, sentence in html, "cnry-" in html) == (422, True, False)
    assert html.count("data-focus") == 1
    assert secret_of(pages.ctx, again(row)) == Secret("cnry-stored")


def test_a_neighbour_that_changed_meanwhile_stops_all(pages: Pages) -> None:
    """A secret goes where the page said that it goes, or nowhere."""
    row, other = configuration(pages.ctx), configuration(pages.ctx, "Sales")
    sent = filled(pages.admin, page(row, "secret"), ClientSecret="cnry-new")
    assert sent["also"] == other.id
    configure.change(pages.ctx, "Sales", [(TOKEN_URL, "https://evil.example/token")], None, "mallory")
    answer = pages.admin.post(page(row, "secret"), sent)
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "held: confirm its addresses first" in html
    assert "cnry-" not in html
    assert secret_of(pages.ctx, again(row)) == Secret("cnry-stored")


def test_a_new_secret_for_a_held_configuration_takes_the_password(clock: FakeClock, pages: Pages) -> None:
    """SEC-43, SEC-62: it would be sent to an address that nobody has confirmed."""
    row = configuration(pages.ctx)
    configure.change(pages.ctx, "Support", [(TOKEN_URL, "https://new.example/token")], None, "ben")
    client = pages.admin
    client.get("/tokens")
    clock.advance(301)
    sent = filled(client, page(row, "secret"), ClientSecret="cnry-new")
    assert "current_password" in sent
    assert "login.provider.example, new.example" in client.get(page(row, "secret")).content.decode()
    assert client.post(page(row, "secret"), sent).status_code == 422
    assert secret_of(pages.ctx, again(row)) == Secret("cnry-stored")
    assert client.post(page(row, "secret"), sent | {"current_password": PASSWORD}).status_code == 303
    assert (secret_of(pages.ctx, again(row)), again(row).secret_held) == (Secret("cnry-new"), False)


def test_a_duplicate_gets_a_free_name_and_no_secret_unless_ticked(pages: Pages) -> None:
    row = configuration(pages.ctx)
    with_token(pages.ctx, row)
    sent = filled(pages.admin, page(row, "duplicate"))
    assert sent == {"Name": "Support (2)"}
    answer = pages.admin.post(page(row, "duplicate"), sent)
    made = Configuration.objects.get(name="Support (2)")
    assert answer.headers["Location"] == page(made, "edit")
    assert (made.client_secret, Token.objects.get(configuration=made).access_token) == (None, None)
    pages.admin.post(page(row, "duplicate"), {"Name": "Third", "with_secret": "1"})
    assert secret_of(pages.ctx, Configuration.objects.get(name="Third")) == Secret("cnry-stored")
    for name, said in (("Third", "already"), ("", "Enter a name."), ("x" * 251, "at most 250 characters")):
        answer = pages.admin.post(page(row, "duplicate"), {"Name": name})
        assert (answer.status_code, said in answer.content.decode()) == (422, True)
    assert Configuration.objects.count() == 3


def test_a_label_leads_to_the_consent_of_its_own_token(pages: Pages) -> None:
    row = configuration(pages.ctx)
    client = pages.admin
    answer = client.post(page(row, "label"), {"label": "returns@example.org"})
    assert answer.headers["Location"] == page(row, "next?label=returns%40example.org")
    html = client.get(answer.headers["Location"]).content.decode()
    token = Token.objects.get(label="returns@example.org")
    assert "Support#returns@example.org" in html
    assert f'action="/tokens/{token.id}/authorize"' in html
    for label, said in (("returns@example.org", "already"), ("a#b", "no #"), ("", "1 to 250 printable")):
        refused = client.post(page(row, "label"), {"label": label})
        assert (refused.status_code, said in refused.content.decode()) == (422, True)
    assert Token.objects.count() == 2
    assert client.get(page(row, "next?label=unknown")).status_code == 404


def test_what_is_in_use_is_not_deleted(pages: Pages) -> None:
    pages.fill()
    row = Configuration.objects.get(name="Support")
    html = pages.admin.get(page(row, "delete")).content.decode()
    assert "mail account “Support 1”" in html
    assert '<button class="btn danger' not in html
    assert pages.admin.post(page(row, "delete")).status_code == 409
    assert Configuration.objects.filter(name="Support").exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"RevocationURL": REVOCATION}, "Bursar tells <code>login.provider.example</code>"),
        ({}, "the configuration has no revocation URL"),
    ],
)
def test_deleting_says_first_what_is_revoked_at_the_provider(pages: Pages, changes: dict[str, str], said: str) -> None:
    """SEC-35"""
    row = configuration(pages.ctx, **changes)
    assert "There is no token to revoke." in pages.admin.get(page(row, "delete")).content.decode()
    with_token(pages.ctx, row)
    assert said in pages.admin.get(page(row, "delete")).content.decode()
    client = pages.admin
    assert client.post(page(row, "delete")).headers["Location"] == "/tokens"
    assert "Support is deleted, and its tokens with it." in client.get("/tokens").content.decode()
    assert not Configuration.objects.exists()


@pytest.mark.parametrize("name", ["secret", "label", "duplicate", "delete"])
def test_each_takes_a_form_of_our_own_its_own_fields_and_an_administrator(pages: Pages, name: str) -> None:
    """SEC-39, SEC-42"""
    row = configuration(pages.ctx)
    good = {
        "secret": {f"seen:{row.id}": "1", "ClientSecret": "cnry-new"},
        "label": {"label": "x"},
        "duplicate": {"Name": "Second"},
        "delete": {},
    }[name]
    assert pages.auditor.get(page(row, name)).status_code == 403
    assert pages.auditor.post(page(row, name), good).status_code == 403
    assert pages.admin.post(page(row, name), good | {"created_by": "x"}).status_code == 400
    client = pages.signed_in(Person.ADMIN, enforce_csrf_checks=True)
    html = client.get(page(row, name)).content.decode()
    assert client.post(page(row, name), good).status_code == 403
    assert (again(row).generation, Token.objects.count(), Configuration.objects.count()) == (1, 1, 1)
    assert client.post(page(row, name), good | {"csrfmiddlewaretoken": form_token(html)}).status_code == 303
    assert pages.admin.get(f"/configurations/{'0' * 32}/{name}").status_code == 404


def test_the_page_of_the_secret_says_when_it_ends(pages: Pages) -> None:
    now = pages.ctx.clock.now()
    day = (now + timedelta(days=9)).date()
    row = configuration(pages.ctx, ClientSecretExpires=day.isoformat())
    html = pages.admin.get(page(row, "secret")).content.decode()
    assert f"It ends on {long_date(day, now)}." in html
    assert "public client" not in html
    public = configuration(pages.ctx, "Public", ClientAuthentication="none")
    assert "public client" in pages.admin.get(page(public, "secret")).content.decode()
    assert f"fingerprint {Secret('cnry-stored').fingerprint()}" in html
