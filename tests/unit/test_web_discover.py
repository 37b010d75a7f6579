"""Adding a configuration from an issuer in the browser: asked by POST alone, added only as it was shown."""

from typing import Any

import pytest

from bursar.testing import FakeProvider, Script
from bursar.tokens.document import document_of
from bursar.tokens.models import Configuration
from tests.unit.test_discovery import OPENID, metadata, says
from tests.unit.test_web_add import shown
from tests.unit.web_pages import Pages

pytestmark = pytest.mark.django_db(transaction=True)
DISCOVER = "/configurations/add/discover"


def looked(pages: Pages, provider: FakeProvider, said: dict[str, Any] | None = None, **sent: str) -> Any:
    says(provider, said or metadata(provider))
    return pages.admin.post(DISCOVER, {"action": "look", "issuer": provider.issuer, **sent})


def test_a_get_asks_nobody(pages: Pages, provider: FakeProvider) -> None:
    """SEC-5, SEC-39"""
    html = pages.admin.get(f"{DISCOVER}?issuer={provider.issuer}").content.decode()
    assert provider.issuer in html
    assert provider.requests == []


def test_an_auditor_makes_nobody_be_asked(pages: Pages, provider: FakeProvider) -> None:
    """SEC-42"""
    assert pages.auditor.post(DISCOVER, {"action": "look", "issuer": provider.issuer}).status_code == 403
    assert provider.requests == []


def test_what_was_found_is_shown_and_added_as_it_was_shown(pages: Pages, provider: FakeProvider) -> None:
    page = looked(pages, provider)
    assert page.status_code == 200
    html = page.content.decode().replace("<wbr>", "")
    assert f"<code>{provider.token_url}</code>" in html
    assert not Configuration.objects.exists()
    sent = shown(page.content.decode()) | {"Name": "SSO", "ClientID": "client", "ClientSecret": "cnry-secret"}
    says(provider, metadata(provider))
    answer = pages.admin.post(DISCOVER, sent | {"action": "finish"})
    row = Configuration.objects.get(name="SSO")
    assert answer.headers["Location"] == f"/configurations/{row.id}/next"
    document = document_of(row)
    assert document.options.issuer == provider.issuer
    assert document.destinations()["RevocationURL"] == provider.revocation_url
    assert document.scope == "openid email offline_access"


def test_metadata_that_changed_meanwhile_is_shown_anew_and_nothing_is_added(
    pages: Pages, provider: FakeProvider
) -> None:
    """SEC-53"""
    sent = shown(looked(pages, provider).content.decode()) | {"Name": "SSO", "ClientID": "c", "ClientSecret": "cnry-s"}
    says(provider, metadata(provider, token_endpoint=provider.issuer + "/moved"))
    answer = pages.admin.post(DISCOVER, sent | {"action": "finish"})
    assert answer.status_code == 409
    html = answer.content.decode().replace("<wbr>", "")
    assert f"{provider.issuer}/moved" in html
    assert 'value="SSO"' in html
    assert "cnry-s" not in html
    assert not Configuration.objects.exists()


def test_other_hosts_are_marked_and_have_to_be_agreed_to(pages: Pages, provider: FakeProvider) -> None:
    """SEC-53"""
    said = metadata(provider, revocation_endpoint=provider.revocation_url.replace("127.0.0.1", "localhost"))
    page = looked(pages, provider, said)
    assert "another host" in page.content.decode()
    sent = shown(page.content.decode()) | {"Name": "SSO", "ClientID": "c", "ClientSecret": "s"}
    says(provider, said)
    refused = pages.admin.post(DISCOVER, sent | {"action": "finish"})
    assert refused.status_code == 422
    assert not Configuration.objects.exists()
    says(provider, said)
    assert pages.admin.post(DISCOVER, sent | {"action": "finish", "hosts": "1"}).status_code == 303
    assert Configuration.objects.exists()


def test_errors_stand_at_their_fields_and_what_was_typed_stays(pages: Pages, provider: FakeProvider) -> None:
    sent = shown(looked(pages, provider).content.decode()) | {"Name": "SSO", "ClientID": ""}
    says(provider, metadata(provider))
    answer = pages.admin.post(DISCOVER, sent | {"action": "finish"})
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "Enter the client ID." in html
    assert "Enter the client secret." in html
    assert 'value="SSO"' in html


def test_the_flow_may_be_chosen(pages: Pages, provider: FakeProvider) -> None:
    html = looked(pages, provider, flow="client_credentials").content.decode()
    assert "TokenByClientCredentials.Request.URL" in html
    assert "get-oauth2-token-by-authorization-code.pl" not in html


def test_microsofts_tenant_is_asked_for_before_anybody_is(pages: Pages) -> None:
    issuer = "https://login.microsoftonline.com/common/v2.0"
    answer = pages.admin.post(DISCOVER, {"action": "look", "issuer": issuer})
    assert answer.status_code == 422
    assert 'name="tenant"' in answer.content.decode()
    assert 'name="tenant"' not in pages.admin.get(DISCOVER).content.decode()


@pytest.mark.parametrize(
    ("members", "words"),
    [({"issuer": "https://evil.example"}, "names itself https://evil.example"), ({"token_endpoint": 1}, "is no text")],
)
def test_a_lie_is_said_where_the_issuer_stands(
    pages: Pages, provider: FakeProvider, members: dict[str, Any], words: str
) -> None:
    """SEC-53"""
    answer = looked(pages, provider, metadata(provider, **members))
    assert answer.status_code == 422
    assert words in answer.content.decode().replace("&#x27;", "'")


def test_what_the_provider_says_is_text_and_nothing_else(pages: Pages, provider: FakeProvider) -> None:
    """SEC-66"""
    said = metadata(provider, scopes_supported=["openid", "<script>alert(1)</script>"], issuer="<script>x</script>")
    provider.script(Script.answer(200, said), path=OPENID)
    html = pages.admin.post(DISCOVER, {"action": "look", "issuer": provider.issuer}).content.decode()
    assert "<script>x" not in html
    assert "&lt;script&gt;x" in html


def added(pages: Pages, provider: FakeProvider) -> str:
    """The address at which a configuration that came by discovery is looked at again."""
    sent = shown(looked(pages, provider).content.decode()) | {"Name": "SSO", "ClientID": "c", "ClientSecret": "cnry-s"}
    says(provider, metadata(provider))
    pages.admin.post(DISCOVER, sent | {"action": "finish"})
    return f"/configurations/{Configuration.objects.get().id}/recheck"


def test_asking_again_shows_what_differs_and_a_person_takes_it_over_held(pages: Pages, provider: FakeProvider) -> None:
    """SEC-53, SEC-62"""
    address = added(pages, provider)
    edit = pages.admin.get(address.replace("recheck", "edit")).content.decode()
    assert address in edit
    asked = len(provider.requests)
    pages.admin.get(address)
    assert len(provider.requests) == asked
    says(provider, metadata(provider))
    assert "Nothing differs" in pages.admin.post(address, {"action": "look"}).content.decode()
    moved = metadata(provider, token_endpoint=provider.issuer + "/moved")
    says(provider, moved)
    page = pages.admin.post(address, {"action": "look"}).content.decode()
    assert "2 addresses differ" in page
    seen = page.split('name="seen" value="')[1].split('"')[0]
    says(provider, metadata(provider, token_endpoint=provider.issuer + "/moved-on"))
    assert pages.admin.post(address, {"action": "apply", "seen": seen}).status_code == 409
    assert "/moved" not in Configuration.objects.get().document
    says(provider, moved)
    assert pages.admin.post(address, {"action": "apply", "seen": seen}).status_code == 303
    row = Configuration.objects.get()
    assert "/moved" in row.document
    assert row.secret_held


def test_a_provider_that_lies_when_asked_again_changes_nothing(pages: Pages, provider: FakeProvider) -> None:
    """SEC-53"""
    address = added(pages, provider)
    before = Configuration.objects.get().document
    says(provider, metadata(provider, token_endpoint="https://169.254.169.254/"))
    answer = pages.admin.post(address, {"action": "look"})
    assert answer.status_code == 409
    assert "169.254.169.254 is not a public address" in answer.content.decode()
    assert Configuration.objects.get().document == before
