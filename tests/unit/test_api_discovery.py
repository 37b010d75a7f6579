"""What the API says of a provider, and where a configuration differs from it; taken over only as it was seen."""

from typing import Any

import pytest

from bursar.keyring import Secret
from bursar.testing import FakeProvider
from bursar.tokens.configure import secret_of
from bursar.tokens.document import document_of
from bursar.tokens.models import Configuration
from tests.unit.api_scene import Api, Said
from tests.unit.test_discovery import metadata, says

pytestmark = pytest.mark.django_db(transaction=True)


def looked(api: Api, provider: FakeProvider, **members: Any) -> Said:
    says(provider, metadata(provider, **members))
    return api.ask("POST", "/configurations/discover", {"issuer": provider.issuer})


def added(api: Api, provider: FakeProvider, seen: str, key: str | None = None, **body: Any) -> Said:
    given = {"issuer": provider.issuer, "seen": seen, "name": "SSO", "client_secret": "cnry-secret", **body}
    return api.ask("POST", "/configurations/discover/add", given | {"set": {"ClientID": "me"}}, key=key)


def test_what_was_seen_is_added_and_nothing_else(api: Api, provider: FakeProvider) -> None:
    """SEC-53"""
    found = looked(api, provider).json
    assert (found["issuer"], found["flow"]) == (provider.issuer, "authorization_code")
    assert (found["client_authentication"], found["elsewhere"]) == ("client_secret_post", [])
    assert found["endpoints"]["token_endpoint"] == provider.token_url
    assert not Configuration.objects.exists()
    says(provider, metadata(provider, token_endpoint=provider.issuer + "/moved"))
    late = added(api, provider, found["seen"])
    assert (late.status, late.code) == (409, "metadata_changed")
    assert not Configuration.objects.exists()
    says(provider, metadata(provider))
    made = added(api, provider, found["seen"])
    assert (made.status, made.json["secret_stored"]) == (201, True)
    row = Configuration.objects.get(name="SSO")
    assert (row.created_by, made.headers["Location"]) == ("key:everything", f"/api/v1/configurations/{row.id}")
    assert secret_of(api.ctx, row) == Secret("cnry-secret")
    assert document_of(row).options.issuer == provider.issuer


def test_other_hosts_need_a_yes(api: Api, provider: FakeProvider) -> None:
    """SEC-53"""
    away = {"token_endpoint": provider.token_url.replace("127.0.0.1", "localhost")}
    found = looked(api, provider, **away).json
    assert found["elsewhere"] == ["localhost"]
    says(provider, metadata(provider, **away))
    refused = added(api, provider, found["seen"])
    assert (refused.status, refused.code) == (409, "other_hosts")
    assert "localhost" in refused.json["detail"]
    assert not Configuration.objects.exists()
    says(provider, metadata(provider, **away))
    assert added(api, provider, found["seen"], other_hosts=True).status == 201


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"issuer": "http://sso.example.org"}, 422, "url_invalid"),
        ({"issuer": "https://10.0.0.1/"}, 409, "address_refused"),
        ({"issuer": "https://login.microsoftonline.com/common/v2.0"}, 422, "tenant_missing"),
        ({"issuer": "a\0b"}, 422, "url_invalid"),
        ({"issuer": "https://sso.example.org", "flow": "password"}, 422, "invalid_input"),
    ],
)
def test_what_may_not_be_asked_is_refused(api: Api, body: dict[str, str], status: int, code: str) -> None:
    """SEC-49, SEC-53"""
    refused = api.ask("POST", "/configurations/discover", body)
    assert (refused.status, refused.code) == (status, code)


def test_a_key_for_some_names_adds_no_others_and_asks_nobody_for_them(api: Api, provider: FakeProvider) -> None:
    """SEC-45"""
    found = looked(api, provider).json
    asked = len(provider.requests)
    limited = api.new_key("limited", "Sales*")
    assert added(api, provider, found["seen"], key=limited).status == 404
    assert len(provider.requests) == asked


def test_differences_are_taken_over_as_they_were_seen_and_hold(api: Api, provider: FakeProvider) -> None:
    """SEC-53, SEC-62"""
    found = looked(api, provider).json
    says(provider, metadata(provider))
    where = f"/configurations/{added(api, provider, found['seen']).json['id']}/recheck"
    says(provider, metadata(provider))
    assert api.ask("POST", where).json["differences"] == []
    moved = provider.issuer + "/moved"
    says(provider, metadata(provider, token_endpoint=moved))
    shown = api.ask("POST", where).json
    assert {each["path"] for each in shown["differences"]} == {
        "Requests.TokenByAuthorizationCode.Request.URL",
        "Requests.TokenByRefreshToken.Request.URL",
    }
    assert {(each["ours"], each["theirs"]) for each in shown["differences"]} == {(provider.token_url, moved)}
    says(provider, metadata(provider, token_endpoint=provider.issuer + "/again"))
    late = api.ask("POST", f"{where}/apply", {"seen": shown["seen"]})
    assert (late.status, late.code) == (409, "metadata_changed")
    limited = api.new_key("limited", "Sales*")
    assert api.ask("POST", where, key=limited).status == 404
    assert api.ask("POST", f"{where}/apply", {"seen": shown["seen"]}, key=limited).status == 404
    assert provider.token_url in Configuration.objects.get().document
    says(provider, metadata(provider, token_endpoint=moved))
    changed = api.ask("POST", f"{where}/apply", {"seen": shown["seen"]})
    assert (changed.status, changed.json["held"]) == (200, ["secret"])
    assert moved in Configuration.objects.get().document


def test_who_names_no_issuer_can_not_be_asked_again(api: Api) -> None:
    api.fill()
    refused = api.ask("POST", f"/configurations/{api.id_of('Support')}/recheck")
    assert (refused.status, refused.code) == (422, "issuer_missing")
