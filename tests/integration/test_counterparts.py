"""The counterparts themselves: each answers, and is as strict as the tests that lean on it believe."""

import base64
import imaplib
import json
import ssl
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlencode, urlsplit

import psycopg
import pytest

from bursar.testing import FakeProvider
from bursar.testing.endpoints import s256
from tests.counterparts.browser import Browsing
from tests.counterparts.dovecot import Dovecot, Introspecting, message
from tests.counterparts.oidc import OidcProvider

pytestmark = pytest.mark.counterpart

USER = "support@bursar.test"
REDIRECT = "http://localhost:8085/otrs/get-oauth2-token-by-authorization-code.pl"
VERIFIER = "v" * 43


def post(url: str, form: dict[str, str], basic: str = "") -> tuple[int, dict[str, Any]]:
    target = urlsplit(url)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if basic:
        headers["Authorization"] = "Basic " + base64.b64encode(basic.encode()).decode()
    connection = HTTPConnection(target.netloc, timeout=10)
    try:
        connection.request("POST", target.path, urlencode(form), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")
    finally:
        connection.close()


def authorization(provider: OidcProvider, **changed: str) -> str:
    asked = {
        "response_type": "code",
        "client_id": "code-post",
        "redirect_uri": REDIRECT,
        "scope": "mail offline_access",
        "prompt": "consent",
        "state": "abc",
        "code_challenge": s256(VERIFIER),
        "code_challenge_method": "S256",
    } | changed
    return f"{provider.authorization_url}?{urlencode({k: v for k, v in asked.items() if v})}"


def tokens(provider: OidcProvider, login: str = USER) -> dict[str, Any]:
    back = parse_qs(urlsplit(provider.sign_in(authorization(provider), login)).query)
    assert back["iss"] == [provider.issuer]
    form = {"grant_type": "authorization_code", "code": back["code"][0], "redirect_uri": REDIRECT}
    secret = {"client_id": "code-post", "client_secret": "code-post-secret", "code_verifier": VERIFIER}
    status, answer = post(provider.token_url, form | secret)
    assert status == 200, answer
    return answer


def refresh(provider: OidcProvider, token: str) -> tuple[int, dict[str, Any]]:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return post(provider.token_url, form | {"client_id": "code-post", "client_secret": "code-post-secret"})


def mailbox(port: int, token: str, tls: ssl.SSLContext | None = None, mechanism: str = "XOAUTH2") -> int:
    """Sign in, and return how many messages the INBOX has."""
    first = f"user={USER}\x01auth=Bearer {token}\x01\x01"
    if mechanism == "OAUTHBEARER":
        first = f"n,a={USER},\x01auth=Bearer {token}\x01\x01"
    with imaplib.IMAP4("localhost", port) as mail:
        if tls is not None:
            mail.starttls(tls)
        mail.authenticate(mechanism, lambda _: first.encode())
        return int(mail.select("INBOX")[1][0] or b"0")


def test_the_provider_wants_pkce(oidc_provider: OidcProvider) -> None:
    refused = oidc_provider.sign_in(authorization(oidc_provider, code_challenge="", code_challenge_method=""))
    assert parse_qs(urlsplit(refused).query)["error"] == ["invalid_request"]


def test_of_four_refreshes_at_once_at_most_one_succeeds_and_all_tokens_are_revoked(oidc_provider: OidcProvider) -> None:
    first = tokens(oidc_provider)
    with ThreadPoolExecutor(4) as four:
        answers = list(four.map(lambda _: refresh(oidc_provider, first["refresh_token"]), range(4)))
    assert sorted(status for status, _ in answers) == [200, 400, 400, 400]
    assert {answer["error"] for status, answer in answers if status == 400} == {"invalid_grant"}
    (won,) = (answer for status, answer in answers if status == 200)
    assert refresh(oidc_provider, won["refresh_token"])[1]["error"] == "invalid_grant"
    assert oidc_provider.counts()["asked"]["refresh_token"] == 5
    assert oidc_provider.counts()["access_tokens"] == 0


def test_no_refresh_token_comes_without_prompt_consent(oidc_provider: OidcProvider) -> None:
    back = oidc_provider.sign_in(authorization(oidc_provider, prompt=""))
    form = {"grant_type": "authorization_code", "code": parse_qs(urlsplit(back).query)["code"][0]}
    secret = {"client_id": "code-post", "client_secret": "code-post-secret", "code_verifier": VERIFIER}
    answer = post(oidc_provider.token_url, form | secret | {"redirect_uri": REDIRECT})[1]
    assert answer["scope"] == "mail"
    assert "refresh_token" not in answer


def test_a_secret_with_odd_characters_is_form_encoded_in_basic(oidc_provider: OidcProvider) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "unknown"}
    secret = quote_plus("p@ss:w+rd/%20=&x ?")
    assert post(oidc_provider.token_url, form, f"code-odd:{secret}")[1]["error"] == "invalid_grant"
    assert post(oidc_provider.token_url, form, "code-odd:p@ss:w+rd/%20=&x ?")[1]["error"] == "invalid_client"


def test_the_control_port_ends_tokens_withdraws_consents_and_sets_lifetimes(oidc_provider: OidcProvider) -> None:
    oidc_provider.lifetimes(access=7)
    hers, his = tokens(oidc_provider), tokens(oidc_provider, "billing@bursar.test")
    assert hers["expires_in"] == 7
    assert oidc_provider.counts()["access_tokens"] == 2
    oidc_provider.end_access_tokens()
    assert oidc_provider.counts()["access_tokens"] == 0
    oidc_provider.withdraw(USER)
    assert refresh(oidc_provider, hers["refresh_token"])[1]["error"] == "invalid_grant"
    oidc_provider.delay(0.3)
    begun = time.monotonic()
    assert refresh(oidc_provider, his["refresh_token"])[0] == 200
    assert time.monotonic() - begun >= 0.3
    assert oidc_provider.refreshes == 1


def test_a_person_can_say_no(oidc_provider: OidcProvider) -> None:
    back = oidc_provider.sign_in(authorization(oidc_provider), decision="deny")
    assert parse_qs(urlsplit(back).query)["error"] == ["access_denied"]


def test_the_mail_server_takes_the_providers_tokens_by_all_three_ways_in(
    oidc_provider: OidcProvider, dovecot: Dovecot
) -> None:
    token = tokens(oidc_provider)["access_token"]
    dovecot.deliver(USER, [message(1), message(2)])
    trusted = ssl.create_default_context(cafile=str(dovecot.ca))
    assert mailbox(dovecot.imap, token) == 2
    assert mailbox(dovecot.imap, token, trusted) == 2
    assert mailbox(dovecot.imap, token, mechanism="OAUTHBEARER") == 2
    with imaplib.IMAP4_SSL("localhost", dovecot.imaps, ssl_context=trusted) as mail:
        mail.authenticate("XOAUTH2", lambda _: f"user={USER}\x01auth=Bearer {token}\x01\x01".encode())
    oidc_provider.end_access_tokens()
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        mailbox(dovecot.imap, token)


def test_a_clients_own_token_opens_the_mailbox_named_by_its_claim(
    oidc_provider: OidcProvider, dovecot: Dovecot
) -> None:
    form = {"grant_type": "client_credentials", "scope": "mail"}
    answer = post(oidc_provider.token_url, form, "machine-basic:machine-secret")[1]
    with imaplib.IMAP4("localhost", dovecot.imap) as mail:
        who = f"user=machine-basic@bursar.test\x01auth=Bearer {answer['access_token']}\x01\x01"
        assert mail.authenticate("XOAUTH2", lambda _: who.encode())[0] == "OK"


def test_the_mail_server_says_when_its_provider_is_down(
    provider: FakeProvider, start_dovecot: Callable[[Introspecting], Dovecot]
) -> None:
    dovecot = start_dovecot(provider)
    token = provider.issue(USER)[0]
    assert mailbox(dovecot.imap, token) == 0
    provider.stop()
    with pytest.raises(imaplib.IMAP4.error, match="UNAVAILABLE"):
        mailbox(dovecot.imap, token)


def test_five_hundred_messages_are_delivered_within_a_second_and_byte_for_byte(dovecot: Dovecot) -> None:
    sent = [message(number, 2000) for number in range(500)]
    dovecot.deliver(USER, sent)
    assert dovecot.messages(USER) == sent
    assert dovecot.count(USER) == 500


def test_postgresql_sorts_by_a_language(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        rows = connection.execute("SELECT x FROM (VALUES ('B'), ('a')) AS v (x) ORDER BY x").fetchall()
    assert rows == [("a",), ("B",)]


def test_the_browser_shows_a_page_in_light_and_dark_wide_and_on_a_phone(
    browser: Browsing, oidc_provider: OidcProvider
) -> None:
    page = browser.page()
    page.goto(authorization(oidc_provider))
    assert page.get_by_label("Account").input_value() == USER
    assert [path.name for path in browser.screenshot(page, "sign-in")] == [
        "sign-in-1440-light.png",
        "sign-in-1440-dark.png",
        "sign-in-390-light.png",
        "sign-in-390-dark.png",
    ]
    assert browser.complaints == []
