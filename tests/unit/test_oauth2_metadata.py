"""What an issuer says of itself, read as data: only the issuer that was asked for counts (SEC-53)."""

import json
from typing import Any

import pytest

from bursar.errors import InvalidInput
from bursar.oauth2.metadata import locations, parse_issuer, read_metadata

ISSUER = "https://sso.example.org/realms/staff"
SOUND = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "scopes_supported": ["openid", "offline_access"],
}


def read(**members: Any) -> Any:
    found = {name: value for name, value in (SOUND | members).items() if value is not ...}
    return read_metadata(json.dumps(found).encode(), ISSUER)


def test_a_sound_document_is_read() -> None:
    found = read(revocation_endpoint=f"{ISSUER}/revoke", token_endpoint_auth_methods_supported=["client_secret_basic"])
    assert {name: str(url) for name, url in found.endpoints().items()} == {
        "authorization_endpoint": f"{ISSUER}/authorize",
        "token_endpoint": f"{ISSUER}/token",
        "revocation_endpoint": f"{ISSUER}/revoke",
    }
    assert found.scopes == ("openid", "offline_access")
    assert found.authentication_methods == ("client_secret_basic",)
    assert found.challenge_methods is None
    assert found.elsewhere() == {}


@pytest.mark.parametrize(
    "other",
    [ISSUER + "/", ISSUER.upper(), "https://sso.example.org/realms/%73taff", "https://evil.example/", ISSUER[:-1]],
)
def test_an_issuer_that_differs_in_one_byte_is_another_issuer(other: str) -> None:
    """SEC-53, RFC 8414 §3.3."""
    with pytest.raises(InvalidInput) as refused:
        read(issuer=other)
    assert refused.value.code == "issuer_differs"
    assert other in refused.value.sentence


def test_a_pattern_is_no_issuer() -> None:
    """SEC-53: Microsoft's common issuer stands for every tenant."""
    with pytest.raises(InvalidInput) as refused:
        read(issuer="https://login.microsoftonline.com/{tenantid}/v2.0")
    assert refused.value.code == "issuer_pattern"


@pytest.mark.parametrize(
    "members",
    [
        {"issuer": ...},
        {"issuer": 7},
        {"issuer": ""},
        {"token_endpoint": ...},
        {"token_endpoint": ["https://sso.example.org/token"]},
        {"scopes_supported": "openid"},
    ],
)
def test_a_document_that_lacks_or_twists_what_counts_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(**members)
    assert refused.value.code == "metadata_invalid"


@pytest.mark.parametrize(
    "address",
    [
        "http://sso.example.org/token",
        "http://127.0.0.1/token",  # the issuer is https: nothing below it may be less
        "https://user@sso.example.org/token",
        "https://sso.example.org/token#x",
        "https://0x7f.1/token",
        "file:///etc/passwd",
        "/token",
        "https://sso.example.org\\@evil.example/token",
    ],
)
@pytest.mark.parametrize("name", ["token_endpoint", "authorization_endpoint", "revocation_endpoint"])
def test_no_endpoint_gets_past_the_rules_for_addresses(name: str, address: str) -> None:
    """SEC-48, SEC-53"""
    with pytest.raises(InvalidInput) as refused:
        read(**{name: address})
    assert refused.value.code == "metadata_endpoint"
    assert name in refused.value.sentence


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{", b"\xff", b'{"issuer":"a","issuer":"b"}', b"[" * 9000])
def test_what_is_no_metadata_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_metadata(body, ISSUER)
    assert refused.value.code == "metadata_invalid"


def test_endpoints_on_another_host_are_told_apart() -> None:
    found = read(token_endpoint="https://token.example.net/token")
    assert set(found.elsewhere()) == {"token_endpoint"}


def test_lists_are_bounded_and_hold_words_alone() -> None:
    found = read(scopes_supported=["openid", 7, "a\nb", "", "x" * 301, *(f"s{i}" for i in range(600))])
    assert found.scopes is not None
    assert found.scopes[0] == "openid"
    assert len(found.scopes) <= 500
    assert all(word.isprintable() for word in found.scopes)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("sso.example.org", "https://sso.example.org"),
        ("  https://sso.example.org/ ", "https://sso.example.org/"),
        (f"{ISSUER}/.well-known/openid-configuration", ISSUER),
        ("https://sso.example.org/.well-known/oauth-authorization-server/realms/staff", ISSUER),
    ],
)
def test_an_issuer_may_be_given_as_people_have_it(given: str, wanted: str) -> None:
    assert str(parse_issuer(given)) == wanted


@pytest.mark.parametrize(
    "given", ["", "https://a b", "http://sso.example.org", "https://sso.example.org?x=1", "ftp://x"]
)
def test_what_can_be_no_issuer_is_refused(given: str) -> None:
    with pytest.raises(InvalidInput):
        parse_issuer(given)


def test_metadata_is_looked_for_where_both_specifications_put_it() -> None:
    """OpenID Connect Discovery §4, RFC 8414 §3.1 and §5."""
    assert list(locations(parse_issuer(ISSUER + "/"))) == [
        "https://sso.example.org/realms/staff/.well-known/openid-configuration",
        "https://sso.example.org/.well-known/oauth-authorization-server/realms/staff",
        "https://sso.example.org/.well-known/openid-configuration/realms/staff",
    ]
    assert len(list(locations(parse_issuer("https://sso.example.org/")))) == 2
