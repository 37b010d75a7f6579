"""The grants against a provider: what goes out to the letter, and what a failure leaves behind."""

import base64
import hashlib
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

import pytest

from bursar.clock import SystemClock
from bursar.grants import Client, Granted, GrantKind, authorization_url, fetch_userinfo, revoke_at_provider, run_grant
from bursar.keyring import Secret
from bursar.oauth2.plan import RequestPlan
from bursar.oauth2.token_endpoint import ErrorAnswer, Verdict
from bursar.oauth2.urls import EndpointUrl
from bursar.oauth2.vocabulary import ClientAuthentication
from bursar.outbound import AllowedNetworks, Door, OutboundRefused, OutboundRules
from bursar.testing import FakeProvider, RegisteredClient, Script

POST = ClientAuthentication.CLIENT_SECRET_POST
BASIC = ClientAuthentication.CLIENT_SECRET_BASIC
NONE = ClientAuthentication.NONE
ODD = "p:%+é &=/\\\"'ß~*"  # every sign that one encoding or another stumbles over
BY_SECRET = {"client_id": "ClientID", "client_secret": "ClientSecret"}
REFRESH = {**BY_SECRET, "refresh_token": "RefreshToken"}


def door(allowed: str = "127.0.0.0/8", timeout: float = 5.0) -> Door:
    rules = OutboundRules(AllowedNetworks.parse(allowed), timeout=timeout)
    return Door(lambda: rules, SystemClock())


def plan(url: str, autofill: Mapping[str, str] = BY_SECRET, **literals: str) -> RequestPlan:
    return RequestPlan(EndpointUrl.parse(url, "URL"), literals, autofill, {})


def client(authentication: ClientAuthentication, client_id: str = "client", secret: str = "secret") -> Client:
    return Client(client_id, Secret(secret) if secret else None, authentication)


def register(provider: FakeProvider, authentication: ClientAuthentication) -> Client:
    """A client whose id and secret need every encoding."""
    provider.register(RegisteredClient("id:%+é", ODD, authentication.value, email="odd@practice.example"))
    return client(authentication, "id:%+é", ODD)


# -- client authentication (SEC-15) ---------------------------------------------------------------------------------


@pytest.mark.parametrize("authentication", [POST, BASIC])
def test_a_secret_of_odd_signs_arrives_by_either_way_once_and_never_in_the_address(
    provider: FakeProvider, authentication: ClientAuthentication
) -> None:
    """SEC-15, RFC 6749 §2.3.1: the fake provider decodes as the RFC says and takes the registered way alone."""
    who = register(provider, authentication)
    outcome = run_grant(GrantKind.CLIENT_CREDENTIALS, plan(provider.token_url), who, {"Scope": "mail"}, door())
    assert isinstance(outcome, Granted)
    (request,) = provider.token_requests()
    assert request.query == ""
    assert ("authorization" in request.headers) is (authentication is BASIC)
    sent = [name for name, _ in request.members]
    assert ("client_secret" in sent) is ("client_id" in sent) is (authentication is POST)
    assert len(sent) == len(set(sent))


def test_basic_leaves_out_what_the_document_maps_under_its_own_names(provider: FakeProvider) -> None:
    """SEC-15: never both ways, whatever the document calls them."""
    mapped = {"id": "ClientID", "key": "ClientSecret"}
    outcome = run_grant(
        GrantKind.CLIENT_CREDENTIALS, plan(provider.token_url, mapped), client(BASIC, "basic"), {}, door()
    )
    assert isinstance(outcome, Granted)
    (request,) = provider.token_requests()
    assert request.form == {"grant_type": "client_credentials"}


def test_a_document_may_call_the_clients_parameters_otherwise(provider: FakeProvider) -> None:
    run_grant(
        GrantKind.CLIENT_CREDENTIALS,
        plan(provider.token_url, {"id": "ClientID", "key": "ClientSecret"}),
        client(POST),
        {},
        door(),
    )
    (request,) = provider.token_requests()
    assert request.form == {"grant_type": "client_credentials", "id": "client", "key": "secret"}


def test_a_public_client_sends_its_id_alone(provider: FakeProvider) -> None:
    """RFC 6749 §3.2.1: also where the document maps a client secret."""
    _, refresh = provider.issue(client_id="public")
    values = {"RefreshToken": Secret(refresh)}
    outcome = run_grant(
        GrantKind.REFRESH_TOKEN, plan(provider.token_url, REFRESH), client(NONE, "public"), values, door()
    )
    assert isinstance(outcome, Granted)
    (request,) = provider.token_requests()
    assert request.form == {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": "public"}


def test_a_refused_client_is_not_tried_again_in_another_way(provider: FakeProvider) -> None:
    """SEC-15: probing would burn codes and lock accounts."""
    outcome = run_grant(GrantKind.CLIENT_CREDENTIALS, plan(provider.token_url), client(POST, "basic"), {}, door())
    assert isinstance(outcome, ErrorAnswer)
    assert (outcome.error, outcome.verdict) == ("invalid_client", Verdict.MISCONFIGURED)
    assert len(provider.token_requests()) == 1


# -- the forms ------------------------------------------------------------------------------------------------------


def test_a_code_is_exchanged_with_its_redirect_uri_and_verifier(provider: FakeProvider) -> None:
    """RFC 6749 §4.1.3 and RFC 7636 §4.5, from the address to the token, as `provider` checks them."""
    verifier = "v" * 43
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    back = "http://localhost:8085/otrs/get-oauth2-token-by-authorization-code.pl"
    url = authorization_url(
        plan(provider.authorization_url),
        "client",
        {"Scope": "mail"},
        state="s" * 43,
        redirect_uri=back,
        code_challenge=challenge,
    )
    returned = dict(parse_qsl(urlsplit(provider.sign_in(url)).query))
    values: dict[str, str | Secret] = {"AuthorizationCode": Secret(returned["code"]), "RedirectURL": back}
    exchange = plan(provider.token_url, {**BY_SECRET, "code": "AuthorizationCode", "redirect_uri": "RedirectURL"})
    outcome = run_grant(
        GrantKind.AUTHORIZATION_CODE, exchange, client(POST), values, door(), extra={"code_verifier": verifier}
    )
    assert isinstance(outcome, Granted)
    assert outcome.answer.refresh_token
    (request,) = provider.token_requests()
    assert request.form == {
        "grant_type": "authorization_code",
        "code": returned["code"],
        "redirect_uri": back,
        "client_id": "client",
        "client_secret": "secret",
        "code_verifier": verifier,
    }


def test_a_grant_sends_its_own_members_where_the_document_is_silent(provider: FakeProvider) -> None:
    _, refresh = provider.issue()
    values = {"RefreshToken": Secret(refresh)}
    assert isinstance(
        run_grant(GrantKind.REFRESH_TOKEN, plan(provider.token_url, {}), client(POST), values, door()), Granted
    )


def test_a_renamed_member_takes_the_place_of_the_grants_own(provider: FakeProvider) -> None:
    values = {"RefreshToken": Secret("R-1")}
    run_grant(GrantKind.REFRESH_TOKEN, plan(provider.token_url, {"rt": "RefreshToken"}), client(POST), values, door())
    (request,) = provider.token_requests()
    assert request.form == {
        "grant_type": "refresh_token",
        "rt": "R-1",
        "client_id": "client",
        "client_secret": "secret",
    }


def test_no_document_changes_the_grant_type_and_every_parameter_is_sent_once(provider: FakeProvider) -> None:
    """SEC-1: neither a literal nor a mapping makes a password grant of it."""
    odd = plan(provider.token_url, {"grant_type": "Scope", "client_id": "Scope"}, grant_type="password", client_id="x")
    run_grant(GrantKind.CLIENT_CREDENTIALS, odd, client(POST), {"Scope": "password"}, door())
    (request,) = provider.token_requests()
    assert [value for name, value in request.members if name == "grant_type"] == ["client_credentials"]
    assert [value for name, value in request.members if name == "client_id"] == ["client"]


def test_a_source_that_nobody_brings_is_sent_empty_and_an_own_scalar_as_it_is(provider: FakeProvider) -> None:
    """As the reference system does."""
    mapped = {**BY_SECRET, "resource": "Resource", "audience": "Audience"}
    run_grant(
        GrantKind.CLIENT_CREDENTIALS, plan(provider.token_url, mapped), client(POST), {"Resource": "a b&c"}, door()
    )
    (request,) = provider.token_requests()
    assert (request.form["resource"], request.form["audience"]) == ("a b&c", "")


# -- the address of the authorization request (SEC-6) ----------------------------------------------------------------


def parameters_of(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


def address(
    base: str = "https://login.example/authorize",
    autofill: Mapping[str, str] | None = None,
    challenge: str | None = "challenge",
    **literals: str,
) -> str:
    mapped = {"client_id": "ClientID", "scope": "Scope", "state": "State"} if autofill is None else autofill
    return authorization_url(
        plan(base, mapped, **literals),
        "id",
        {"Scope": "a b", "Tenant": "t"},
        state="right-state",
        redirect_uri="https://bursar.example/back?x=1",
        code_challenge=challenge,
    )


def test_the_address_has_one_question_mark_sorted_parameters_and_blanks_as_percent_twenty() -> None:
    assert address(prompt="consent") == (
        "https://login.example/authorize?client_id=id&code_challenge=challenge&code_challenge_method=S256"
        "&prompt=consent&redirect_uri=https%3A%2F%2Fbursar.example%2Fback%3Fx%3D1&response_type=code&scope=a%20b"
        "&state=right-state"
    )


def test_a_query_in_the_documents_address_is_kept_in_front() -> None:
    url = address("https://login.example/authorize?p=B2C_1_signin&x=%2F")
    assert url.startswith("https://login.example/authorize?p=B2C_1_signin&x=%2F&client_id=id&")
    assert url.count("?") == 1


OURS = {
    "response_type": "code",
    "state": "right-state",
    "redirect_uri": "https://bursar.example/back?x=1",
    "code_challenge": "challenge",
    "code_challenge_method": "S256",
    "client_id": "id",
}


@pytest.mark.parametrize("name", sorted(OURS))
def test_neither_literal_nor_mapping_nor_address_overrides_what_secures_the_flow(name: str) -> None:
    """SEC-6: exactly one of each, and it is ours, wherever the document tries."""
    escaped = name.replace("_", "%5F")
    tries = [
        address(f"https://login.example/authorize?{name}=wrong&{escaped}=wrong"),
        address(autofill={name: "Tenant"}) if name != "client_id" else address(),
        address(**({name: "wrong"} if name != "client_id" else {})),
    ]
    for url in tries:
        assert [value for each, value in parameters_of(url) if each == name] == [OURS[name]]


@pytest.mark.parametrize("name", ["request", "request_uri", "code_challenge", "Code_Challenge_Method"])
def test_an_address_brings_no_parameter_along_that_replaces_or_weakens_the_others(name: str) -> None:
    """SEC-2, SEC-6: a request object (RFC 9101) would; and with PKCE off, a challenge nobody can answer."""
    names = [each.lower() for each, _ in parameters_of(address(f"https://login.example/?{name}=x", challenge=None))]
    assert name.lower() not in names


@pytest.mark.parametrize("source", ["ClientSecret", "Token", "RefreshToken", "AuthorizationCode"])
def test_no_secret_goes_through_the_browser(source: str) -> None:
    url = authorization_url(
        plan("https://login.example/authorize", {"p": source}),
        "id",
        {source: "hidden"},
        state="s",
        redirect_uri="https://b.example",
        code_challenge=None,
    )
    assert "hidden" not in url
    assert "p" not in dict(parameters_of(url))


def test_the_scope_is_the_configured_one() -> None:
    """SEC-6: neither more nor less."""
    assert dict(parameters_of(address()))["scope"] == "a b"


# -- trouble ---------------------------------------------------------------------------------------------------------


def test_no_answer_is_retried_later(provider: FakeProvider) -> None:
    provider.script(Script.close())
    outcome = run_grant(GrantKind.CLIENT_CREDENTIALS, plan(provider.token_url), client(POST), {}, door())
    assert isinstance(outcome, ErrorAnswer)
    assert (outcome.verdict, outcome.error, outcome.status) == (Verdict.RETRYING, "network_failed", 0)


@pytest.mark.parametrize("turn", [Script.hang(), Script.drip({"access_token": "a" * 100}, every=0.02)])
def test_a_provider_that_takes_its_time_is_left_at_the_deadline(provider: FakeProvider, turn: Script) -> None:
    provider.script(turn)
    outcome = run_grant(GrantKind.CLIENT_CREDENTIALS, plan(provider.token_url), client(POST), {}, door(), timeout=0.3)
    assert isinstance(outcome, ErrorAnswer)
    assert (outcome.verdict, outcome.error, outcome.status) == (Verdict.RETRYING, "timeout", 0)


def test_an_address_that_is_not_admitted_is_refused_with_nothing_sent(provider: FakeProvider) -> None:
    with pytest.raises(OutboundRefused):
        run_grant(GrantKind.CLIENT_CREDENTIALS, plan(provider.token_url), client(POST), {}, door(""))
    assert provider.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed_and_names_the_configuration(provider: FakeProvider, status: int) -> None:
    """SEC-16, SEC-50: the second host sees nothing, not even a connection."""
    with FakeProvider() as second:
        provider.script(Script.answer(status, b"", {"Location": second.token_url}))
        outcome = run_grant(GrantKind.CLIENT_CREDENTIALS, plan(provider.token_url), client(BASIC, "basic"), {}, door())
        assert second.requests == []
    assert isinstance(outcome, ErrorAnswer)
    assert (outcome.verdict, outcome.status) == (Verdict.MISCONFIGURED, status)


CANARIES = {
    "secret": "cs:Kanarie %+&",
    "refresh": "rt-Kanarie/7+",
    "code": "co-Kanarie",
    "verifier": "ve-Kanarie",
}


@pytest.mark.parametrize("authentication", [POST, BASIC])
@pytest.mark.parametrize("content_type", ["application/json", "text/html", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_provider_that_echoes_what_it_was_sent_spreads_none_of_it(
    provider: FakeProvider, authentication: ClientAuthentication, content_type: str, status: int
) -> None:
    """SEC-64: raw, as a form, in JSON, in HTML, or as the header that carried it."""
    values: dict[str, str | Secret] = {
        "RefreshToken": Secret(CANARIES["refresh"]),
        "AuthorizationCode": Secret(CANARIES["code"]),
        "RedirectURL": "http://localhost/",
    }
    who = client(authentication, "client", CANARIES["secret"])
    extra = {"code_verifier": CANARIES["verifier"]}
    target = plan(provider.token_url, {**REFRESH, "code": "AuthorizationCode"})

    def ask() -> ErrorAnswer:
        outcome = run_grant(GrantKind.REFRESH_TOKEN, target, who, values, door(), extra=extra)
        assert isinstance(outcome, ErrorAnswer)
        return outcome

    ask()
    seen = provider.requests[-1]
    echo = f"{seen.body.decode()} {seen.headers.get('authorization', '')} {' '.join(CANARIES.values())}"
    bodies = {
        "application/json": {
            "error": f"bad {CANARIES['refresh']}",
            "error_description": echo,
            "debug": {"got": [echo]},
        },
        "text/html": f"<html><pre>{echo}</pre>",
        "application/x-www-form-urlencoded": f"error=invalid_request&error_description={seen.body.decode()}",
    }
    provider.script(Script.answer(status, bodies[content_type], {"Content-Type": content_type}))
    kept = ask()
    header = seen.headers.get("authorization", "").removeprefix("Basic ")
    for text in (kept.answer, kept.description, kept.error):
        assert "Kanarie" not in text
        assert not header or header not in text


# -- revocation and userinfo ----------------------------------------------------------------------------------------


def test_a_revoked_token_is_gone_at_the_provider(provider: FakeProvider) -> None:
    """RFC 7009 §2.1."""
    access, refresh = provider.issue()
    url = EndpointUrl.parse(provider.revocation_url, "URL")
    assert revoke_at_provider(url, client(POST), Secret(refresh), "refresh_token", door()) is None
    assert provider.family_revoked
    (request,) = provider.requests_to("/revoke")
    assert request.form["token_type_hint"] == "refresh_token"
    assert request.query == ""
    assert access not in request.body.decode()


@pytest.mark.parametrize(
    ("turn", "verdict"),
    [
        (Script.answer(200), None),
        (Script.answer(204), None),
        (Script.answer(400, {"error": "invalid_token"}), None),
        (Script.answer(401, {"error": "invalid_client"}), Verdict.MISCONFIGURED),
        (Script.answer(400, {"error": "unsupported_token_type"}), Verdict.MISCONFIGURED),
        (Script.answer(302, b"", {"Location": "https://elsewhere.example/"}), Verdict.MISCONFIGURED),
        (Script.answer(503), Verdict.RETRYING),
        (Script.answer(429), Verdict.RETRYING),
        (Script.close(), Verdict.RETRYING),
    ],
)
def test_every_answer_to_a_revocation_has_one_outcome(
    provider: FakeProvider, turn: Script, verdict: Verdict | None
) -> None:
    """RFC 7009 §2.2: what is gone already is gone."""
    provider.script(turn, path="/revoke")
    url = EndpointUrl.parse(provider.revocation_url, "URL")
    outcome = revoke_at_provider(url, client(POST), Secret("R-1234"), "refresh_token", door())
    assert (outcome.verdict if outcome else None) is verdict


def test_a_revocation_keeps_no_echo_of_the_token(provider: FakeProvider) -> None:
    provider.script(Script.answer(400, {"error": "odd", "error_description": "no token R-1234"}), path="/revoke")
    url = EndpointUrl.parse(provider.revocation_url, "URL")
    outcome = revoke_at_provider(url, client(POST), Secret("R-1234"), "refresh_token", door())
    assert outcome is not None
    assert "R-1234" not in outcome.answer + outcome.description


def test_userinfo_tells_the_account(provider: FakeProvider) -> None:
    access, _ = provider.issue("sales@practice.example")
    identity = fetch_userinfo(EndpointUrl.parse(provider.userinfo_url, "URL"), Secret(access), door())
    assert identity is not None
    assert identity.account == "sales@practice.example"


@pytest.mark.parametrize(
    "turn",
    [
        Script.answer(401, {"error": "invalid_token"}),
        Script.answer(302, {"sub": "1"}, {"Location": "https://elsewhere.example/"}),
        Script.answer(200, {"email": "no-subject@practice.example"}),
        Script.answer(200, ["sub"]),
        Script.answer(200, "<html>"),
        Script.close(),
    ],
)
def test_userinfo_in_trouble_names_nobody(provider: FakeProvider, turn: Script) -> None:
    provider.script(turn, path="/userinfo")
    assert fetch_userinfo(EndpointUrl.parse(provider.userinfo_url, "URL"), Secret("A-1"), door()) is None
