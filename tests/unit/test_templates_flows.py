"""Templates whose providers answer in a way of their own, from consent to refresh, at a provider that does so."""

from typing import Any
from urllib.parse import parse_qs

import pytest

from bursar.keyring import Secret
from bursar.providers import template
from bursar.providers.explain import explain
from bursar.testing import RegisteredClient, Script
from bursar.tokens import configure
from bursar.tokens.document import from_template
from tests.unit.life_scene import NAME, Scene

pytestmark = pytest.mark.django_db(transaction=True)


def add(scene: Scene, slug: str) -> None:
    """The template's configuration, its addresses led to the scene's provider."""
    made = from_template(template(slug), NAME, [], {})
    paths = {"AuthorizationCode": scene.provider.authorization_url}
    sent = [(f"Requests.{kind}.Request.URL", paths.get(kind, scene.provider.token_url)) for kind in made.requests]
    sent += [(path, "") for path in ("RevocationURL", "UserinfoURL", "Issuer") if made.tree().get(path)]
    public = made.options.client_authentication == "none"
    sent += [("ClientID", "public" if public else "client")]
    document = from_template(template(slug), NAME, sent, {})
    row = configure.add(scene.ctx, document, "test")
    if not public:
        configure.change(scene.ctx, row.name, [], Secret("secret"), "test")


def asked(scene: Scene) -> dict[str, list[str]]:
    """What the authorization endpoint was asked last."""
    request = [request for request in scene.provider.requests if request.path == "/authorize"][-1]
    return parse_qs(request.query)


def answer(scene: Scene, status: int, body: Any, **headers: str) -> None:
    scene.provider.script(Script.answer(status, body, headers))


def later(scene: Scene, seconds: float) -> None:
    scene.clock.advance(seconds)


@pytest.mark.parametrize(
    "slug", ["gitlab", "atlassian", "fastmail", "mail-ru", "yahoo", "yandex", "zoho", "github-app-user"]
)
def test_a_standard_provider_gives_a_token_and_a_rotated_refresh_token(scene: Scene, slug: str) -> None:
    add(scene, slug)
    scene.authorize()
    first = scene.token()
    later(scene, 4000)
    assert scene.token() != first
    assert scene.refresh_calls == 1
    later(scene, 4000)
    scene.token()
    assert scene.refresh_calls == 2
    assert scene.view().error is None


@pytest.mark.parametrize(
    ("slug", "wanted"),
    [
        ("atlassian", {"audience": "api.atlassian.com", "prompt": "consent"}),
        ("zoho", {"access_type": "offline", "prompt": "consent"}),
        ("mail-ru", {"prompt": "consent", "scope": "openid mail.imap offline_access"}),
        ("yandex", {"force_confirm": "yes"}),
    ],
)
def test_what_a_provider_wants_to_be_asked_is_asked(scene: Scene, slug: str, wanted: dict[str, str]) -> None:
    add(scene, slug)
    scene.begin()
    found = asked(scene)
    assert {name: found[name][0] for name in wanted} == wanted
    assert found["code_challenge_method"] == ["S256"]


def test_githubs_form_without_an_end_is_a_token_without_a_warning(scene: Scene) -> None:
    add(scene, "github")
    back = scene.begin()
    form = "access_token=gho_16C7e42F292c6912E7710c838347Ae178B4a&scope=read%3Auser&token_type=bearer"
    answer(scene, 200, form, **{"Content-Type": "application/x-www-form-urlencoded"})
    scene.finish(back)
    assert scene.token() == "gho_16C7e42F292c6912E7710c838347Ae178B4a"
    assert scene.view().error is None
    later(scene, 300 * 86_400)
    assert scene.token().startswith("gho_")


def test_githubs_error_with_status_200_names_the_client_secret(scene: Scene) -> None:
    add(scene, "github")
    back = scene.begin()
    answer(scene, 200, {"error": "incorrect_client_credentials", "error_description": "The client_id is incorrect."})
    scene.finish(back)
    error = scene.view().error
    assert error is not None
    assert "GitHub refuses the client ID or the client secret" in error.sentence


def test_slacks_bot_token_counts_as_a_bearer_token(scene: Scene) -> None:
    add(scene, "slack")
    back = scene.begin()
    assert asked(scene)["scope"] == ["chat:write"]
    assert "code_challenge" not in asked(scene)
    answer(scene, 200, {"ok": True, "access_token": "xoxb-1", "token_type": "bot", "scope": "chat:write"})
    scene.finish(back)
    assert scene.token() == "xoxb-1"
    assert scene.view().error is None


def test_slacks_token_of_a_user_is_found_inside_the_answer_and_rotates(scene: Scene) -> None:
    add(scene, "slack-user")
    back = scene.begin()
    assert asked(scene)["user_scope"] == ["search:read"]
    assert "scope" not in asked(scene)
    user = {"id": "U1", "access_token": "xoxe.xoxp-1", "refresh_token": "xoxe-1", "expires_in": 43200}
    answer(scene, 200, {"ok": True, "app_id": "A1", "authed_user": user})
    scene.finish(back)
    assert scene.token() == "xoxe.xoxp-1"
    later(scene, 43_000)
    fresh = {"ok": True, "access_token": "xoxe.xoxp-2", "refresh_token": "xoxe-2", "expires_in": 43200}
    answer(scene, 200, fresh | {"token_type": "user"})
    assert scene.token(min_ttl=3600) == "xoxe.xoxp-2"
    assert scene.provider.token_requests("refresh_token")[-1].form["refresh_token"] == "xoxe-1"


def test_slacks_refusal_with_status_200_needs_a_person(scene: Scene) -> None:
    add(scene, "slack-user")
    back = scene.begin()
    user = {"id": "U1", "access_token": "xoxe.xoxp-1", "refresh_token": "xoxe-1", "expires_in": 43200}
    answer(scene, 200, {"ok": True, "authed_user": user})
    scene.finish(back)
    later(scene, 44_000)
    answer(scene, 200, {"ok": False, "error": "invalid_refresh_token"})
    assert scene.refusal().code == "authorization_required"
    assert scene.state() == "needs_authorization"


def test_atlassians_word_for_a_dead_refresh_token_needs_a_person(scene: Scene) -> None:
    """It says `unauthorized_client` with 403, which elsewhere blames the application."""
    add(scene, "atlassian")
    scene.authorize()
    later(scene, 4000)
    answer(scene, 403, {"error": "unauthorized_client", "error_description": "refresh_token is invalid"})
    assert scene.refusal().code == "authorization_required"
    error = scene.view().error
    assert error is not None
    assert "Atlassian refuses the refresh token" in error.sentence


def test_salesforce_names_no_end_and_is_refreshed_within_the_hour(scene: Scene) -> None:
    add(scene, "salesforce")
    scene.provider.rules.say_expires_in = False
    scene.authorize()
    first = scene.token()
    later(scene, 3700)
    assert scene.token() != first
    assert scene.view().expiry_assumed


def test_fastmail_sends_no_secret(scene: Scene) -> None:
    add(scene, "fastmail")
    scene.authorize()
    (request,) = scene.provider.token_requests("authorization_code")
    assert request.form["client_id"] == "public"
    assert "client_secret" not in request.form
    assert "authorization" not in request.headers


@pytest.mark.parametrize(
    ("slug", "parameters"),
    [("microsoft-us-government-app", {"scope": "https://outlook.office365.us/.default"}), ("salesforce-app", {})],
)
def test_an_application_gets_its_token_for_itself(scene: Scene, slug: str, parameters: dict[str, str]) -> None:
    scene.provider.register(RegisteredClient("client", "secret", email="client@practice.example"))
    found = template(slug)
    values = [(p.name, p.example) for p in found.placeholders]
    made = from_template(
        found,
        NAME,
        [
            *values,
            ("Requests.TokenByClientCredentials.Request.URL", scene.provider.token_url),
            ("RevocationURL", ""),
            ("ClientID", "client"),
        ],
        {},
    )
    row = configure.add(scene.ctx, made, "test")
    configure.change(scene.ctx, row.name, [], Secret("secret"), "test")
    assert scene.token()
    (request,) = scene.provider.token_requests("client_credentials")
    assert {name: request.form[name] for name in parameters} == parameters


@pytest.mark.parametrize(
    ("provider", "error", "description", "wanted"),
    [
        ("Google", "invalid_grant", "Token has been expired or revoked.", "in Testing (7 days)"),
        ("oauth2.googleapis.com", "deleted_client", "", "was deleted at oauth2.googleapis.com"),
        ("Microsoft", "invalid_request", "AADSTS50194: Application is not configured", "registered for one tenant"),
        ("Microsoft", "invalid_client", "AADSTS7000218: The request body must contain", "wants a client secret"),
        ("GitHub", "bad_refresh_token", "", "GitHub refuses the refresh token"),
        ("slack.com", "bad_client_secret", "", "refuses the client secret"),
        ("Salesforce", "invalid_grant", "ip restricted", "admits only certain addresses"),
        ("Zoho", "invalid_code", "", "another region"),
        ("AOL", "invalid_scope", "", "no mail access"),
        ("Yandex", "unauthorized_client", "", "waits to be checked"),
        ("sso.example.org", "bad_client_secret", "", "refused: bad_client_secret"),
    ],
)
def test_a_providers_own_error_has_plain_words(provider: str, error: str, description: str, wanted: str) -> None:
    words = explain(provider, error, description, 400)
    assert wanted in words.sentence
    assert "{" not in words.sentence + words.action
