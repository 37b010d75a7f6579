"""Discovery against a provider that lies, and the comparison with what it says later (SEC-53)."""

from typing import Any

import pytest

from bursar.context import Context
from bursar.errors import BursarError, InvalidInput, NotFound, Temporary
from bursar.keyring import Secret
from bursar.outbound import OutboundRefused
from bursar.testing import FakeProvider, Script
from bursar.tokens import configure
from bursar.tokens.discover import add_found, apply, check_seen, look, recheck
from bursar.tokens.document import document_of
from tests.unit.life_scene import NAME, Scene

pytestmark = pytest.mark.django_db(transaction=True)
OPENID = "/.well-known/openid-configuration"
RFC_8414 = "/.well-known/oauth-authorization-server"


def metadata(provider: FakeProvider, **members: Any) -> dict[str, Any]:
    return {
        "issuer": provider.issuer,
        "authorization_endpoint": provider.authorization_url,
        "token_endpoint": provider.token_url,
        "revocation_endpoint": provider.revocation_url,
        "userinfo_endpoint": provider.userinfo_url,
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid", "email", "offline_access"],
        **members,
    }


def says(provider: FakeProvider, *turns: dict[str, Any], path: str = OPENID) -> None:
    provider.script(*(Script.answer(200, turn) for turn in turns), path=path)


def refusal(ctx: Context, issuer: str) -> BursarError:
    with pytest.raises(BursarError) as refused:
        look(ctx, issuer)
    return refused.value


def test_what_was_found_becomes_a_configuration_that_gets_and_keeps_its_token(scene: Scene) -> None:
    says(scene.provider, metadata(scene.provider))
    found = look(scene.ctx, scene.provider.issuer)
    add_found(scene.ctx, found, NAME, [("ClientID", "client")], Secret("secret"), "test")
    scene.authorize()
    first = scene.token()
    scene.clock.advance(4000)
    assert scene.token() != first
    assert scene.view().account == "support@practice.example"


def test_metadata_of_rfc_8414_is_found_where_there_is_no_openid(ctx: Context, provider: FakeProvider) -> None:
    provider.script(Script.answer(404, "nothing"), path=OPENID)
    says(provider, metadata(provider), path=RFC_8414)
    assert look(ctx, provider.issuer).metadata.issuer == provider.issuer


def test_no_metadata_anywhere_is_said_with_the_statuses(ctx: Context, provider: FakeProvider) -> None:
    provider.script(Script.answer(404), path=OPENID)
    provider.script(Script.answer(403), path=RFC_8414)
    problem = refusal(ctx, provider.issuer)
    assert isinstance(problem, NotFound)
    assert "404, 403" in problem.sentence


def test_another_issuer_is_refused(ctx: Context, provider: FakeProvider) -> None:
    """SEC-53: issuer equal byte for byte."""
    says(provider, metadata(provider, issuer=provider.issuer + "/"))
    assert refusal(ctx, provider.issuer).code == "issuer_differs"


@pytest.mark.parametrize(
    "name", ["token_endpoint", "revocation_endpoint", "userinfo_endpoint", "authorization_endpoint"]
)
@pytest.mark.parametrize(
    "address", ["https://169.254.169.254/latest", "https://[::ffff:169.254.169.254]/", "https://10.0.0.1/"]
)
def test_an_address_inside_is_refused(ctx: Context, provider: FakeProvider, name: str, address: str) -> None:
    """SEC-49, SEC-53"""
    says(provider, metadata(provider, **{name: address}))
    assert isinstance(refusal(ctx, provider.issuer), OutboundRefused)


def test_an_issuer_inside_is_not_even_asked(make_context: Any, provider: FakeProvider) -> None:
    """SEC-49: nothing goes out to a host that nobody admitted."""
    ctx = make_context(allowed="")
    assert isinstance(refusal(ctx, provider.issuer), OutboundRefused)
    assert provider.requests == []


def test_a_redirect_is_not_followed(ctx: Context, provider: FakeProvider) -> None:
    """SEC-50"""
    for path in (OPENID, RFC_8414):
        provider.script(Script.answer(302, b"", {"Location": provider.issuer + "/elsewhere"}), path=path)
    assert "302" in refusal(ctx, provider.issuer).sentence
    assert [request.path for request in provider.requests] == [OPENID, RFC_8414]


def test_too_much_is_not_read(ctx: Context, provider: FakeProvider) -> None:
    """SEC-52"""
    provider.script(Script.answer(200, b'{"issuer": "' + b"x" * (2 << 20) + b'"}'), path=OPENID)
    assert refusal(ctx, provider.issuer).code == "answer_too_large"


def test_metadata_that_changed_since_it_was_shown_is_not_added(ctx: Context, provider: FakeProvider) -> None:
    """SEC-53: between two reads."""
    says(provider, metadata(provider), metadata(provider, token_endpoint=provider.issuer + "/other"))
    seen = look(ctx, provider.issuer).seen
    with pytest.raises(Temporary) as refused:
        check_seen(look(ctx, provider.issuer), seen)
    assert refused.value.code == "metadata_changed"


def test_a_later_change_is_shown_and_reaches_the_configuration_only_by_a_person_and_held(scene: Scene) -> None:
    """SEC-53, SEC-62: a refresh uses the pinned address meanwhile, and after the change nothing is sent."""
    says(scene.provider, metadata(scene.provider))
    add_found(
        scene.ctx, look(scene.ctx, scene.provider.issuer), NAME, [("ClientID", "client")], Secret("secret"), "test"
    )
    scene.authorize()
    moved = scene.provider.issuer + "/moved"
    says(scene.provider, metadata(scene.provider))
    assert recheck(scene.ctx, NAME) == []
    says(scene.provider, metadata(scene.provider, token_endpoint=moved))
    differences = recheck(scene.ctx, NAME)
    assert {each.path for each in differences} == {
        "Requests.TokenByAuthorizationCode.Request.URL",
        "Requests.TokenByRefreshToken.Request.URL",
    }
    scene.clock.advance(4000)
    assert scene.token()
    assert scene.provider.requests_to("/moved") == []
    change = apply(scene.ctx, NAME, differences, "test")
    assert set(change.held) == {"token", "secret"}
    assert str(document_of(change.configuration).requests["TokenByRefreshToken"].url) == moved
    scene.clock.advance(4000)
    assert scene.refusal().code == "held"
    assert scene.provider.requests_to("/moved") == []


def test_nobody_can_be_asked_again_without_an_issuer(scene: Scene) -> None:
    scene.add()
    with pytest.raises(InvalidInput) as refused:
        recheck(scene.ctx, NAME)
    assert refused.value.code == "issuer_missing"
    assert configure.find(NAME).generation == 1
