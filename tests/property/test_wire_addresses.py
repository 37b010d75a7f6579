"""Addresses and URLs: no spelling gets past a rule that another spelling of the same thing would break."""

import base64
import ipaddress
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import parse_qsl, unquote_plus, urlsplit

import urllib3.util
from hypothesis import assume, example, given
from hypothesis import strategies as st

from bursar.errors import InvalidInput
from bursar.grants import authorization_url
from bursar.keyring import Secret
from bursar.oauth2.client_auth import Client, basic_header
from bursar.oauth2.pkce import challenge_of
from bursar.oauth2.plan import RequestPlan
from bursar.oauth2.urls import EndpointUrl
from bursar.oauth2.vocabulary import ClientAuthentication
from bursar.outbound import AllowedNetworks
from bursar.outbound.addresses import is_public

v4 = st.ip_addresses(v=4)
v6 = st.ip_addresses(v=6)


@given(v4)
def test_an_address_dressed_as_another_is_judged_as_what_it_is(address: IPv4Address) -> None:
    """SEC-49: mapped into IPv6 it is itself; in every other disguise it is never public."""
    number = int(address)
    assert is_public(IPv6Address((0xFFFF << 32) | number)) == is_public(address)
    for prefix in ("::", "64:ff9b::", "64:ff9b:1::", "::ffff:0:0:0", "2002::", "fe80::", "fc00::", "ff0e::"):
        assert not is_public(IPv6Address(int(IPv6Address(prefix)) | number))
    assert not is_public(IPv6Address(int(IPv6Address("2002::")) | number << 80))
    assert not is_public(IPv6Address(int(IPv6Address("2001::")) | number))


@given(st.one_of(v4, v6))
def test_what_the_standard_library_calls_private_is_never_public(address: IPv4Address | IPv6Address) -> None:
    """SEC-49: our own ranges only refuse more."""
    if is_public(address):
        assert address.is_global or getattr(address, "ipv4_mapped", None) is not None
        assert not any((address.is_multicast, address.is_loopback, address.is_link_local, address.is_unspecified))


@given(st.one_of(v4, v6), st.integers(0, 32), st.one_of(v4, v6))
def test_a_network_admits_its_own_addresses_and_keeps_its_text(
    base: IPv4Address | IPv6Address, bits: int, other: IPv4Address | IPv6Address
) -> None:
    """SEC-49."""
    assume(all(getattr(each, "ipv4_mapped", None) is None for each in (base, other)))
    network = ipaddress.ip_network((base, bits), strict=False)
    allowed = AllowedNetworks.parse(f"idp.example, {network}")
    assert allowed.admits("x", 1, base)
    assert allowed.admits("x", 1, other) == (other in network if other.version == network.version else False)
    assert str(AllowedNetworks.parse(str(allowed))) == str(allowed)


@given(st.text(alphabet="htps:/@\\[]#?.%0123456789abxlocalhe~ \té-_", max_size=40).map(lambda rest: f"https://{rest}"))
@example("https://good.example\\@evil.example/")
@example("https://good.example#@evil.example/")
@example("https://[::1]@evil.example/")
def test_two_parsers_see_the_same_host(text: str) -> None:
    """SEC-48: what is judged is what is called; a URL that two readers understand differently is no URL."""
    try:
        url = EndpointUrl.parse(text, "URL")
    except InvalidInput:
        return
    other = urllib3.util.parse_url(text)
    assert (other.host or "").strip("[]").lower() == url.host.lower()
    assert (other.port or 443) == url.port
    assert other.auth is None
    assert url.text == text


@given(st.text(max_size=80))
def test_no_text_at_all_crashes_the_reading_of_a_url(text: str) -> None:
    """SEC-48."""
    try:
        url = EndpointUrl.parse(text, "URL")
    except InvalidInput:
        return
    assert url.scheme in ("http", "https")
    assert url.host
    assert text.isascii()


parts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
reserved = ["state", "redirect_uri", "response_type", "code_challenge", "code_challenge_method"]
parameters = st.one_of(st.sampled_from([*reserved, "client_id", "scope"]), parts)


sources = st.sampled_from(["ClientID", "Scope", "State", "RedirectURL", "X", "ClientSecret"])
pairs = st.tuples(st.sampled_from([*reserved, "tenant", "a%20b"]), st.sampled_from(["1", "", "a%26b"]))


@given(
    st.dictionaries(parameters, parts, max_size=4),
    st.dictionaries(parameters, sources, max_size=4),
    st.lists(pairs, max_size=4),
    parts,
)
def test_what_secures_the_flow_is_in_the_address_once_and_ours(
    literals: dict[str, str], autofill: dict[str, str], query: list[tuple[str, str]], scope: str
) -> None:
    """SEC-1, SEC-6, RFC 6749 §3.1: neither literal, mapping nor the address's own query overrides it."""
    text = "https://idp.example/authorize"
    if query:
        text += "?" + "&".join(f"{name}={value}" for name, value in query)
    plan = RequestPlan(EndpointUrl.parse(text, "URL"), literals, autofill)
    made = authorization_url(
        plan, "id", {"Scope": scope}, state="S", redirect_uri="https://b.example/x", code_challenge="C"
    )
    assert made.count("?") == 1
    found = parse_qsl(urlsplit(made).query, keep_blank_values=True)
    ours = dict(zip(reserved, ["S", "https://b.example/x", "code", "C", "S256"], strict=True))
    for name, value in ours.items():
        assert [each for key, each in found if key == name] == [value]
    for name, value in query:
        if unquote_plus(name) not in {*ours, *literals, *autofill}:
            assert (unquote_plus(name), unquote_plus(value)) in found


@given(parts, parts)
def test_basic_is_read_back_by_the_rules_of_forms(client_id: str, secret: str) -> None:
    """SEC-15: RFC 6749 §2.3.1, whatever signs they are made of."""
    header = basic_header(Client(client_id, Secret(secret), ClientAuthentication.CLIENT_SECRET_BASIC))["Authorization"]
    assert header.isascii()
    pair = base64.b64decode(header.removeprefix("Basic "), validate=True).decode("ascii").split(":")
    assert [unquote_plus(part) for part in pair] == [client_id, secret]


def test_the_challenge_is_the_rfcs() -> None:
    """SEC-2: RFC 7636 appendix B."""
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
