"""Consent: from the pressed button to the stored token, and everything that a callback may bring instead."""

import base64
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from django.db import DatabaseError

from bursar.errors import BursarError
from bursar.testing import Script
from bursar.tokens import candidate, commit, consent, life
from bursar.tokens.authorize import redeem, start, ticket, ticket_view
from bursar.tokens.configure import confirm
from bursar.tokens.models import Configuration, Consent, Token
from bursar.tokens.outcome import AccountChanged, Consented, Refusal
from tests.unit.life_scene import ERP, NAME, PERSON, SESSION, Scene


def refused(outcome: object) -> str:
    assert isinstance(outcome, Refusal), outcome
    return outcome.code


def code_requests(scene: Scene) -> int:
    return len(scene.provider.token_requests("authorization_code"))


def test_a_thousand_starts_have_a_thousand_states_and_challenges(scene: Scene) -> None:
    """SEC-2, SEC-3: random, short, opaque; stored only as hashes."""
    scene.add()
    queries = [parse_qs(urlsplit(start(scene.ctx, NAME, PERSON, SESSION)).query) for _ in range(1000)]
    states = {query["state"][0] for query in queries}
    assert len(states) == len({query["code_challenge"][0] for query in queries}) == 1000
    assert all(22 <= len(state) <= 64 for state in states)
    assert {query["code_challenge_method"][0] for query in queries} == {"S256"}
    assert not states & set(Consent.objects.values_list("state_sha256", flat=True))


def test_the_verifier_hashes_to_the_challenge_that_was_sent(scene: Scene) -> None:
    """SEC-2: RFC 7636 §4.2."""
    scene.add()
    url = start(scene.ctx, NAME, PERSON, SESSION)
    scene.finish(parse_qsl(urlsplit(scene.provider.sign_in(url)).query))
    verifier = scene.provider.token_requests("authorization_code")[0].form["code_verifier"]
    digest = hashlib.sha256(verifier.encode()).digest()
    assert parse_qs(urlsplit(url).query)["code_challenge"] == [base64.urlsafe_b64encode(digest).rstrip(b"=").decode()]
    assert 43 <= len(verifier) <= 128


def test_pkce_is_left_out_only_where_the_document_says_so_by_name(scene: Scene) -> None:
    """SEC-2."""
    scene.add(PKCE="none")
    assert "code_challenge" not in start(scene.ctx, NAME, PERSON, SESSION)
    scene.authorize()


def test_the_redirect_uri_is_the_same_to_the_letter_in_both_requests(scene: Scene) -> None:
    """SEC-4: it comes from the system configuration and nothing else."""
    scene.add()
    url = start(scene.ctx, NAME, PERSON, SESSION)
    scene.finish(parse_qsl(urlsplit(scene.provider.sign_in(url)).query))
    [asked] = parse_qs(urlsplit(url).query)["redirect_uri"]
    assert asked == scene.ctx.settings.redirect_uri()
    assert scene.provider.token_requests("authorization_code")[0].form["redirect_uri"] == asked


def id_token(scene: Scene, nonce: str | None, end: int = 300) -> str:
    claims = {"iss": scene.provider.issuer, "aud": "client", "sub": "1", "exp": scene.clock.now().timestamp() + end}
    body = base64.urlsafe_b64encode(json.dumps(claims | ({} if nonce is None else {"nonce": nonce})).encode())
    return f"e30.{body.rstrip(b'=').decode()}.c2ln"


@pytest.mark.parametrize(
    ("nonce", "end", "code"),
    [
        ("sent", 300, ""),
        ("another", 300, "id_token_refused"),
        (None, 300, "id_token_refused"),
        ("sent", -300, "id_token_refused"),
    ],
)
def test_an_id_token_answers_the_authorization_that_was_begun_or_is_refused(
    scene: Scene, nonce: str | None, end: int, code: str
) -> None:
    """SEC-13: OpenID Connect Core §3.1.3.7, 9 and 11; the nonce is stored as its hash alone."""
    scene.add()
    url = start(scene.ctx, NAME, PERSON, SESSION)
    [sent] = parse_qs(urlsplit(url).query)["nonce"]
    assert len(sent) >= 22
    [stored] = Consent.objects.values_list("nonce_sha256", flat=True)
    assert stored == hashlib.sha256(sent.encode()).hexdigest()
    given = sent if nonce == "sent" else nonce
    answer = {"access_token": "a", "refresh_token": "r", "expires_in": 60, "id_token": id_token(scene, given, end)}
    scene.provider.script(Script.answer(200, answer))
    outcome = scene.finish(parse_qsl(urlsplit(scene.provider.sign_in(url)).query))
    assert (outcome.code if isinstance(outcome, Refusal) else "") == code
    assert (scene.state() == "no_token") == bool(code)


def test_a_nonce_is_sent_with_openid_alone_and_no_document_has_a_say_in_it(scene: Scene) -> None:
    """SEC-6."""
    scene.add()
    first, second = (parse_qs(urlsplit(start(scene.ctx, NAME, PERSON, SESSION)).query)["nonce"] for _ in range(2))
    assert first != second
    scene.change("Requests.AuthorizationCode.Request.URL", scene.provider.authorization_url + "?nonce=fixed")
    confirm(scene.ctx, NAME, "test")
    assert parse_qs(urlsplit(start(scene.ctx, NAME, PERSON, SESSION)).query)["nonce"] not in (first, ["fixed"])
    scene.change("Scope", "mail")
    scene.change("Requests.AuthorizationCode.Request.URL", scene.provider.authorization_url)
    confirm(scene.ctx, NAME, "test")
    assert "nonce" not in parse_qs(urlsplit(start(scene.ctx, NAME, PERSON, SESSION)).query)


@pytest.mark.parametrize("guess", ["TokenConfigID1", "1", "0", "x" * 64, "", "\x00"])
def test_a_guessed_state_reaches_no_token_endpoint(scene: Scene, guess: str) -> None:
    """SEC-3."""
    scene.add()
    start(scene.ctx, NAME, PERSON, SESSION)
    assert refused(scene.finish([("code", "c"), ("state", guess)])) == "state_unknown"
    assert code_requests(scene) == 0


@pytest.mark.parametrize(("person", "session"), [("2", SESSION), (PERSON, "another"), ("", "")])
def test_only_the_session_that_started_may_finish(scene: Scene, person: str, session: str) -> None:
    """SEC-7: a stranger's callback calls nobody and spoils nothing."""
    scene.add()
    back = scene.begin()
    assert refused(consent.finish(scene.ctx, back, person, session)) == "session_mismatch"
    assert code_requests(scene) == 0
    assert isinstance(scene.finish(back), Consented)


def test_twenty_identical_callbacks_make_one_exchange(scene: Scene) -> None:
    """SEC-8: consumed atomically, before the exchange."""
    scene.add()
    back = scene.begin()
    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(lambda _: scene.finish(back), range(20)))
    assert sum(isinstance(outcome, Consented) for outcome in outcomes) == 1
    assert [o.code for o in outcomes if isinstance(o, Refusal)] == ["already_used"] * 19
    assert code_requests(scene) == 1


def test_a_consent_that_took_too_long_is_refused(scene: Scene) -> None:
    """SEC-9."""
    scene.add()
    back = scene.begin()
    scene.clock.advance(601)
    assert refused(scene.finish(back)) == "consent_expired"
    assert code_requests(scene) == 0


@pytest.mark.parametrize(("path", "value"), [("Scope", "mail"), ("Validity", "invalid")])
def test_a_changed_configuration_ends_what_was_begun_under_the_old_one(scene: Scene, path: str, value: str) -> None:
    """SEC-9."""
    scene.add()
    back = scene.begin()
    scene.change(path, value)
    assert refused(scene.finish(back)) == "configuration_changed"
    assert code_requests(scene) == 0


def test_two_tabs_are_judged_each_on_its_own_state(scene: Scene) -> None:
    """SEC-9: finished in reverse order."""
    scene.add()
    first, second = scene.begin(), scene.begin()
    assert isinstance(scene.finish(second), Consented)
    assert isinstance(scene.finish(first), Consented)


def with_iss(parameters: list[tuple[str, str]], *issuers: str) -> list[tuple[str, str]]:
    return [pair for pair in parameters if pair[0] != "iss"] + [("iss", issuer) for issuer in issuers]


def test_the_first_issuer_is_pinned_and_another_or_none_is_refused(scene: Scene) -> None:
    """SEC-10: mix-up defence by RFC 9207; the code reaches no token endpoint."""
    scene.add()
    scene.authorize()
    assert Configuration.objects.get().pinned_issuer == scene.provider.issuer
    calls = code_requests(scene)
    assert refused(scene.finish(with_iss(scene.begin(), "https://evil.example"))) == "issuer_mismatch"
    assert refused(scene.finish(with_iss(scene.begin()))) == "issuer_missing"
    assert refused(scene.finish(with_iss(scene.begin(), scene.provider.issuer, scene.provider.issuer))) == (
        "parameter_doubled"
    )
    assert code_requests(scene) == calls


def test_a_configured_issuer_counts_from_the_first_consent(scene: Scene) -> None:
    """SEC-10."""
    scene.add(Issuer="https://login.example.org")
    assert refused(scene.finish(scene.begin())) == "issuer_mismatch"


def test_an_error_answer_is_shown_as_data(scene: Scene) -> None:
    """SEC-11: escaped, cut, consumed."""
    scene.add()
    state = next(value for name, value in scene.begin() if name == "state")
    answer = [("error", "access_denied"), ("error_description", "<script>\x1b[31m" + "x " * 100_000), ("state", state)]
    outcome = scene.finish(with_iss(answer, scene.provider.issuer))
    assert refused(outcome) == "access_denied"
    assert isinstance(outcome, Refusal)
    assert len(outcome.sentence) < 1400
    assert "\x1b" not in outcome.sentence
    assert refused(scene.finish(answer)) == "already_used"


def test_doubled_parameters_are_refused(scene: Scene) -> None:
    """SEC-11."""
    scene.add()
    assert refused(scene.finish([*scene.begin(), ("code", "another")])) == "parameter_doubled"
    assert code_requests(scene) == 0


def test_a_consent_is_committed_although_the_database_is_in_trouble(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEC-25: the code is used up, so what came for it is kept in memory until the database takes it."""
    scene.add()
    store, tries = life.store, []

    def broken(*arguments: Any) -> bool:
        tries.append(arguments)
        if len(tries) < 3:
            raise DatabaseError("disk I/O error")
        return store(*arguments)

    monkeypatch.setattr(commit, "WAITS", (0.0, 0.0, 0.0))
    monkeypatch.setattr(life, "store", broken)
    scene.authorize()
    assert len(tries) == 3
    assert scene.state() == "active"
    assert code_requests(scene) == 1


def test_another_account_is_held_back_until_a_person_says_yes(scene: Scene) -> None:
    """SEC-13: the old token stays in use; the new one waits, sealed."""
    from bursar.testing.people import human

    scene.add()
    scene.authorize()
    before = scene.token()
    old = scene.provider.person
    scene.provider.person = human("intruder@practice.example")
    outcome = scene.finish(scene.begin())
    assert isinstance(outcome, AccountChanged)
    assert (outcome.before, outcome.now) == (old.email, "intruder@practice.example")
    assert scene.token() == before
    assert scene.view().candidate == (outcome.consent_id, "intruder@practice.example")
    adopted = candidate.adopt(scene.ctx, outcome.consent_id, PERSON)
    assert isinstance(adopted, Consented)
    assert scene.token() != before
    assert scene.view().account == "intruder@practice.example"
    assert refused(candidate.adopt(scene.ctx, outcome.consent_id, PERSON)) == "candidate_unknown"


def test_a_waiting_token_that_does_not_open_is_refused_and_forgotten(scene: Scene) -> None:
    """SEC-32: it was changed or moved in the database."""
    from bursar.testing.people import human

    scene.add()
    scene.authorize()
    before = scene.token()
    scene.provider.person = human("intruder@practice.example")
    outcome = scene.finish(scene.begin())
    assert isinstance(outcome, AccountChanged)
    Consent.objects.filter(id=outcome.consent_id).update(candidate=b"x" * 60)
    adopted = candidate.adopt(scene.ctx, outcome.consent_id, PERSON)
    assert refused(adopted) == "secret_unreadable"
    assert isinstance(adopted, Refusal)
    assert adopted.as_error().exit_code == 4
    assert scene.view().candidate is None
    assert scene.token() == before


def test_a_declined_account_leaves_nothing(scene: Scene) -> None:
    """SEC-13."""
    from bursar.testing.people import human

    scene.add()
    scene.authorize()
    scene.provider.person = human("intruder@practice.example")
    outcome = scene.finish(scene.begin())
    assert isinstance(outcome, AccountChanged)
    candidate.decline(scene.ctx, outcome.consent_id)
    assert scene.view().candidate is None
    assert refused(candidate.adopt(scene.ctx, outcome.consent_id, PERSON)) == "candidate_unknown"


def test_a_consent_without_refresh_token_keeps_the_old_one(scene: Scene) -> None:
    """SEC-14: nothing overwrites a stored refresh token."""
    scene.add()
    scene.authorize()
    scene.provider.rules.refresh_for_everybody = False
    scene.change("Scope", "openid email mail")
    scene.authorize()
    assert scene.view().has_refresh_token


def test_a_first_consent_without_refresh_token_warns_at_once(scene: Scene) -> None:
    """SEC-14: this token dies, and Bursar says so while it lives."""
    scene.add()
    scene.provider.rules.refresh_for_everybody = False
    scene.change("Scope", "openid email mail")
    done = scene.authorize()
    assert done.warning is not None
    assert "no refresh token" in done.warning
    error = scene.view().error
    assert error is not None
    assert (scene.state(), error.code) == ("active", "refresh_token_missing")
    scene.clock.advance(3601)
    assert scene.state() == "needs_authorization"
    assert scene.refusal().code == "authorization_required"


def test_scopes_are_compared_as_sets(scene: Scene) -> None:
    """SEC-20: another order is nothing, fewer is a warning."""
    scene.add()
    back = scene.begin()
    answer = {"access_token": "t", "refresh_token": "r", "expires_in": 60, "scope": "mail email offline_access openid"}
    scene.provider.script(Script.answer(200, answer), Script.answer(200, {**answer, "scope": "openid email"}))
    done = scene.finish(back)
    assert isinstance(done, Consented)
    assert done.warning is None
    assert "mail" in (scene.authorize().warning or "")


def test_a_failed_exchange_leaves_the_token_in_use_alone(scene: Scene) -> None:
    scene.add()
    scene.authorize()
    token = scene.token()
    scene.provider.script(Script.answer(400, {"error": "invalid_grant"}))
    outcome = scene.finish(scene.begin())
    assert refused(outcome) == "invalid_grant"
    assert isinstance(outcome, Refusal)
    assert "authorization code" in outcome.sentence
    assert scene.token() == token
    assert scene.state() == "active"


def test_a_ticket_is_good_once_and_for_ten_minutes(scene: Scene) -> None:
    scene.add()
    text = ticket(scene.ctx, NAME, "cli:root")
    assert scene.state() == "awaiting_consent"
    view = ticket_view(scene.ctx, text)
    assert view is not None
    assert view.name == NAME
    url = redeem(scene.ctx, text, PERSON, SESSION)
    assert url is not None
    assert url.startswith(scene.provider.authorization_url)
    assert redeem(scene.ctx, text, PERSON, SESSION) is None
    assert ticket_view(scene.ctx, text) is None
    late = ticket(scene.ctx, NAME, "cli:root")
    scene.clock.advance(601)
    assert redeem(scene.ctx, late, PERSON, SESSION) is None
    assert scene.state() == "no_token"


def test_a_label_is_made_by_authorizing_it(scene: Scene) -> None:
    scene.add()
    scene.authorize(f"{NAME}#returns@example.org")
    assert scene.state(f"{NAME}#returns@example.org") == "active"
    assert scene.state() == "no_token"
    assert Token.objects.count() == 2


@pytest.mark.parametrize(
    ("prepare", "code", "exit_code"),
    [
        (lambda scene: scene.add_credentials(NAME), "flow_mismatch", 6),
        (lambda scene: scene.add(secret=""), "client_secret_missing", 4),
        (lambda scene: scene.add(client_id=""), "client_id_missing", 4),
        (lambda scene: scene.add() or scene.change("Validity", "invalid"), "configuration_invalid", 6),
        (lambda scene: None, "configuration_not_found", 3),
    ],
)
def test_what_cannot_be_authorized_says_why(scene: Scene, prepare: object, code: str, exit_code: int) -> None:
    prepare(scene)  # type: ignore[operator]
    with pytest.raises(BursarError) as caught:
        start(scene.ctx, NAME, PERSON, SESSION)
    assert (caught.value.code, caught.value.exit_code) == (code, exit_code)
    assert Consent.objects.count() == 0


def test_the_name_of_the_other_flow_is_said(scene: Scene) -> None:
    scene.add_credentials()
    with pytest.raises(BursarError, match="bursar token request 'ERP connector'"):
        ticket(scene.ctx, ERP, "cli:root")
