"""Adding a token configuration in the browser: the catalogue, the form, what is refused and how it is said."""

import re

import pytest

from bursar.keyring import Secret
from bursar.tokens.configure import secret_of
from bursar.tokens.document import document_of
from bursar.tokens.models import Configuration
from tests.unit.forms_scene import AUTHORIZATION_URL, REFRESH_URL, TOKEN_URL, filled, shown
from tests.unit.web_pages import Pages, form_token

pytestmark = pytest.mark.django_db(transaction=True)

EXCHANGE = "/configurations/add/microsoft-exchange"
BY_HAND = "/configurations/add/any-code"


def test_the_catalogue_is_narrowed_by_words_and_by_flow(pages: Pages) -> None:
    everything = pages.admin.get("/configurations/add").content.decode()
    assert "Google Mail" in everything
    assert EXCHANGE in everything
    found = pages.admin.get("/configurations/add?q=office365+exchange").content.decode()
    assert EXCHANGE in found
    assert "google-mail" not in found
    found = pages.admin.get("/configurations/add?flow=credentials").content.decode()
    assert "microsoft-graph-app" in found
    assert "google-mail" not in found
    assert "No provider fits" in pages.admin.get("/configurations/add?q=<nothing>").content.decode()


def test_the_form_shows_the_redirect_uri_the_steps_and_their_source(pages: Pages) -> None:
    html = pages.admin.get(EXCHANGE).content.decode()
    assert 'data-text="http://localhost:8085/otrs/get-oauth2-token-by-authorization-code.pl"' in html
    assert '<a href="https://entra.microsoft.com" rel="noreferrer" target="_blank">' in html
    assert "learn.microsoft.com, read in November 2026" in html
    credentials = pages.admin.get("/configurations/add/microsoft-exchange-app").content.decode()
    assert "get-oauth2-token-by-authorization-code.pl" not in credentials
    assert "NotifyOnExpiredRefreshToken" not in credentials


def test_a_filled_form_becomes_a_configuration_and_leads_to_its_first_token(pages: Pages) -> None:
    admin = pages.admin
    sent = filled(
        admin,
        EXCHANGE,
        Name=" Complaints ",
        ClientID="the-client",
        ClientSecret="cnry-secret",
        ClientSecretExpires="2028-05-22",
        Tenant="contoso.example",
        Scope="one\ntwo",
        action="finish",
    )
    answer = admin.post(EXCHANGE, sent)
    row = Configuration.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/configurations/{row.id}/next")
    document = document_of(row)
    assert (row.name, row.template, row.created_by) == ("Complaints", "microsoft-exchange", "admin@kestrel.example")
    assert (document.client_id, document.scope) == ("the-client", "one two")
    assert str(document.options.client_secret_expires) == "2028-05-22"
    assert "/contoso.example/" in str(document.requests["TokenByRefreshToken"].url)
    assert secret_of(pages.ctx, row) == Secret("cnry-secret")
    assert "PKCE" not in document.tree()
    following = admin.get(answer.headers["Location"]).content.decode()
    assert "Complaints is added." in following
    assert "Authorize at Microsoft" in following
    assert "cnry-" not in following


def test_saving_without_finishing_stays_with_the_configuration(pages: Pages) -> None:
    sent = filled(pages.admin, BY_HAND, Name="Own", ClientID="c", ClientSecret="s", action="save")
    sent |= {AUTHORIZATION_URL: "https://sso.example/authorize", TOKEN_URL: "https://sso.example/token"}
    answer = pages.admin.post(BY_HAND, sent)
    row = Configuration.objects.get()
    assert answer.headers["Location"] == f"/configurations/{row.id}/edit"
    requests = document_of(row).requests
    assert str(requests["TokenByRefreshToken"].url) == "https://sso.example/token"
    assert row.validity == "valid"


def test_a_refresh_url_of_its_own_is_kept_apart(pages: Pages) -> None:
    sent = filled(pages.admin, BY_HAND, Name="Own", ClientID="c", ClientSecret="s")
    sent |= {
        AUTHORIZATION_URL: "https://sso.example/authorize",
        TOKEN_URL: "https://sso.example/token",
        REFRESH_URL: "https://sso.example/refresh",
    }
    assert pages.admin.post(BY_HAND, sent).status_code == 303
    requests = document_of(Configuration.objects.get()).requests
    assert str(requests["TokenByAuthorizationCode"].url) == "https://sso.example/token"
    assert str(requests["TokenByRefreshToken"].url) == "https://sso.example/refresh"


def test_everything_that_is_wrong_is_said_at_once_and_the_input_is_kept(pages: Pages) -> None:
    sent = filled(pages.admin, BY_HAND, Name="", ClientID="<my client>", ClientSecret="cnry-secret", Scope="a\nb")
    sent |= {AUTHORIZATION_URL: "http://sso.example", "KeepAlive": "soon", "Issuer": "https://sso.example/#x"}
    answer = pages.admin.post(BY_HAND, sent)
    html = answer.content.decode()
    assert answer.status_code == 422
    for sentence in (
        "5 fields need another look:",
        "Enter a name.",
        "Authorization URL must be https.",
        "Token URL is missing.",
        "Keep alive must be a number of seconds, more than 0 and at most ten years.",
        "Issuer must not carry a fragment (#).",
        "Enter the client secret again: it is never sent back to this page.",
    ):
        assert sentence in html, sentence
    assert "&lt;my client&gt;" in html
    assert "<my client>" not in html
    again = shown(html)
    assert again[AUTHORIZATION_URL] == "http://sso.example"
    assert again["Scope"] == "a\nb"
    assert again["ClientSecret"] == ""
    assert html.count("data-focus") == 1
    assert re.search(r'name="Name"[^>]*data-focus', html)
    assert not Configuration.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("Name", "x" * 251, "Name must have at most 250 characters."),
        ("Name", "two\nlines", "Name must not contain control characters."),
        ("Validity", "perhaps", "Validity must be valid, invalid or invalid-temporarily."),
        ("Tenant", "no tenant", "t be the directory (tenant) ID"),
        ("Tenant", "", "Directory (tenant) ID, or its domain is missing."),
        ("ClientID", "", "Enter the client ID."),
        ("ClientSecret", "", "Enter the client secret."),
        ("ClientSecret", "two\nlines", "The client secret holds control characters, or more than one line."),
        ("ClientSecret", "the-client", "That is the client ID. Enter the secret that belongs to it."),
        ("ClientSecret", "3f0c7a52-9d1b-4c8e-b6a4-51e07d2f9a10", "That was the Secret ID, not the secret."),
        ("ClientSecretExpires", "22.5.2028", "Secret ends on must be a date such as 2027-01-31."),
        (AUTHORIZATION_URL, "ftp://x.example", "Authorization URL must be https."),
        (TOKEN_URL, "https://user@x.example/", "Token URL must not carry a user name."),
        (REFRESH_URL, "https://0x7f.1/", "Refresh URL: &quot;0x7f.1&quot; is neither a host name nor an address."),
        ("PKCE", "plain", "PKCE must be S256 or none."),
        ("ClientAuthentication", "private", "Client authentication must be"),
        ("RevocationURL", "nowhere", "Revocation URL must be https."),
        ("UserinfoURL", "http://x.example", "Userinfo URL must be https."),
        ("RefreshMargin", "-5", "Refresh margin must be a number of seconds"),
        ("AssumedLifetime", "an hour", "Assumed lifetime must be a number of seconds"),
    ],
)
def test_each_field_has_its_rule(pages: Pages, field: str, value: str, sentence: str) -> None:
    sent = filled(pages.admin, EXCHANGE, Name="N", ClientID="the-client", ClientSecret="s3cret~")
    answer = pages.admin.post(EXCHANGE, sent | {field: value})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert sentence.replace("'", "&#x27;") in html
    assert "One field needs another look:" in html
    assert not Configuration.objects.exists()


def test_a_public_client_needs_no_secret(pages: Pages) -> None:
    sent = filled(pages.admin, EXCHANGE, Name="N", ClientID="c", ClientAuthentication="none")
    assert pages.admin.post(EXCHANGE, sent).status_code == 303


def test_a_name_that_is_taken_is_said_at_its_field(pages: Pages) -> None:
    pages.fill()
    sent = filled(pages.admin, EXCHANGE, Name="Sales inbox", ClientID="c", ClientSecret="s3cret~")
    html = pages.admin.post(EXCHANGE, sent).content.decode()
    assert "Another configuration has this name. Choose another one." in html


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("TemplateName", "google-mail"),
        ("AuthFlow", "ClientCredentials"),
        ("Requests.TokenByClientCredentials.Request.URL", "https://x.example"),
        ("created_by", "somebody else"),
        ("id", "0" * 32),
        ("PracticePort", "1"),
    ],
)
def test_a_field_that_the_form_has_not_is_refused(pages: Pages, field: str, value: str) -> None:
    """SEC-42: nothing is assigned that nobody was shown."""
    sent = filled(pages.admin, EXCHANGE, Name="N", ClientID="c", ClientSecret="s3cret~")
    assert pages.admin.post(EXCHANGE, sent | {field: value}).status_code == 400
    assert pages.admin.post(EXCHANGE, sent | {"Name": ["A", "B"]}).status_code == 400
    assert pages.admin.post(EXCHANGE, sent | {"action": "delete"}).status_code == 400
    assert not Configuration.objects.exists()


def test_a_secret_is_in_no_answer_whatever_goes_wrong(pages: Pages) -> None:
    """SEC-41: neither where it is right, nor where something else is wrong."""
    sent = filled(pages.admin, EXCHANGE, Name="", ClientID="c", ClientSecret="cnry-typed")
    assert "cnry-" not in pages.admin.post(EXCHANGE, sent).content.decode()
    answer = pages.admin.post(EXCHANGE, sent | {"Name": "N"}, follow=True)
    assert answer.status_code == 200
    assert "cnry-" not in answer.content.decode()


def test_adding_takes_a_form_of_our_own_and_an_administrator(pages: Pages) -> None:
    """SEC-39, SEC-42"""
    from bursar.access.models import Person

    client = pages.signed_in(Person.ADMIN, enforce_csrf_checks=True)
    html = client.get(EXCHANGE).content.decode()
    sent = shown(html) | {"Name": "N", "ClientID": "c", "ClientSecret": "s3cret~"}
    assert client.post(EXCHANGE, sent).status_code == 403
    assert pages.auditor.get(EXCHANGE).status_code == 403
    assert pages.auditor.get("/configurations/add").status_code == 403
    assert pages.auditor.post(EXCHANGE, sent).status_code == 403
    assert not Configuration.objects.exists()
    assert client.post(EXCHANGE, sent | {"csrfmiddlewaretoken": form_token(html)}).status_code == 303


def test_the_practice_provider_is_offered_where_it_runs_alone(pages: Pages) -> None:
    assert "It is not running" in pages.admin.get("/configurations/add?q=practice").content.decode()
    answer = pages.admin.get("/configurations/add/practice")
    assert (answer.status_code, "practice provider is not running" in answer.content.decode()) == (409, True)
    assert pages.admin.get("/configurations/add/no-such-template").status_code == 404
