"""The practice provider: strict like the fake one, with pages, for loopback alone, and with a memory."""

import json
import re
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from bursar.home import Home
from bursar.testing import FakeClock
from bursar.testing.endpoints import s256
from bursar.testing.practice import PracticeProvider

VERIFIER = "v" * 43
BACK = "http://localhost:8085/otrs/get-oauth2-token-by-authorization-code.pl"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home", "")
    made.create()
    return made


@pytest.fixture
def practice(home: Home) -> Iterator[PracticeProvider]:
    provider = PracticeProvider(home, clock=FakeClock())
    with provider:
        yield provider


class Answer:
    def __init__(
        self,
        provider: PracticeProvider,
        path: str,
        form: dict[str, str] | None = None,
        host: str = "",
        bearer: str = "",
        language: str = "",
    ) -> None:
        connection = HTTPConnection("127.0.0.1", provider.port, timeout=5)
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        if host:
            headers["Host"] = host
        if language:
            headers["Accept-Language"] = language
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(
                "GET" if form is None else "POST", path, None if form is None else urlencode(form), headers
            )
            answer = connection.getresponse()
            self.status, self.headers, self.text = answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()

    @property
    def back(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.headers["Location"]).query)


def ask(provider: PracticeProvider, **changed: str) -> Answer:
    asked = {"response_type": "code", "client_id": "practice", "redirect_uri": BACK, "state": "s", "scope": "mail"}
    asked |= {"code_challenge": s256(VERIFIER), "code_challenge_method": "S256"} | changed
    return Answer(provider, f"/authorize?{urlencode(asked)}")


def decide(provider: PracticeProvider, page: Answer, **changed: str) -> Answer:
    found = re.search(r'name="request" value="([^"]+)"', page.text)
    assert found, page.text
    form = {"request": found[1], "person": "billing@practice.example", "lifetime": "120", "decision": "allow"}
    return Answer(provider, "/consent", form | changed)


def tokens(provider: PracticeProvider, **changed: str) -> dict[str, str]:
    code = decide(provider, ask(provider)).back["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    answer = Answer(provider, "/token", form | {"client_id": "practice"} | changed)
    assert answer.status == 200, answer.text
    found: dict[str, str] = json.loads(answer.text)
    return found


def test_nothing_is_granted_before_a_person_presses_allow(practice: PracticeProvider) -> None:
    page = ask(practice)
    assert page.status == 200
    assert "Location" not in page.headers
    assert "nothing here is real" in page.text
    assert practice.ledger.codes == {}
    denied = decide(practice, page, decision="deny").back
    assert denied["error"] == ["access_denied"]
    assert denied["state"] == ["s"]


def test_the_person_and_the_lifetime_chosen_on_the_page_are_in_the_token(practice: PracticeProvider) -> None:
    granted = tokens(practice)
    assert granted["expires_in"] == 120
    told = json.loads(Answer(practice, "/echo", bearer=granted["access_token"]).text)
    assert told == {"who": "billing@practice.example", "client_id": "practice", "scope": "mail"}
    assert Answer(practice, "/echo").status == 401


def test_the_practice_client_may_come_with_its_secret_or_with_pkce_alone_but_not_with_a_wrong_secret(
    practice: PracticeProvider,
) -> None:
    tokens(practice)
    tokens(practice, client_secret="practice")
    form = {"grant_type": "client_credentials", "client_id": "practice"}
    assert Answer(practice, "/token", form | {"client_secret": "practice"}).status == 200
    assert Answer(practice, "/token", form | {"client_secret": "wrong"}).status == 401
    assert json.loads(Answer(practice, "/token", form).text)["error"] == "unauthorized_client"


def test_any_other_client_needs_pkce_and_nobody_is_sent_anywhere_but_loopback(practice: PracticeProvider) -> None:
    assert ask(practice, client_id="my-own").status == 200
    for unsound in ({"client_id": "my-own", "code_challenge": ""}, {"redirect_uri": "https://evil.example/"}):
        page = ask(practice, **unsound)
        assert page.status == 400
        assert "Location" not in page.headers


def test_a_consent_page_is_answered_once(practice: PracticeProvider) -> None:
    page = ask(practice)
    assert decide(practice, page).status == 303
    assert decide(practice, page).status == 400


def test_what_an_application_sends_is_shown_as_text(practice: PracticeProvider) -> None:
    page = ask(practice, scope='<script>alert("x")</script>', client_id="<b>")
    assert "<script>" not in page.text
    assert "<b>" not in re.sub(r"<b>(Sasha|Bela|Jo|2 minutes|1 hour)", "", page.text)


@pytest.mark.parametrize(
    ("accepted", "spoken"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT, en;q=0.9", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("fr, de;q=0.4, en;q=0.2", "de"),
        ("fr", "en"),
        ("de;q=0", "en"),
        ("de;q=nonsense", "en"),
    ],
)
def test_the_pages_speak_the_language_that_the_browser_prefers(
    practice: PracticeProvider, accepted: str, spoken: str
) -> None:
    address = f"/authorize?{urlencode({'response_type': 'code', 'client_id': 'practice', 'redirect_uri': BACK})}"
    pages = [Answer(practice, "/", language=accepted), Answer(practice, "/authorize", language=accepted)]
    pages.append(Answer(practice, f"{address}&code_challenge={'x' * 43}&code_challenge_method=S256", language=accepted))
    pages.append(Answer(practice, "/consent", {"request": "gone"}, language=accepted))
    for page, german in zip(pages, ("Zustimmungen", "Fehler", "Erlauben", "schon beantwortet"), strict=True):
        assert f'<html lang="{spoken}">' in page.text
        assert (german in page.text) == (spoken == "de"), page.text


def test_every_page_has_a_policy_that_allows_no_script(practice: PracticeProvider) -> None:
    for answer in (Answer(practice, "/"), ask(practice), ask(practice, redirect_uri="https://evil.example/")):
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
    assert f"form-action 'self' {BACK.split('/otrs')[0]};" in ask(practice).headers["Content-Security-Policy"]


def test_a_host_name_that_is_not_loopback_is_not_answered(practice: PracticeProvider) -> None:
    assert Answer(practice, "/", host=f"rebound.example:{practice.port}").status == 421
    assert Answer(practice, "/", host=f"localhost:{practice.port}").status == 200


def test_tokens_and_port_survive_a_restart_in_a_file_for_the_owner_alone(home: Home) -> None:
    first = PracticeProvider(home)
    with first:
        granted = tokens(first)
    second = PracticeProvider(home)
    with second:
        assert second.port == first.port
        assert Answer(second, "/echo", bearer=granted["access_token"]).status == 200
        form = {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"], "client_id": "practice"}
        assert Answer(second, "/token", form).status == 200
        assert Answer(second, "/token", form).status == 400  # used twice, across a restart
        assert second.family_revoked
    assert (home.path / "practice.json").stat().st_mode & 0o777 == 0o600


def test_a_taken_port_is_exchanged_unless_it_was_asked_for(home: Home) -> None:
    with PracticeProvider(home) as running:
        other = PracticeProvider(home)
        with other:
            assert other.port != running.port
        with pytest.raises(OSError):
            PracticeProvider(home, running.port).start()


@pytest.mark.parametrize("damaged", ["", "[]", '{"port": "x", "ledger": 1}', '{"ledger": {"families": {"a": {}}}}'])
def test_a_damaged_memory_is_no_reason_not_to_start(home: Home, damaged: str) -> None:
    home.write_private(home.path / "practice.json", damaged)
    with PracticeProvider(home) as running:
        assert Answer(running, "/").status == 200


def test_consents_can_be_taken_back_on_its_page_and_only_there(practice: PracticeProvider) -> None:
    granted = tokens(practice)
    assert Answer(practice, "/take-back", {"what": "consents", "key": "guessed"}).status == 400
    assert Answer(practice, "/echo", bearer=granted["access_token"]).status == 200
    key = re.search(r'name="key" value="([^"]+)"', Answer(practice, "/").text)
    assert key
    assert Answer(practice, "/take-back", {"what": "consents", "key": key[1]}).status == 303
    assert Answer(practice, "/echo", bearer=granted["access_token"]).status == 401
    assert "revoked" in Answer(practice, "/").text


def test_it_listens_on_loopback_alone(practice: PracticeProvider) -> None:
    assert practice._server is not None
    assert practice._server.server_address[0] == "127.0.0.1"
