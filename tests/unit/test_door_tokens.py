"""The hand-out over HTTP: tokens, refusals, and when the provider is asked."""

import base64
import threading

import pytest

from bursar.handout.usage import uses_of
from bursar.mail.models import MailAccount
from bursar.testing import Script
from bursar.tokens.configure import change, delete
from bursar.tokens.labels import resolve
from bursar.tokens.obtain import find, obtain
from bursar.tokens.outcome import Obtained
from bursar.tokens.request import request
from bursar.tokens.revoke import revoke
from bursar.tokens.revoke_all import revoke_all
from bursar.tokens.rows import TokenRow
from tests.unit.door_scene import Door, Said
from tests.unit.life_scene import ERP, NAME, Scene


def test_a_token_comes_with_its_life_and_without_its_refresh_token(scene: Scene, door: Door) -> None:
    """SEC-46."""
    scene.add()
    scene.authorize()
    for _ in range(2):  # the long way, then from memory
        said = door.get(NAME)
        assert (said.status, said.headers["content-type"]) == (200, "application/json")
        assert said.headers["cache-control"] == "no-store"
        told = said.json
        assert set(told) == {"access_token", "token_type", "expires_in", "expires_at", "scope"}
        row = find(scene.ctx, NAME)
        assert isinstance(row, TokenRow)
        assert row.expires_at is not None
        assert told["access_token"] == scene.token()
        assert (told["token_type"], told["scope"]) == ("Bearer", row.scope)
        assert told["expires_at"] == row.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        assert told["expires_in"] == int((row.expires_at - scene.clock.now()).total_seconds())
        refresh_token = row.open(scene.ctx.keyring, "refresh_token")
        assert refresh_token is not None
        assert refresh_token.reveal().encode() not in said.body
        scene.clock.advance(60)
    head = door.ask("HEAD", "/api/v1/tokens/Sales%20inbox")
    assert (head.status, head.body) == (200, b"")


def test_the_first_request_for_a_name_asks_the_provider_once_for_everybody(scene: Scene, door: Door) -> None:
    scene.add_credentials()
    scene.provider.script(Script.late(0.3))
    asked = [door.begin("GET", "/api/v1/tokens/ERP%20connector") for _ in range(20)]
    answers = {said.result(30).json["access_token"] for said in asked}
    assert len(answers) == 1
    assert len(scene.provider.token_requests()) == 1
    scene.ctx.uses.flush(scene.ctx.storage)
    row = find(scene.ctx, ERP)
    assert isinstance(row, TokenRow)
    [use] = uses_of(row.id)
    assert (use.kind, use.name, use.count, use.address) == ("key", "everything", 20, "127.0.0.1")


def test_min_ttl_refreshes_first_and_at_most_once_in_half_a_lifetime(scene: Scene, door: Door) -> None:
    """SEC-46."""
    scene.add()
    scene.authorize()
    first = door.token(NAME)
    scene.clock.advance(1000)
    assert door.token(NAME, "min_ttl=5000") == first, "a longer life can't be had in the first half"
    scene.clock.advance(1000)
    assert door.token(NAME, "min_ttl=1000") == first
    second = door.token(NAME, "min_ttl=3000")
    assert second != first
    for _ in range(3):
        assert door.token(NAME, "min_ttl=100000") == second
        scene.clock.advance(500)
    assert scene.refresh_calls == 1


def test_a_still_valid_token_is_served_while_the_provider_is_in_trouble(scene: Scene, door: Door) -> None:
    """SEC-28: and without asking it again before its time."""
    scene.add()
    scene.authorize()
    first = door.token(NAME)
    scene.clock.advance(3000)
    scene.provider.script(Script.answer(503, b"", {"Retry-After": "120"}), Script.answer(503))
    assert door.token(NAME, "min_ttl=1000") == first
    calls = len(scene.provider.token_requests())
    assert door.token(NAME, "min_ttl=1000") == first
    assert len(scene.provider.token_requests()) == calls
    scene.clock.advance(1000)
    said = door.get(NAME)
    assert (said.status, said.json["action"] != "") == (503, True)
    assert int(said.headers["retry-after"]) >= 1
    assert said.code


def test_what_a_person_must_do_is_409_with_one_of_five_codes(scene: Scene, door: Door) -> None:
    """SEC-46."""
    scene.add("never")
    assert refusal(door.get("never")) == (409, "authorization_required")
    scene.add_credentials("secretless", secret=None)
    assert refusal(door.get("secretless")) == (409, "misconfigured")
    assert door.get("secretless").json["reason"] == "client_secret_missing"
    scene.add_credentials("wrong", secret="other")
    assert refusal(door.get("wrong")) == (409, "misconfigured")
    scene.add_credentials()
    door.token(ERP)
    change(scene.ctx, ERP, [("Validity", "invalid")], None, "test")
    assert refusal(door.get(ERP)) == (409, "configuration_invalid")
    change(scene.ctx, ERP, [("Validity", "valid")], None, "test")
    assert door.get(ERP).status == 200
    revoke(scene.ctx, ERP)
    assert refusal(door.get(ERP)) == (409, "revoked")


def test_a_held_token_is_not_handed_out(scene: Scene, door: Door) -> None:
    """SEC-62."""
    scene.add()
    scene.authorize()
    door.token(NAME)
    scene.change("Requests.TokenByRefreshToken.Request.URL", scene.provider.url + "/elsewhere")
    assert refusal(door.get(NAME)) == (409, "held")


def test_whatever_changes_counts_from_the_next_request_on(scene: Scene, door: Door) -> None:
    """SEC-47: the change is made by another process's ways; the door has the old state in memory."""
    scene.add_credentials()
    scene.add_credentials("Other")
    first, other = door.token(ERP), door.token("Other")
    request(scene.ctx, ERP)
    second = door.token(ERP)
    assert second != first
    change(scene.ctx, ERP, [("Name", "New name")], None, "test")
    assert door.get(ERP).status == 404
    assert door.token("New name") == second
    scene.add_credentials(ERP)
    assert door.token(ERP) not in (first, second, other)
    delete(scene.ctx, "New name")
    assert door.get("New name").status == 404
    assert door.token("Other") == other
    said = revoke_all(scene.ctx, "test")
    assert said.revoked == 2
    assert {refusal(door.get(name)) for name in (ERP, "Other")} == {(409, "revoked")}


def test_a_refused_token_is_replaced_once(scene: Scene, door: Door) -> None:
    """SEC-57: whoever comes late with the same refusal gets the new one without a call."""
    scene.add()
    scene.authorize()
    first = door.token(NAME)
    said = door.refresh(NAME, first)
    second = said.json["access_token"]
    assert second != first
    assert scene.refresh_calls == 1
    assert door.refresh(NAME, first).json["access_token"] == second
    assert door.token(NAME) == second
    assert scene.refresh_calls == 1


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"{", b'{"rejected_sha256": 1}', b'{"rejected_sha256": "ab"}', b"\xff", b"[" * 9000]
)
def test_a_refresh_says_which_token_was_refused(scene: Scene, door: Door, body: bytes) -> None:
    scene.add_credentials()
    said = door.ask("POST", "/api/v1/tokens/ERP%20connector/refresh", body=body)
    assert (said.status, said.code) == (422, "invalid_input")
    assert scene.provider.token_requests() == []
    assert door.ask("POST", "/api/v1/tokens/x/refresh", body=b"x" * 20_000).status == 413
    assert door.ask("GET", "/api/v1/tokens/x/refresh").status == 405
    assert door.ask("DELETE", "/api/v1/tokens/x").status == 405


@pytest.mark.parametrize("name", ["a/b", "a#b", "ä ö%41?", "a/refresh", "..", "名前", "+ &=;"])
def test_every_name_has_an_address(scene: Scene, door: Door, name: str) -> None:
    scene.add_credentials(name)
    assert door.token(name) == scene.token(name)
    assert door.token(name) == scene.token(name)


def test_a_label_is_a_name_of_its_own(scene: Scene, door: Door) -> None:
    scene.add_credentials("App")
    resolve(scene.ctx, "App#one", create=True)
    request(scene.ctx, "App#one")
    one = door.token("App#one")
    assert one not in (door.token("App"), "")
    assert door.token("App#one") == one
    key = door.new_key("base only", "App")
    assert door.get("App", key=key).status == 200
    assert door.get("App#one", key=key).status == 404
    assert door.get("App#two").status == 404


def test_names_that_are_none(door: Door) -> None:
    for path in ("%00", "%ff", "x" * 3000, "%ED%A0%80", "%"):
        said = door.ask("GET", "/api/v1/tokens/" + path)
        assert (said.status, said.code) == (404, "not_found")


@pytest.mark.parametrize("query", ["min_ttl=-1", "min_ttl=x", "min_ttl=nan", "o=1", "min_ttl=1&min_ttl=2"])
def test_a_query_is_read_strictly(door: Door, query: str) -> None:
    said = door.get("anything", query)
    assert (said.status, said.code) == (422, "invalid_input")


def test_a_provider_that_hangs_holds_up_nobody_else(scene: Scene, door: Door) -> None:
    """SEC-70."""
    scene.add_credentials("slow")
    scene.add_credentials("quick")
    scene.add_credentials("warm")
    door.token("warm")
    scene.provider.script(Script.hang())
    hanging = door.begin("GET", "/api/v1/tokens/slow")
    asked = threading.Event()
    while not asked.wait(0.01) and len(scene.provider.token_requests()) < 2:
        pass
    assert door.token("warm")
    assert door.token("quick")
    assert not hanging.done()
    scene.provider.stop()
    assert hanging.result(60).status in (409, 503)


def test_the_door_and_obtain_agree_in_every_state(scene: Scene, door: Door) -> None:
    """The door selects in SQL what `hindrance.barred` decides; here both are asked, twice, in every state."""
    for name in ("never", "valid", "held", "revoked", "invalid", "rejected", "ended", "retrying"):
        scene.add(name)
        if name != "never":
            scene.authorize(name)
    scene.clock.advance(3500)
    scene.provider.script(Script.answer(503))
    scene.token("retrying", min_ttl=1000)
    scene.change("Requests.TokenByRefreshToken.Request.URL", scene.provider.url + "/other", "held")
    revoke(scene.ctx, "revoked")
    change(scene.ctx, "invalid", [("Validity", "invalid-temporarily")], None, "test")
    scene.ctx.storage.write(
        lambda cursor: cursor.execute(
            "UPDATE tokens_token SET rejected_sha256 = access_sha256 WHERE configuration_id ="
            " (SELECT id FROM tokens_configuration WHERE name = 'rejected')"
        )
    )
    for name in ("never", "valid", "held", "revoked", "invalid", "rejected", "retrying", "none such"):
        for min_ttl in (0, 10):
            said, found = door.get(name, f"min_ttl={min_ttl}"), obtain(scene.ctx, name, min_ttl)
            if isinstance(found, Obtained):
                assert said.json["access_token"] == found.access_token.reveal(), name
            else:
                assert (said.status, said.json["detail"]) in (
                    (found.as_error().http_status, found.sentence),
                    (404, "There is no token of this name that this key may have."),
                ), name


def refusal(said: Said) -> tuple[int, str]:
    return said.status, said.code


def test_emailengine_gets_login_and_token(scene: Scene, door: Door) -> None:
    """EmailEngine's "authentication server" call."""
    scene.add_credentials()
    row = find(scene.ctx, ERP)
    assert isinstance(row, TokenRow)
    MailAccount.objects.create(
        name="support", type="IMAPS", host="mail.example", port=993, login="desk@example.org", token_id=row.id,
        deliver="maildir:/x", created_at=scene.clock.now(),
    )  # fmt: skip

    def ask(query: str, key: str, user: str = "anything") -> Said:
        basic = base64.b64encode(f"{user}:{key}".encode()).decode()
        return door.ask("GET", "/api/v1/emailengine", query, headers=[("authorization", f"Basic {basic}")])

    said = ask("account=support&proto=imap", door.key)
    assert said.json == {"user": "desk@example.org", "accessToken": scene.token(ERP)}
    assert said.headers["cache-control"] == "no-store"
    assert ask("account=other&proto=imap", door.key).status == 404
    assert ask("account=support", door.new_key("limited", "mail-*")).status == 404
    assert ask("proto=imap", door.key).status == 422
    wrong = ask("account=support", "wrong")
    assert (wrong.status, wrong.headers["www-authenticate"][:5]) == (401, "Basic")
