"""Changing a token configuration in its form: what is kept, what is held, and what two people do to each other."""

import json

import pytest

from bursar.access.models import Person
from bursar.keyring import Secret
from bursar.testing import FakeClock
from bursar.tokens import configure
from bursar.tokens.configure import secret_of
from bursar.tokens.document import document_of
from bursar.tokens.models import Configuration, Token
from tests.unit.forms_scene import AUTHORIZATION_URL, REFRESH_URL, TOKEN_URL, configuration, filled, shown, with_token
from tests.unit.web_pages import PASSWORD, Pages, form_token

pytestmark = pytest.mark.django_db(transaction=True)

ELSEWHERE = "https://elsewhere.example/token"


def address(row: Configuration) -> str:
    return f"/configurations/{row.id}/edit"


def again(row: Configuration) -> Configuration:
    return Configuration.objects.get(pk=row.id)


def test_only_what_was_changed_in_the_form_changes(pages: Pages) -> None:
    row = configuration(pages.ctx, Custom="kept", Remark="kept too")
    before = json.loads(row.document)
    answer = pages.admin.post(
        address(row),
        filled(pages.admin, address(row), Scope="a\nb", ClientSecretExpires="2028-05-22", Validity="invalid"),
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/tokens")
    now = again(row)
    after = json.loads(now.document)
    assert after == before | {"Scope": "a b", "ClientSecretExpires": "2028-05-22"}
    assert (now.validity, now.changed_by, now.secret_held) == ("invalid", "admin@kestrel.example", False)
    assert secret_of(pages.ctx, now) == Secret("cnry-stored")


def test_a_form_sent_back_as_it_was_writes_nothing(pages: Pages) -> None:
    row = configuration(pages.ctx)
    client = pages.admin
    answer = client.post(address(row), filled(client, address(row), action="save"))
    assert answer.headers["Location"] == address(row)
    assert "Support is as it was: nothing differs." in client.get(address(row)).content.decode()
    assert again(row).generation == row.generation


def test_the_secret_is_named_by_its_fingerprint_and_replaced_where_one_is_entered(pages: Pages) -> None:
    """SEC-41"""
    row = configuration(pages.ctx)
    html = pages.admin.get(address(row)).content.decode()
    assert f"fingerprint {Secret('cnry-stored').fingerprint()}" in html
    assert "cnry-" not in html
    pages.admin.post(address(row), filled(pages.admin, address(row), ClientSecret="cnry-new"))
    assert secret_of(pages.ctx, again(row)) == Secret("cnry-new")


def test_whoever_enters_a_secret_that_others_share_is_led_to_where_all_are_changed(pages: Pages) -> None:
    row = configuration(pages.ctx)
    assert "this client ID:" not in pages.admin.get(address(row)).content.decode()
    configuration(pages.ctx, "Sales")
    assert "Another configuration has this client ID" in pages.admin.get(address(row)).content.decode()
    configuration(pages.ctx, "Returns")
    assert "2 other configurations have this client ID: “Replace secret” changes all" in (
        pages.admin.get(address(row)).content.decode()
    )
    sent = filled(pages.admin, address(row), ClientSecret="another~secret", action="save")
    html = pages.admin.post(address(row), sent, follow=True).content.decode()
    assert "2 other configurations have the same client ID and keep their secret." in html
    assert f'href="/configurations/{row.id}/secret"' in html
    html = pages.admin.post(address(row), filled(pages.admin, address(row), Scope="other", action="save"), follow=True)
    assert "keep their secret" not in html.content.decode()


def test_of_very_many_that_share_a_secret_no_more_are_counted_than_a_page_may_take_time_for(pages: Pages) -> None:
    row = configuration(pages.ctx, "Kestrel")

    def copies(first: int, count: int) -> None:
        columns = {field.attname: getattr(row, field.attname) for field in Configuration._meta.fields}
        Configuration.objects.bulk_create(
            Configuration(**columns | {"id": f"{number:032}", "name": f"Kestrel {number:04}"})
            for number in range(first, first + count)
        )

    def said(where: str) -> str:
        return pages.admin.get(where).content.decode()

    copies(0, 1000)
    assert "1000 other configurations have this client ID" in said(address(row))
    assert "500 more have this client ID and are not in this list" in said(f"/configurations/{row.id}/secret")
    copies(1000, 1)
    assert "More than 1000 other configurations have this client ID" in said(address(row))
    assert "More than 500 more have this client ID" in said(f"/configurations/{row.id}/secret")
    sent = filled(pages.admin, address(row), ClientSecret="another~secret", action="save")
    html = pages.admin.post(address(row), sent, follow=True).content.decode()
    assert "More than 1000 other configurations have the same client ID and keep their secret." in html


def test_the_page_appears_where_the_secret_can_not_be_opened(pages: Pages) -> None:
    row = configuration(pages.ctx)
    Configuration.objects.update(client_secret=b"not sealed by this key")
    html = pages.admin.get(address(row)).content.decode()
    assert "t be opened with this key. Enter it again." in html


def test_a_moved_endpoint_is_shown_before_it_is_saved_and_confirmed_with_the_password(
    clock: FakeClock, pages: Pages
) -> None:
    """SEC-43, SEC-62: nothing is saved without the password; with it nothing stays held."""
    row = configuration(pages.ctx)
    with_token(pages.ctx, row)
    client = pages.admin
    client.get("/tokens")
    clock.advance(301)
    sent = filled(client, address(row)) | {TOKEN_URL: ELSEWHERE}
    asked = client.post(address(row), sent)
    html = asked.content.decode()
    assert asked.status_code == 200
    assert "Bursar would send the client secret and one token elsewhere, or as another client:" in html
    assert "<del><code>https://login.provider.example/token</code></del>" in html
    assert f"<ins><code>{ELSEWHERE}</code></ins>" in html
    assert again(row).generation == row.generation
    sent = shown(html)
    assert sent["moved"] == "confirm"
    refused = client.post(address(row), sent | {"current_password": "not my password"})
    assert refused.status_code == 422
    assert "That is not your password." in refused.content.decode()
    assert again(row).generation == row.generation
    assert client.post(address(row), sent | {"current_password": PASSWORD}).status_code == 303
    now = again(row)
    assert str(document_of(now).requests["TokenByAuthorizationCode"].url) == ELSEWHERE
    assert (now.secret_held, configure.held(now)) == (False, [])


def test_a_moved_endpoint_can_be_saved_and_left_held(pages: Pages) -> None:
    """SEC-62"""
    row = configuration(pages.ctx)
    with_token(pages.ctx, row)
    client = pages.admin
    sent = shown(client.post(address(row), filled(client, address(row)) | {TOKEN_URL: ELSEWHERE}).content.decode())
    client.post(address(row), sent | {"moved": "hold", "action": "save"})
    assert configure.held(again(row)) == ["token", "secret"]
    html = client.get(address(row)).content.decode()
    assert "sent nowhere until somebody confirms the addresses" in html
    assert f"/tokens/{Token.objects.get().id}/confirm" in html


def test_a_yes_is_about_the_addresses_that_were_shown_and_no_others(pages: Pages) -> None:
    """SEC-62: what was changed again after the question is asked about again."""
    row = configuration(pages.ctx)
    client = pages.admin
    sent = shown(client.post(address(row), filled(client, address(row)) | {TOKEN_URL: ELSEWHERE}).content.decode())
    asked = client.post(address(row), sent | {REFRESH_URL: "https://third.example/token"})
    assert "third.example" in asked.content.decode()
    assert again(row).generation == row.generation
    forged = client.post(
        address(row), filled(client, address(row), moved="confirm", moves="x") | {TOKEN_URL: ELSEWHERE}
    )
    assert forged.status_code == 422
    assert again(row).generation == row.generation


def test_an_empty_refresh_url_is_the_token_url(pages: Pages) -> None:
    row = configuration(pages.ctx)
    client = pages.admin
    sent = filled(client, address(row)) | {TOKEN_URL: ELSEWHERE, REFRESH_URL: ""}
    client.post(address(row), shown(client.post(address(row), sent).content.decode()))
    assert str(document_of(again(row)).requests["TokenByRefreshToken"].url) == ELSEWHERE


def test_two_people_at_once_lose_nothing(pages: Pages) -> None:
    """What only the other changed is taken over; what both changed is shown twice, and saved only after a look."""
    row = configuration(pages.ctx)
    client = pages.admin
    sent = filled(client, address(row), Scope="mine", KeepAlive="77")
    configure.change(pages.ctx, "Support", [("Scope", "<theirs>"), ("Name", "Renamed")], None, "ben@kestrel.example")
    answer = client.post(address(row), sent | {"ClientSecret": "cnry-typed"})
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "ben@kestrel.example saved this configuration at" in html
    assert "One field you both changed" in html
    assert "Saved meanwhile: <code>&lt;theirs&gt;</code>" in html
    assert "cnry-" not in html
    merged = shown(html)
    assert (merged["Scope"], merged["Name"], merged["KeepAlive"]) == ("mine", "Renamed", "77")
    assert document_of(again(row)).scope == "<theirs>"
    assert client.post(address(row), merged).status_code == 303
    document = document_of(again(row))
    assert (document.name, document.scope, document.options.keep_alive) == ("Renamed", "mine", 77)


def test_a_placeholder_is_carried_into_the_endpoints_it_filled(pages: Pages) -> None:
    client = pages.admin
    add = "/configurations/add/microsoft-exchange"
    sent = filled(client, add, Name="Exchange", ClientID="c", ClientSecret="s3cret~", Tenant="first.example")
    client.post(add, sent)
    row = Configuration.objects.get()
    asked = client.post(address(row), filled(client, address(row), Tenant="second.example"))
    assert asked.content.decode().count("second.example/oauth2") == 3
    client.post(address(row), shown(asked.content.decode()))
    urls = {str(plan.url) for plan in document_of(again(row)).requests.values()}
    assert all("second.example" in url for url in urls)


def test_an_endpoint_entered_by_hand_keeps_the_others_where_they_are(pages: Pages) -> None:
    client = pages.admin
    add = "/configurations/add/any-code"
    sent = filled(client, add, Name="Own", ClientID="c", ClientSecret="s3cret~")
    client.post(add, sent | {AUTHORIZATION_URL: "https://a.example/auth", TOKEN_URL: "https://a.example/token"})
    row = Configuration.objects.get()
    asked = client.post(address(row), filled(client, address(row)) | {TOKEN_URL: ELSEWHERE})
    client.post(address(row), shown(asked.content.decode()))
    document = document_of(again(row))
    assert str(document.requests["TokenByAuthorizationCode"].url) == ELSEWHERE
    assert str(document.requests["TokenByRefreshToken"].url) == "https://a.example/token"
    assert document.extras["TokenURL"] == ELSEWHERE


@pytest.mark.parametrize(
    ("field", "value"),
    [("TemplateName", "google-mail"), ("AuthFlow", "ClientCredentials"), ("Custom", "x"), ("generation", "9")],
)
def test_a_field_that_the_form_has_not_is_refused(pages: Pages, field: str, value: str) -> None:
    """SEC-42"""
    row = configuration(pages.ctx, Custom="kept")
    sent = filled(pages.admin, address(row))
    assert pages.admin.post(address(row), sent | {field: value}).status_code == 400
    assert again(row).generation == row.generation


def test_wrong_values_come_back_with_their_field_open(pages: Pages) -> None:
    row = configuration(pages.ctx)
    sent = filled(pages.admin, address(row), Name="", ClientID="") | {REFRESH_URL: "http://x.example"}
    answer = pages.admin.post(address(row), sent)
    html = answer.content.decode()
    assert answer.status_code == 422
    for sentence in ("Enter a name.", "Enter the client ID.", "Refresh URL must be https."):
        assert sentence in html
    assert shown(html)[REFRESH_URL] == "http://x.example"
    assert '<details class="fold" open>' in html


def test_editing_takes_a_form_of_our_own_and_an_administrator(pages: Pages) -> None:
    """SEC-39, SEC-42: an auditor sees the form, disabled and without a button."""
    row = configuration(pages.ctx)
    html = pages.auditor.get(address(row)).content.decode()
    assert '<fieldset class="bare" disabled>' in html
    assert "Save and finish" not in html
    assert pages.auditor.post(address(row), filled(pages.admin, address(row), Scope="x")).status_code == 403
    client = pages.signed_in(Person.ADMIN, enforce_csrf_checks=True)
    html = client.get(address(row)).content.decode()
    sent = shown(html) | {"Scope": "x"}
    assert client.post(address(row), sent).status_code == 403
    assert again(row).generation == row.generation
    assert client.post(address(row), sent | {"csrfmiddlewaretoken": form_token(html)}).status_code == 303


def test_a_new_scope_asks_for_a_new_consent(pages: Pages) -> None:
    row = configuration(pages.ctx)
    with_token(pages.ctx, row)
    client = pages.admin
    client.post(address(row), filled(client, address(row), Scope="more", action="save"))
    assert "authorize Support again" in client.get(address(row)).content.decode()


def test_releasing_what_is_held_takes_the_password(clock: FakeClock, pages: Pages) -> None:
    """SEC-43, SEC-62"""
    row = configuration(pages.ctx)
    configure.change(pages.ctx, "Support", [(TOKEN_URL, ELSEWHERE)], None, "ben")
    confirm = f"/tokens/{Token.objects.get().id}/confirm"
    client = pages.admin
    client.get("/tokens")
    clock.advance(301)
    assert 'name="current_password"' in client.get(confirm).content.decode()
    sent = {"seen": str(again(row).generation)}
    for wrong in (sent, sent | {"current_password": "not my password"}):
        refused = client.post(confirm, wrong)
        assert (refused.status_code, ELSEWHERE in refused.content.decode()) == (422, True)
        assert again(row).secret_held
    assert client.post(confirm, sent | {"current_password": PASSWORD}).status_code == 303
    assert not again(row).secret_held
