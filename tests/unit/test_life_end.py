"""Revoking, holding, invalidating: what stops a token, and what it still may do then."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from bursar.testing import Script
from bursar.tokens.configure import confirm, delete
from bursar.tokens.models import Revocation
from bursar.tokens.obtain import obtain
from bursar.tokens.outcome import Refusal, RefusalKind
from bursar.tokens.refresh import refresh
from bursar.tokens.request import request
from bursar.tokens.revocations import send_due_revocations
from bursar.tokens.revoke import revoke
from tests.unit.life_scene import ERP, NAME, Scene
from tests.unit.test_life_conflicts import wait_for_calls


def revocations(scene: Scene) -> list[str]:
    return [each.form["token_type_hint"] for each in scene.provider.requests_to("/revoke")]


def test_revoking_counts_here_at_once_and_at_the_provider(scene: Scene) -> None:
    """SEC-35, RFC 7009."""
    scene.add()
    scene.authorize()
    revoke(scene.ctx, NAME)
    assert scene.provider.family_revoked
    assert revocations(scene) == ["refresh_token", "access_token"]
    assert scene.state() == "revoked"
    refusal = scene.refusal()
    assert (refusal.kind, refusal.code) == (RefusalKind.PERSON, "revoked")
    assert Revocation.objects.count() == 0
    scene.authorize()
    assert scene.token()


def test_a_revocation_waits_until_the_provider_is_back(scene: Scene) -> None:
    """SEC-35: the provider was down for an hour."""
    scene.add()
    scene.authorize()
    scene.provider.stop()
    revoke(scene.ctx, NAME)
    assert scene.state() == "revoked"
    assert Revocation.objects.count() == 2
    scene.clock.advance(3600)
    send_due_revocations(scene.ctx)
    assert Revocation.objects.count() == 2
    scene.provider.start()
    scene.clock.advance(3600)
    assert send_due_revocations(scene.ctx) == 2
    assert scene.provider.family_revoked
    assert Revocation.objects.count() == 0


def test_a_person_requests_again_after_revoking_client_credentials(scene: Scene) -> None:
    scene.add_credentials()
    assert scene.token(ERP)
    revoke(scene.ctx, ERP)
    assert scene.refusal(ERP).code == "revoked"
    assert not isinstance(request(scene.ctx, ERP), Refusal)
    assert scene.token(ERP)


def test_a_changed_destination_holds_token_and_secret_until_confirmed(scene: Scene) -> None:
    """SEC-62: the new address sees neither refresh token nor client secret."""
    scene.add()
    scene.authorize()
    scene.clock.advance(4000)
    elsewhere = scene.provider.url + "/elsewhere"
    scene.change("Requests.TokenByRefreshToken.Request.URL", elsewhere)
    assert scene.view().held == ["token", "secret"]
    for refusal in (scene.refusal(), refresh(scene.ctx, NAME)):
        assert isinstance(refusal, Refusal)
        assert (refusal.kind, refusal.code) == (RefusalKind.REFUSED, "held")
    revoke_calls = len(scene.provider.requests)
    assert scene.provider.requests_to("/elsewhere") == []
    scene.change("Requests.TokenByRefreshToken.Request.URL", scene.provider.token_url)
    confirm(scene.ctx, NAME, "test")
    assert scene.view().held == []
    assert scene.token()
    assert len(scene.provider.requests) == revoke_calls + 1


def test_a_new_secret_releases_only_the_secret_and_a_consent_replaces_the_held_token(scene: Scene) -> None:
    """SEC-62."""
    scene.add()
    scene.authorize()
    scene.change("Requests.TokenByRefreshToken.Request.URL", scene.provider.token_url + "?v=2")
    scene.set_secret("secret")
    assert scene.view().held == ["token"]
    assert scene.refusal().code == "held"
    scene.authorize()
    assert scene.view().held == []
    assert scene.token()


def test_a_held_token_is_not_sent_to_be_revoked_either(scene: Scene) -> None:
    """SEC-62."""
    scene.add()
    scene.authorize()
    scene.change("RevocationURL", scene.provider.url + "/elsewhere")
    revoke(scene.ctx, NAME)
    assert scene.state() == "revoked"
    assert scene.provider.requests_to("/elsewhere") == []
    assert Revocation.objects.count() == 0


@pytest.mark.parametrize("validity", ["invalid", "invalid-temporarily"])
def test_an_invalid_configuration_hands_out_nothing_and_keeps_its_token(scene: Scene, validity: str) -> None:
    scene.add()
    scene.authorize()
    token = scene.token()
    scene.change("Validity", validity)
    refusal = scene.refusal()
    assert (refusal.kind, refusal.code) == (RefusalKind.REFUSED, "configuration_invalid")
    assert refusal.as_error().exit_code == 6
    scene.change("Validity", "valid")
    assert scene.token() == token


def test_refreshing_and_requesting_tell_the_flows_apart(scene: Scene) -> None:
    scene.add()
    scene.add_credentials()
    for outcome in (request(scene.ctx, NAME), refresh(scene.ctx, ERP)):
        assert isinstance(outcome, Refusal)
        assert (outcome.kind, outcome.code) == (RefusalKind.REFUSED, "flow_mismatch")
    outcome = refresh(scene.ctx, NAME)
    assert isinstance(outcome, Refusal)
    assert outcome.kind is RefusalKind.PERSON


def test_a_person_may_try_again_before_the_back_off_is_over(scene: Scene) -> None:
    scene.add()
    scene.authorize()
    scene.provider.script(Script.answer(503))
    assert isinstance(refresh(scene.ctx, NAME), Refusal)
    assert scene.state() == "retrying"
    assert not isinstance(refresh(scene.ctx, NAME), Refusal)
    assert scene.state() == "active"


def test_an_address_that_is_not_admitted_is_refused_with_the_command_that_admits_it(scene: Scene) -> None:
    """SEC-49: nothing was sent; admitting it helps at once."""
    scene.add()
    scene.authorize()
    scene.clock.advance(4000)
    now = scene.clock.now()
    scene.ctx.settings.set("Outbound::AllowedNetworks", "10.1.0.0/16", "test", now)
    refusal = scene.refusal()
    assert refusal.kind is RefusalKind.REFUSED
    assert "bursar setting set Outbound::AllowedNetworks '10.1.0.0/16,127.0.0.1'" in refusal.action
    assert scene.refresh_calls == 0
    scene.ctx.settings.set("Outbound::AllowedNetworks", "10.1.0.0/16,127.0.0.1", "test", now)
    assert scene.token()


def test_deleting_a_configuration_tells_the_provider(scene: Scene) -> None:
    """SEC-35: deleted means gone here, and revoked there, also when the provider is down at first."""
    scene.add()
    scene.authorize()
    scene.provider.stop()
    delete(scene.ctx, NAME)
    assert scene.refusal().kind is RefusalKind.NOT_FOUND
    scene.provider.start()
    scene.clock.advance(3600)
    send_due_revocations(scene.ctx)
    assert scene.provider.family_revoked


def test_a_token_that_arrives_after_the_revocation_is_revoked_as_well(scene: Scene) -> None:
    """SEC-35: what the provider was just giving when a person revoked doesn't outlive it."""
    scene.add()
    scene.provider.rules.rotate = False
    scene.authorize()
    scene.clock.advance(4000)
    late = {"access_token": "late-token", "refresh_token": "late-refresh", "expires_in": 3600}
    scene.provider.script(Script.answer(200, late, until=(revoked := Event())))
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(scene.refusal)
        wait_for_calls(scene, 1)
        revoke(scene.ctx, NAME)
        revoked.set()
        assert asked.result().code == "revoked"
    send_due_revocations(scene.ctx)
    assert [each.form["token"] for each in scene.provider.requests_to("/revoke")][-2:] == ["late-refresh", "late-token"]


def test_a_refresh_that_was_under_way_does_not_release_what_is_held_meanwhile(scene: Scene) -> None:
    """SEC-62: the rotated token is stored, and held like everything else."""
    scene.add()
    scene.authorize()
    scene.clock.advance(4000)
    scene.provider.script(Script.held(changed := Event()))
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(obtain, scene.ctx, NAME)
        wait_for_calls(scene, 1)
        scene.change("Requests.TokenByRefreshToken.Request.URL", scene.provider.url + "/elsewhere")
        changed.set()
        asked.result()
    assert scene.view().held == ["token", "secret"]
    assert scene.refusal().code == "held"
    assert scene.provider.requests_to("/elsewhere") == []
