"""How a client proves who it is: headers and form, to the letter (SEC-15)."""

import base64
from urllib.parse import unquote_plus

import pytest

from bursar.keyring import Secret
from bursar.oauth2.client_auth import Client, basic_header, credentials, secrets_of
from bursar.oauth2.vocabulary import ClientAuthentication

POST = ClientAuthentication.CLIENT_SECRET_POST
BASIC = ClientAuthentication.CLIENT_SECRET_BASIC
NONE = ClientAuthentication.NONE


def client(authentication: ClientAuthentication, secret: str | None = "p:%+é &") -> Client:
    return Client("my app", None if secret is None else Secret(secret), authentication)


def test_basic_encodes_both_parts_as_a_form_before_it_joins_them() -> None:
    """RFC 6749 §2.3.1: so a colon, a per cent sign and a blank arrive."""
    header = basic_header(client(BASIC))["Authorization"]
    decoded = base64.b64decode(header.removeprefix("Basic ")).decode()
    assert decoded == "my+app:p%3A%25%2B%C3%A9+%26"


@pytest.mark.parametrize("secret", [":", "::", "%", "%41", "+", " ", "é", "\u20ac", "=&", "~", "*", "a" * 4000])
def test_what_basic_encodes_is_read_back_by_the_rules_of_forms(secret: str) -> None:
    header = basic_header(client(BASIC, secret))["Authorization"]
    assert header.isascii()
    assert header.isprintable()
    first, _, second = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    assert (unquote_plus(first), unquote_plus(second)) == ("my app", secret)


MAPPED = {"client_id": "ClientID", "client_secret": "ClientSecret", "scope": "Scope"}


def test_each_way_is_used_alone() -> None:
    headers, form = credentials(client(POST), MAPPED)
    assert (headers, form) == ({}, {"client_id": "my app", "client_secret": "p:%+é &"})
    headers, form = credentials(client(BASIC), MAPPED)
    assert (list(headers), form) == (["Authorization"], {})
    assert credentials(client(NONE), MAPPED) == ({}, {"client_id": "my app"})


def test_a_client_without_a_secret_sends_no_empty_one() -> None:
    """An empty `client_secret` is a wrong one to some providers."""
    assert credentials(client(POST, None), MAPPED) == ({}, {"client_id": "my app"})


def test_a_documents_own_names_count_and_silence_means_the_usual_ones() -> None:
    assert credentials(client(POST), {"id": "ClientID", "key": "ClientSecret"})[1] == {
        "id": "my app",
        "key": "p:%+é &",
    }
    assert credentials(client(POST), {})[1] == {"client_id": "my app", "client_secret": "p:%+é &"}


def test_all_that_carries_the_secret_over_the_wire_is_known_to_the_redaction() -> None:
    """SEC-64: the secret, and the header that it was packed into."""
    who = client(BASIC, "short")
    header = basic_header(who)["Authorization"].removeprefix("Basic ")
    assert secrets_of(who) == ["short", header]
    assert secrets_of(client(NONE, None)) == []
    assert secrets_of(client(POST, "")) == []


def test_a_client_shows_its_secret_to_nobody() -> None:
    assert "p:%+é &" not in repr(client(POST))
