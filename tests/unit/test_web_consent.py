"""Authorizing by the pages: the button, the link of the command line, the callback, another account, what was held."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from bursar.access.models import Person
from bursar.context import Context
from bursar.testing import FakeClock, FakeProvider
from bursar.tokens.authorize import ticket
from bursar.tokens.overview import list_tokens
from tests.unit.life_scene import ERP, NAME, Scene
from tests.unit.web_pages import Pages

pytestmark = pytest.mark.django_db(transaction=True)

CALLBACK = "/otrs/get-oauth2-token-by-authorization-code.pl"


@pytest.fixture
def scene(ctx: Context, provider: FakeProvider, clock: FakeClock, pages: Pages) -> Scene:
    made = Scene(ctx, provider, clock)
    made.add()
    return made


def begin(scene: Scene, client: Client) -> str:
    """Press Authorize; the provider's address."""
    answer = client.post(f"/tokens/{scene.view().id}/authorize")
    assert answer.status_code == 303
    return answer.headers["Location"]


def come_back(scene: Scene, client: Client, email: str = "support@practice.example") -> str:
    """Go through the provider; the path on which the browser comes back."""
    back = urlsplit(scene.provider.sign_in(begin(scene, client), email))
    return f"{back.path}?{back.query}"


def test_the_button_leads_to_the_provider_and_back_to_a_clean_address(scene: Scene, pages: Pages) -> None:
    """SEC-3, SEC-4, SEC-12: the redirect URI is the configured one, the code leaves the address at once."""
    admin = pages.admin
    url = begin(scene, admin)
    asked = parse_qs(urlsplit(url).query)
    assert asked["redirect_uri"] == [f"http://localhost:8085{CALLBACK}"]
    assert asked["response_type"] == ["code"]
    back = urlsplit(scene.provider.sign_in(url))
    answer = admin.get(f"{back.path}?{back.query}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/tokens")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    page = admin.get("/tokens").content.decode()
    assert f"{NAME} is authorized" in page
    assert parse_qs(back.query)["code"][0] not in page
    assert scene.state() == "active"


def test_a_script_gets_the_providers_address_instead_of_a_redirect(scene: Scene, pages: Pages) -> None:
    answer = pages.admin.post(f"/tokens/{scene.view().id}/authorize", headers={"hx-request": "true"})
    assert answer.status_code == 200
    assert answer.headers["HX-Redirect"].startswith(scene.provider.authorization_url)


def test_the_link_of_the_command_line_leads_through_sign_in_to_the_provider(scene: Scene, pages: Pages) -> None:
    link = f"/authorize/{ticket(scene.ctx, NAME, 'operator')}"
    assert pages.visitor.get(link).headers["Location"] == f"/sign-in?next={link}"
    admin = pages.admin
    page = admin.get(link)
    assert NAME in page.content.decode()
    assert f"form-action 'self' {scene.provider.url};" in page.headers["Content-Security-Policy"]
    assert pages.auditor.post(link).status_code == 403
    answer = admin.post(link)
    assert (answer.status_code, answer.headers["Location"][: len(scene.provider.url)]) == (303, scene.provider.url)
    assert admin.post(link).status_code == 404
    assert "This link is used or too old" in admin.get(link).content.decode()


@pytest.mark.parametrize(
    "query", ["state=TokenConfigID1&code=x", "state=1&code=x", "code=x", "", "next=//evil&state=9"]
)
def test_a_guessed_state_ends_in_a_refusal_and_no_request(scene: Scene, pages: Pages, query: str) -> None:
    """SEC-3: 400, and the provider hears nothing."""
    admin = pages.admin
    answer = admin.get(f"{CALLBACK}?{query}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/callback/result")
    result = admin.get("/callback/result")
    assert result.status_code == 400
    assert "belongs to no authorization" in result.content.decode()
    assert scene.provider.token_requests() == []


def test_the_result_of_a_failed_authorization_is_read_without_changing_it(scene: Scene, pages: Pages) -> None:
    """SEC-39"""
    admin = pages.admin
    admin.get(f"{CALLBACK}?state=1&code=x")
    for _ in range(2):
        assert "belongs to no authorization" in admin.get("/callback/result").content.decode()
    assert pages.auditor.get("/callback/result").headers["Location"] == "/tokens"


def test_another_persons_callback_is_refused_and_spoils_nothing(scene: Scene, pages: Pages) -> None:
    """SEC-7: 403, no token request, and who began can still finish."""
    back = come_back(scene, pages.admin)
    stranger = pages.signed_in(Person.AUDITOR)
    stranger.get(back)
    result = stranger.get("/callback/result")
    assert result.status_code == 403
    assert "http://localhost:8085" in result.content.decode()
    assert scene.provider.token_requests() == []
    assert scene.state() == "awaiting_consent"


def test_a_browser_that_is_not_signed_in_is_told_which_host_is_expected(scene: Scene, pages: Pages) -> None:
    """Zammad #6171: the cookie's host differs, and nobody says so. SEC-12: the code leaves the address here too."""
    back = come_back(scene, pages.admin)
    answer = pages.client(host="helpdesk:8085").get(back)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/callback/elsewhere")
    page = pages.client(host="helpdesk:8085").get("/callback/elsewhere")
    assert page.status_code == 403
    text = page.content.decode()
    assert "came back from the provider to helpdesk:8085" in text
    assert "expects you at http://localhost:8085" in text
    assert scene.provider.token_requests() == []


def test_the_providers_error_is_shown_as_text(scene: Scene, pages: Pages) -> None:
    """SEC-11: escaped, bounded, on this host."""
    admin = pages.admin
    state = parse_qs(urlsplit(begin(scene, admin)).query)["state"][0]
    said = "%3Cscript%3Ealert(1)%3C/script%3E" + "x" * 5000
    admin.get(f"{CALLBACK}?error=access_denied&error_description={said}&state={state}")
    result = admin.get("/callback/result")
    assert result.status_code == 400
    text = result.content.decode()
    assert "declined" in text
    assert f'action="/tokens/{list_tokens(pages.ctx)[0].id}/authorize"' in text.split("<main")[1]
    assert f"form-action 'self' {scene.provider.url};" in result.headers["Content-Security-Policy"]
    assert "<script>alert" not in text
    assert "x" * 2000 not in text


def test_a_doubled_parameter_is_refused(scene: Scene, pages: Pages) -> None:
    """SEC-11"""
    admin = pages.admin
    back = come_back(scene, admin)
    admin.get(back + "&code=another")
    assert admin.get("/callback/result").status_code == 400
    assert scene.provider.token_requests() == []


def test_the_callback_follows_the_script_alias_at_once(scene: Scene, pages: Pages) -> None:
    admin = pages.admin
    assert admin.get("/bursar/get-oauth2-token-by-authorization-code.pl").status_code == 404
    pages.set("ScriptAlias", "//bursar")
    assert admin.get("/bursar/get-oauth2-token-by-authorization-code.pl").status_code == 303
    assert admin.get(CALLBACK).status_code == 404
    pages.set("ScriptAlias", "")
    assert admin.get("/get-oauth2-token-by-authorization-code.pl").status_code == 303


def test_the_callback_takes_get_only(scene: Scene, pages: Pages) -> None:
    """SEC-39: a HEAD of a link preview must not use the code up."""
    admin = pages.admin
    back = come_back(scene, admin)
    assert admin.head(back).status_code == 405
    assert admin.post(back).status_code == 405
    assert admin.get(back).headers["Location"] == "/tokens"


def test_another_account_is_asked_about_and_either_answer_holds(scene: Scene, pages: Pages) -> None:
    """SEC-13: the old token stays in use until a person says otherwise."""
    admin = pages.admin
    admin.get(come_back(scene, admin, "support@practice.example"))
    before = scene.token()
    for answer, account in (("keep", "support@practice.example"), ("replace", "billing@practice.example")):
        where = admin.get(come_back(scene, admin, "billing@practice.example")).headers["Location"]
        assert where.startswith("/consents/")
        page = admin.get(where).content.decode()
        assert "support@practice.example" in page
        assert "billing@practice.example" in page
        assert scene.token() == before
        assert pages.auditor.post(f"{where}/{answer}").status_code == 403
        assert admin.post(f"{where}/{answer}").headers["Location"] == "/tokens"
        assert scene.view().account == account
        assert admin.get(where).status_code == 404
    assert scene.token() != before


def test_what_is_held_is_shown_with_where_it_would_go_and_released_by_a_yes(scene: Scene, pages: Pages) -> None:
    """SEC-62"""
    scene.authorize()
    scene.change("Requests.TokenByRefreshToken.Request.URL", "https://new.example/token")
    admin = pages.admin
    path = f"/tokens/{scene.view().id}/confirm"
    page = admin.get(path).content.decode()
    assert "https://new.example/token" in page
    assert "token" in scene.view().held
    assert pages.auditor.get(path).status_code == 200
    assert pages.auditor.post(path, {"seen": "1"}).status_code == 403
    assert admin.post(path).status_code == 400
    assert admin.post(path, {"seen": "1"}).status_code == 409
    assert scene.view().held
    seen = page.split('name="seen" value="')[1].split('"')[0]
    assert admin.post(path, {"seen": seen}).headers["Location"] == "/tokens"
    assert scene.view().held == []


def test_refresh_request_and_revoke_answer_with_what_came_of_it(scene: Scene, pages: Pages) -> None:
    scene.authorize()
    scene.add_credentials()
    admin = pages.admin
    inbox, erp = scene.view().id, scene.view(ERP).id
    old = scene.token()
    assert admin.post(f"/tokens/{inbox}/refresh").headers["Location"] == "/tokens"
    assert f"{NAME} is refreshed, valid until" in admin.get("/tokens").content.decode()
    assert scene.token() != old
    in_place = {"hx-request": "true", "hx-current-url": "http://localhost:8085/tokens?show=active"}
    answer = admin.post(f"/tokens/{erp}/request", headers=in_place)
    assert answer.headers["HX-Retarget"] == "#rows"
    assert f"{ERP} is requested, valid until" in answer.content.decode()
    assert scene.state(ERP) == "active"
    assert "Used by" in admin.get(f"/tokens/{inbox}/revoke").content.decode()
    assert scene.state() == "active"
    assert admin.post(f"/tokens/{inbox}/revoke").headers["Location"] == "/tokens"
    assert scene.state() == "revoked"


def test_a_refusal_is_shown_with_its_step(scene: Scene, pages: Pages) -> None:
    admin = pages.admin
    admin.post(f"/tokens/{scene.view().id}/refresh")
    assert "There is no refresh token" in admin.get("/tokens").content.decode()
