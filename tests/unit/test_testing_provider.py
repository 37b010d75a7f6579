"""The fake provider is trusted by many tests, so it is tested itself: that it is strict, and that it misbehaves."""

import base64
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, RemoteDisconnected
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest

from bursar.testing import FakeClock, FakeProvider, RegisteredClient, Script
from bursar.testing.endpoints import s256
from tests.counterparts.processes import wait_until

VERIFIER = "v" * 43
REDIRECT = "http://localhost:8085/otrs/get-oauth2-token-by-authorization-code.pl"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def provider(clock: FakeClock) -> Iterator[FakeProvider]:
    with FakeProvider(clock=clock) as running:
        yield running


def post(provider: FakeProvider, path: str, form: dict[str, str], **headers: str) -> tuple[int, Any]:
    connection = HTTPConnection("127.0.0.1", provider.port, timeout=5)
    try:
        named = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        connection.request("POST", path, urlencode(form), named)
        answer = connection.getresponse()
        body = answer.read()
        return answer.status, json.loads(body) if body else None
    finally:
        connection.close()


def get(provider: FakeProvider, path: str, **headers: str) -> tuple[int, Any]:
    connection = HTTPConnection("127.0.0.1", provider.port, timeout=5)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")
    finally:
        connection.close()


def consent(provider: FakeProvider, **extra: str) -> dict[str, list[str]]:
    asked = {"response_type": "code", "client_id": "client", "redirect_uri": REDIRECT, "state": "s1", "scope": "mail"}
    asked |= {"code_challenge": s256(VERIFIER), "code_challenge_method": "S256"} | extra
    back = provider.sign_in(f"{provider.authorization_url}?{urlencode(asked)}")
    return parse_qs(urlsplit(back).query)


def redeem(provider: FakeProvider, code: str, **extra: str) -> tuple[int, Any]:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "code_verifier": VERIFIER}
    return post(provider, "/token", form | {"client_id": "client", "client_secret": "secret"} | extra)


def refresh(provider: FakeProvider, token: str) -> tuple[int, Any]:
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": "client", "client_secret": "secret"}
    return post(provider, "/token", form)


def active(provider: FakeProvider, token: str) -> bool:
    form = {"token": token, "client_id": "client", "client_secret": "secret"}
    return bool(post(provider, "/introspect", form)[1]["active"])


def test_a_consent_brings_code_state_and_issuer_and_the_code_brings_tokens(provider: FakeProvider) -> None:
    back = consent(provider)
    assert back["state"] == ["s1"]
    assert back["iss"] == [provider.issuer]
    status, answer = redeem(provider, back["code"][0])
    assert status == 200
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == 3600
    who = get(provider, "/echo", Authorization=f"Bearer {answer['access_token']}")
    assert who == (200, {"who": "support@practice.example", "client_id": "client", "scope": "mail"})


def test_a_code_without_its_pkce_verifier_is_refused(provider: FakeProvider) -> None:
    code = consent(provider)["code"][0]
    status, answer = redeem(provider, code, code_verifier="w" * 43)
    assert (status, answer["error"]) == (400, "invalid_grant")
    assert redeem(provider, code)[0] == 200  # the failed try used nothing up


def test_plain_pkce_and_public_clients_without_pkce_are_refused(provider: FakeProvider) -> None:
    assert consent(provider, code_challenge_method="plain")["error"] == ["invalid_request"]
    assert consent(provider, client_id="public", code_challenge="")["error"] == ["invalid_request"]


def test_a_code_used_twice_takes_back_the_tokens_it_brought(provider: FakeProvider) -> None:
    code = consent(provider)["code"][0]
    access = redeem(provider, code)[1]["access_token"]
    assert active(provider, access)
    assert redeem(provider, code)[1]["error"] == "invalid_grant"
    assert not active(provider, access)


def test_a_redirect_uri_that_differs_or_leads_elsewhere_is_refused(provider: FakeProvider) -> None:
    code = consent(provider)["code"][0]
    assert redeem(provider, code, redirect_uri=REDIRECT + "/")[1]["error"] == "invalid_grant"
    for elsewhere in ("https://evil.example/cb", "http://localhost.evil.example/", "http://localhost/#x", "custom:x"):
        with pytest.raises(ValueError, match="invalid_redirect_uri"):
            consent(provider, redirect_uri=elsewhere)


def test_a_refresh_rotates_and_counts(provider: FakeProvider) -> None:
    first = redeem(provider, consent(provider)["code"][0])[1]
    second = refresh(provider, first["refresh_token"])[1]
    third = refresh(provider, second["refresh_token"])[1]
    assert len({t["refresh_token"] for t in (first, second, third)}) == 3
    assert provider.refreshes == 2
    assert not provider.family_revoked
    assert active(provider, third["access_token"])


def test_a_refresh_token_used_twice_revokes_the_whole_family(provider: FakeProvider) -> None:
    first = redeem(provider, consent(provider)["code"][0])[1]
    second = refresh(provider, first["refresh_token"])[1]
    assert refresh(provider, first["refresh_token"])[1]["error"] == "invalid_grant"
    assert provider.family_revoked
    assert refresh(provider, second["refresh_token"])[1]["error"] == "invalid_grant"
    assert not active(provider, second["access_token"])


def test_without_rotation_the_refresh_token_stays_and_is_not_repeated(provider: FakeProvider) -> None:
    provider.rules.rotate = False
    token = provider.issue()[1]
    assert "refresh_token" not in refresh(provider, token)[1]
    assert refresh(provider, token)[0] == 200


def test_tokens_end_when_their_time_is_over(provider: FakeProvider, clock: FakeClock) -> None:
    provider.rules.refresh_lifetime = 100
    access, renew = provider.issue(lifetime=60)
    clock.advance(59.5)
    assert active(provider, access)
    clock.advance(1)
    assert not active(provider, access)
    assert refresh(provider, renew)[0] == 200
    clock.advance(60)
    assert refresh(provider, renew)[1]["error"] == "invalid_grant"


def test_each_client_may_use_only_the_authentication_it_is_registered_for(provider: FakeProvider) -> None:
    grant = {"grant_type": "client_credentials"}
    in_body = {"client_id": "basic", "client_secret": "secret"}
    assert post(provider, "/token", grant | in_body)[0] == 401
    header = "Basic " + base64.b64encode(b"basic:secret").decode()
    assert post(provider, "/token", grant, Authorization=header)[0] == 200
    assert post(provider, "/token", grant | in_body, Authorization=header)[1]["error"] == "invalid_request"
    assert post(provider, "/token", grant | {"client_id": "client", "client_secret": "wrong"})[0] == 401


def test_basic_credentials_are_form_encoded_before_base64(provider: FakeProvider) -> None:
    raw = "p@ss:w+rd/%20=&x ?"
    encoded = base64.b64encode(f"odd:{quote(raw, safe='')}".encode()).decode()
    unencoded = base64.b64encode(f"odd:{raw}".encode()).decode()
    grant = {"grant_type": "client_credentials"}
    assert post(provider, "/token", grant, Authorization="Basic " + encoded)[0] == 200
    assert post(provider, "/token", grant, Authorization="Basic " + unencoded)[0] == 401


def test_revocation_of_a_refresh_token_ends_its_family_and_of_an_access_token_only_itself(
    provider: FakeProvider,
) -> None:
    who = {"client_id": "client", "client_secret": "secret"}
    access, renew = provider.issue()
    assert post(provider, "/revoke", who | {"token": access})[0] == 200
    assert not active(provider, access)
    assert active(provider, renew)
    assert post(provider, "/revoke", who | {"token": renew})[0] == 200
    assert refresh(provider, renew)[1]["error"] == "invalid_grant"
    assert post(provider, "/revoke", who | {"token": "unknown"})[0] == 200


def test_a_withdrawn_consent_ends_that_persons_tokens_and_nobody_elses(provider: FakeProvider) -> None:
    hers, his = provider.issue("her@practice.example")[0], provider.issue("his@practice.example")[0]
    provider.revoke_person("her@practice.example")
    assert (active(provider, hers), active(provider, his)) == (False, True)


def test_introspection_names_the_account_of_a_client_that_acts_for_itself(provider: FakeProvider) -> None:
    provider.register(RegisteredClient("robot", "robot-secret", email="robot@practice.example"))
    form = {"grant_type": "client_credentials", "scope": "mail", "client_id": "robot", "client_secret": "robot-secret"}
    answer = post(provider, "/token", form)[1]
    assert "refresh_token" not in answer
    asked = {"token": answer["access_token"], "client_id": "robot", "client_secret": "robot-secret"}
    told = post(provider, "/introspect", asked)[1]
    assert (told["email"], told["scope"]) == ("robot@practice.example", "mail")


def test_a_refused_consent_comes_back_as_an_error(provider: FakeProvider) -> None:
    provider.refuse_consent = "access_denied"
    assert consent(provider)["error"] == ["access_denied"]


def test_requests_are_recorded_with_all_they_carried(provider: FakeProvider) -> None:
    refresh(provider, provider.issue()[1])
    (only,) = provider.token_requests("refresh_token")
    assert only.method == "POST"
    assert only.form["client_id"] == "client"
    assert only.headers["content-type"] == "application/x-www-form-urlencoded"
    assert provider.token_requests("client_credentials") == []


def test_scripted_turns_are_used_up_one_a_request_and_then_it_behaves_again(provider: FakeProvider) -> None:
    provider.script(Script.answer(503, {"error": "busy"}), Script.answer(200, "a=b"))
    token = provider.issue()[1]
    assert refresh(provider, token) == (503, {"error": "busy"})
    connection = HTTPConnection("127.0.0.1", provider.port, timeout=5)
    connection.request("POST", "/token", "")
    assert connection.getresponse().read() == b"a=b"
    connection.close()
    assert refresh(provider, token)[0] == 200


def test_a_lost_answer_was_carried_out_nevertheless(provider: FakeProvider) -> None:
    token = provider.issue()[1]
    provider.script(Script.lose_answer())
    with pytest.raises(RemoteDisconnected):
        refresh(provider, token)
    assert provider.refreshes == 1
    assert refresh(provider, token)[1]["error"] == "invalid_grant"


def test_a_closed_connection_carries_nothing_out(provider: FakeProvider) -> None:
    token = provider.issue()[1]
    provider.script(Script.close())
    with pytest.raises(RemoteDisconnected):
        refresh(provider, token)
    assert refresh(provider, token)[0] == 200


def test_a_late_answer_is_the_genuine_one(provider: FakeProvider) -> None:
    provider.script(Script.late(0.2))
    begun = time.monotonic()
    assert refresh(provider, provider.issue()[1])[0] == 200
    assert time.monotonic() - begun >= 0.2


def test_a_held_answer_goes_out_once_it_is_let_go(provider: FakeProvider) -> None:
    provider.script(Script.held(let_go := threading.Event()))
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(refresh, provider, provider.issue()[1])
        wait_until(lambda: bool(provider.token_requests()), "the request")
        assert not asked.done()
        let_go.set()
        assert asked.result()[0] == 200


def test_a_dripped_answer_comes_byte_by_byte(provider: FakeProvider) -> None:
    provider.script(Script.drip({}, every=0.01), path="/echo")
    with socket.create_connection(("127.0.0.1", provider.port), timeout=5) as line:
        line.sendall(b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n")
        pieces = iter(lambda: line.recv(4096), b"")
        sizes = [len(piece) for piece in pieces]
    assert sum(sizes) > 50
    assert len(sizes) > 10


def test_a_hanging_provider_can_still_be_stopped_and_started_on_its_port(provider: FakeProvider) -> None:
    provider.script(Script.hang(), path="/echo")
    port, token = provider.port, provider.issue()[1]
    with socket.create_connection(("127.0.0.1", port), timeout=0.2) as line:
        line.sendall(b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(TimeoutError):
            line.recv(1)
        provider.stop()
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1)
    provider.start()
    assert provider.port == port
    assert refresh(provider, token)[0] == 200
