"""Keys at the door: who gets in, to what, and how little the others learn."""

import io
import logging
from datetime import timedelta

from bursar.access import keys
from bursar.access.key_rules import Rules, Verb, parse_from
from bursar.server import logs
from tests.unit.door_scene import ALL, READ, Door
from tests.unit.life_scene import ERP, Scene


def test_every_bad_key_gets_the_same_answer(scene: Scene, door: Door) -> None:
    """SEC-44: missing, malformed, unknown, ended, revoked, from elsewhere, for a name that exists or doesn't."""
    scene.add_credentials()
    now = scene.clock.now()
    ended = door.new_key("ended", expires_at=now + timedelta(seconds=60))
    revoked = door.new_key("revoked")
    elsewhere = door.new_key("elsewhere", networks="10.0.0.0/8")
    for key in (ended, revoked):
        assert door.get(ERP, key=key).status == 200
    scene.clock.advance(60)
    keys.revoke_key(scene.ctx, "revoked", "test")
    headers = [
        [],
        [("authorization", "")],
        [("authorization", "Bearer ")],
        [("authorization", f"Basic {door.key}")],
        [("authorization", door.key)],
        [("authorization", f"Bearer {door.key}"), ("authorization", f"Bearer {door.key}")],
        *([("authorization", f"Bearer {key}")] for key in (ended, revoked, elsewhere, door.key[:-1], door.key + "x")),
        [("authorization", "Bearer " + "x" * 10_000)],
        [("cookie", f"bursar-session={door.key}")],
    ]
    asked = [(name, given, f"192.0.2.{n}") for n, given in enumerate(headers) for name in (ERP, "no")]
    said = [door.get(name, headers=given, peer=peer) for name, given, peer in asked]
    assert {each.status for each in said} == {401}
    assert len({each.body for each in said}) == 1
    assert {each.headers["www-authenticate"] for each in said} == {'Bearer realm="Bursar"'}
    assert said[0].code == "unauthorized"


def test_unknown_and_not_permitted_are_the_same_and_a_missing_verb_is_not(scene: Scene, door: Door) -> None:
    """SEC-45: the matrix of patterns and verbs; near misses get nothing, another's token never."""
    for name in ("mail-a", "mail-b", "erp"):
        scene.add_credentials(name)
    mail = door.new_key("mail", "mail-*", verbs=READ)
    only_b = door.new_key("only b", "mail-b", verbs=frozenset({Verb.REFRESH}))
    assert door.token("mail-a", key=mail) == scene.token("mail-a")
    not_permitted, unknown = door.get("erp", key=mail), door.get("mail-none", key=mail)
    assert (not_permitted.status, not_permitted.body) == (404, unknown.body)
    for near in ("mail-A", "mail-a ", " mail-a", "mail-a#", "mail-a#x", "mail", "Mail-a", "mail-b\n", ""):
        assert door.get(near, key=mail).status == 404, near
    assert (door.get("mail-b", key=only_b).status, door.get("mail-b", key=only_b).code) == (403, "verb_missing")
    assert door.get("mail-a", key=only_b).status == 404
    assert door.refresh("mail-b", scene.token("mail-b"), key=only_b).status == 200
    assert door.refresh("mail-b", "x", key=mail).code == "verb_missing"
    assert door.refresh("mail-none", "x", key=mail).status == 404
    assert door.refresh("erp", "x", key=mail).status == 404
    keys.change_key(scene.ctx, "only b", "test", rules=Rules(("mail-none",), frozenset({Verb.REFRESH})))
    assert door.get("mail-none", key=only_b).status == 404, "a verb is missing only where there is something"


def test_a_key_in_the_address_is_refused_whatever_else_is_right(scene: Scene, door: Door) -> None:
    """SEC-46: header only."""
    scene.add_credentials()
    for query in (f"api_key={door.key}", f"access_token={door.key}&min_ttl=1", f"API_KEY={door.key}"):
        said = door.get(ERP, query)
        assert (said.status, said.code) == (400, "key_in_query")
        assert door.key.encode() not in said.body
    assert door.ask("POST", "/api/v1/tokens/x/refresh", "token=1").status == 400
    assert door.ask("GET", "/api/v1/emailengine", "key=1").status == 400
    written = io.StringIO()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        logs.configure(written)
        logging.getLogger("some.server").warning("GET /api/v1/tokens/x?api_key=%s", door.key)
    finally:
        root.handlers[:], root.level = before
    assert written.getvalue()
    assert door.key not in written.getvalue()


def test_a_changed_key_counts_from_the_next_request_on(scene: Scene, door: Door) -> None:
    """SEC-44."""
    scene.add_credentials()
    key = door.new_key("reader", ERP, verbs=ALL)
    assert door.get(ERP, key=key).status == 200
    for rules, status in (
        (Rules(("mail-*",), ALL), 404),
        (Rules((ERP,), frozenset({Verb.MANAGE})), 403),
        (Rules((ERP,), ALL, parse_from(["10.0.0.0/8"])), 401),
        (Rules((ERP,), ALL), 200),
    ):
        keys.change_key(scene.ctx, "reader", "test", rules=rules)
        assert door.get(ERP, key=key).status == status
    keys.change_key(scene.ctx, "reader", "test", expires_at=scene.clock.now())
    assert door.get(ERP, key=key).status == 401
    keys.change_key(scene.ctx, "reader", "test", expires_at=None)
    assert door.get(ERP, key=key).status == 200
    keys.revoke_key(scene.ctx, "reader", "test")
    assert door.get(ERP, key=key).status == 401


def test_the_address_is_the_clients_behind_a_trusted_proxy_alone(scene: Scene, door: Door) -> None:
    """SEC-45: what anybody else says in X-Forwarded-For is ignored."""
    scene.add_credentials()
    key = door.new_key("inside", networks="10.0.0.0/8")
    bearer = ("authorization", f"Bearer {key}")
    forwarded = [bearer, ("x-forwarded-for", "192.0.2.1"), ("x-forwarded-for", "10.1.2.3")]
    assert door.get(ERP, headers=[bearer], peer="10.9.9.9").status == 200
    assert door.get(ERP, headers=forwarded, peer="203.0.113.9").status == 401
    scene.ctx.settings.set("TrustedProxies", "203.0.113.9/32", "test", scene.clock.now())
    assert door.get(ERP, headers=forwarded, peer="203.0.113.9").status == 200
    assert door.get(ERP, headers=[bearer], peer="203.0.113.9").status == 401
    scene.ctx.settings.reset("TrustedProxies", "test", scene.ctx.clock.now())
    assert door.get(ERP, headers=forwarded, peer="203.0.113.9").status == 401


def test_guessing_is_slowed_down_and_locks_nobody_out(scene: Scene, door: Door) -> None:
    """SEC-44."""
    scene.add_credentials()
    said = [door.get(ERP, key=f"bursar_{n}", peer="192.0.2.1") for n in range(25)]
    assert [each.status for each in said] == [401] * 20 + [429] * 5
    assert 1 <= int(said[-1].headers["retry-after"]) <= 60
    assert door.get(ERP, key="bursar_x", peer="192.0.2.2").status == 401
    assert door.get(ERP, peer="192.0.2.1").status == 200
    for n in range(25):
        door.get(ERP, key="bursar_x", peer=f"2001:db8::{n:x}")
    assert door.get(ERP, key="bursar_x", peer="2001:db8::ffff").status == 429, "one customer's /64 counts as one"


def test_only_a_key_that_manages_everything_stops_everything(scene: Scene, door: Door) -> None:
    """SEC-47: the provider hears a revocation for each token; what it doesn't hear is named."""
    scene.add("told")
    scene.authorize("told")
    scene.add(ERP)
    scene.authorize(ERP)
    scene.change("Requests.TokenByRefreshToken.Request.URL", scene.provider.url + "/elsewhere", ERP)
    path = "/api/v1/revoke-all"
    assert door.ask("POST", path, "", door.new_key("reader", verbs=READ)).code == "verb_missing"
    assert door.ask("POST", path, "", door.new_key("some", "mail-*", verbs=ALL)).code == "key_limited"
    assert door.ask("GET", path).status == 405
    assert door.ask("POST", path, headers=[]).status == 401
    assert scene.token("told")
    said = door.ask("POST", path)
    assert said.json == {"revoked": 2, "untold": [], "unreachable": [ERP]}
    assert {door.get(name).code for name in ("told", ERP)} == {"revoked"}
    assert len(scene.provider.requests_to("/revoke")) == 2, "refresh token and access token"
    assert door.ask("POST", path).json["revoked"] == 0


def test_what_is_not_the_doors_is_handed_on(door: Door) -> None:
    for asked in ("GET /api/v1/tokens", "DELETE /api/v1/tokens/x/state", "GET /tokens", "GET /api/v1/"):
        method, path = asked.split()
        said = door.ask(method, path)
        assert said.json["detail"].startswith("Only tokens are handed out here"), path


def test_a_row_that_cannot_be_read_leaves_nobody_waiting(scene: Scene, door: Door) -> None:
    scene.add_credentials("mail-a")
    odd = door.new_key("odd")
    keys.ApiKey.objects.filter(name="odd").update(verbs="nonsense")
    assert door.get("mail-a", key=odd).code == "unexpected"
    assert door.get("mail-a").status == 200
