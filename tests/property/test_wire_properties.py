"""What holds for every input on the wire: addresses, URLs, forms, answers, callbacks, redaction."""

import base64
import ipaddress
import json
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote_plus, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bursar.errors import InvalidInput
from bursar.grants import authorization_url
from bursar.keyring import Secret
from bursar.oauth2.authorization_response import Approved, CallbackRefused, Declined, read_callback
from bursar.oauth2.client_auth import Client, basic_header
from bursar.oauth2.id_token import IdTokenRefused, read_id_token
from bursar.oauth2.plan import RequestPlan
from bursar.oauth2.redact import redact_members, redact_text
from bursar.oauth2.retry_after import LONGEST, seconds_until
from bursar.oauth2.token_endpoint import ErrorAnswer, TokenAnswer, Verdict, read_answer
from bursar.oauth2.urls import EndpointUrl
from bursar.oauth2.vocabulary import ClientAuthentication
from bursar.outbound import AllowedNetworks, HttpAnswer, OutboundRules
from bursar.outbound.addresses import is_public
from bursar.testing.clock import START

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
texts = st.text(st.characters(exclude_categories=("Cs",)))

# -- addresses (SEC-49) ----------------------------------------------------------------------------------------------

v4 = st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address)
v6 = st.integers(0, 2**128 - 1).map(ipaddress.IPv6Address)


@given(v4)
@example(ipaddress.IPv4Address("127.0.0.1"))
@example(ipaddress.IPv4Address("192.0.0.8"))
@example(ipaddress.IPv4Address("8.8.8.8"))
def test_an_ipv4_address_is_judged_alike_in_every_dress(address: ipaddress.IPv4Address) -> None:
    """SEC-49: mapped it is itself; as 6to4, NAT64, translated or compatible address it is never public."""
    number = int(address)
    assert is_public(ipaddress.IPv6Address((0xFFFF << 32) | number)) is is_public(address)
    for dressed in (
        (0x2002 << 112) | (number << 80) | 1,
        (0x64FF9B << 96) | number,
        (0x64FF9B0001 << 80) | number,
        (0xFFFF << 48) | number,
        number,
    ):
        assert not is_public(ipaddress.IPv6Address(dressed))


@given(st.one_of(v4, v6))
@example(ipaddress.IPv6Address("fec0::1"))
@example(ipaddress.IPv6Address("2001::1"))
def test_a_public_address_is_none_of_those_that_lead_inside(address: Any) -> None:
    """SEC-49: whatever Python's own table forgets."""
    if is_public(address):
        inside = (
            address.is_private, address.is_loopback, address.is_link_local, address.is_multicast, address.is_reserved,
            address.is_unspecified, getattr(address, "is_site_local", False),
        )  # fmt: skip
        assert not any(inside) or getattr(address, "ipv4_mapped", None) is not None
        assert address.is_global or getattr(address, "ipv4_mapped", None) is not None


networks = st.one_of(
    st.tuples(v4, st.integers(0, 32)).map(lambda pair: str(ipaddress.ip_network(pair, strict=False))),
    st.tuples(v6, st.integers(0, 128)).map(lambda pair: str(ipaddress.ip_network(pair, strict=False))),
    v4.map(str),
    v6.map(str),
    st.from_regex(r"[a-z][a-z0-9]{0,10}(\.[a-z]{1,8}){0,3}(:[1-9][0-9]{0,3})?", fullmatch=True),
)


@given(st.lists(networks, max_size=6), st.one_of(v4, v6), st.integers(1, 65535))
def test_the_entry_that_is_added_admits_and_takes_nothing_away(entries: list[str], address: Any, port: int) -> None:
    """What a refusal's printed command does (issue, `Outbound::AllowedNetworks`)."""
    allowed = AllowedNetworks.parse(",".join(entries))
    assert AllowedNetworks.parse(str(allowed)) == allowed
    more = AllowedNetworks.parse(OutboundRules(allowed).with_entry(str(address)))
    assert more.admits(str(address), port, address)
    for entry in entries:
        assert entry in str(more).split(",")
    assert not AllowedNetworks.parse("").admits(str(address), port, address)


# -- URLs (SEC-48) ---------------------------------------------------------------------------------------------------

pieces = st.sampled_from(
    [
        "https", "http", "://", "//", ":", "/", "\\", "@", "#", "?", "[", "]", "%", "%00", "%40", ".", "-", "_", " ",
        "\t", "\n", "login.example", "evil.example", "localhost", "127.0.0.1", "10.0.0.1", "::1", "::ffff:127.0.0.1",
        "0x7f", "1", "443", "8443", "65536", "0", "\u3002", "\uff0f", "ü", "{", "}", "\x00", "é", "fe80::1", "%25lo",
    ]
)  # fmt: skip


@given(st.one_of(st.lists(pieces, max_size=10).map("".join), texts, texts.map(lambda t: "https://" + t)))
@example("https://[::1%25lo]/")
@example("https://a[::1]:443/")
def test_an_address_is_refused_or_means_one_host_to_everybody(text: str) -> None:
    """SEC-48: no second reading of what passed, and plain text for loopback alone."""
    try:
        url = EndpointUrl.parse(text, "URL")
    except InvalidInput:
        return
    assert str(url) == text
    authority = text.partition("://")[2]
    authority = authority.partition("/")[0].partition("?")[0].lower()
    shown = f"[{url.host}]" if ":" in url.host else url.host
    usual = 443 if url.scheme == "https" else 80
    assert authority.startswith(shown)
    rest = authority.removeprefix(shown)
    assert (int(rest[1:]) if rest else usual) == url.port
    assert 0 < url.port < 65536
    assert not set(text) & set("\\@# \t\r\n\x00") - set(text.partition("://")[2].partition("/")[2])
    assert url.scheme == "https" or url.host == "localhost" or ipaddress.ip_address(url.host).is_loopback


names = st.one_of(
    st.sampled_from(["state", "redirect_uri", "response_type", "code_challenge", "client_id", "scope", "request_uri"]),
    st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20),
)
queries = st.lists(st.tuples(names, texts), max_size=5).map(
    lambda pairs: "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)
)


@given(queries, st.dictionaries(names, texts, max_size=5), st.dictionaries(names, names, max_size=5), texts)
def test_what_secures_the_flow_is_there_once_and_ours(
    query: str, literals: dict[str, str], autofill: dict[str, str], scope: str
) -> None:
    """SEC-6: whatever query, literals and mapping a document has."""
    endpoint = EndpointUrl("", "https", "login.example", 443)
    url = authorization_url(
        RequestPlan(_Text(endpoint, f"https://login.example/authorize?{query}"), literals, autofill, {}),
        "client id",
        {"Scope": scope},
        state="state&=#",
        redirect_uri="https://bursar.example/back?a=b&c",
        code_challenge="challenge",
    )
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.path, parts.fragment) == ("https", "login.example", "/authorize", "")
    found = parse_qsl(parts.query, keep_blank_values=True)
    ours = {
        "state": "state&=#",
        "redirect_uri": "https://bursar.example/back?a=b&c",
        "response_type": "code",
        "code_challenge": "challenge",
        "code_challenge_method": "S256",
    }
    for name, value in ours.items():
        assert [each for key, each in found if key == name] == [value]
    keys = [key for key, _ in found]
    assert not (set(literals) | set(autofill) | {"scope"}) & {key for key in keys if keys.count(key) > 1}


class _Text(EndpointUrl):
    """An endpoint with a text of its own, which `EndpointUrl.parse` might refuse for its length alone."""

    def __init__(self, like: EndpointUrl, text: str) -> None:
        super().__init__(text, like.scheme, like.host, like.port)


@given(texts, texts)
def test_basic_authentication_is_read_back_as_it_was_meant(client_id: str, secret: str) -> None:
    """SEC-15, RFC 6749 §2.3.1."""
    header = basic_header(Client(client_id, Secret(secret), ClientAuthentication.CLIENT_SECRET_BASIC))["Authorization"]
    assert header.isascii()
    assert header.isprintable()
    first, _, second = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    assert (unquote_plus(first), unquote_plus(second)) == (client_id, secret)


# -- answers (SEC-17, SEC-19, SEC-64) ----------------------------------------------------------------------------------

anything = st.text()  # with half characters, as JSON can carry them
member_names = st.sampled_from(
    [
        "access_token", "token_type", "expires_in", "refresh_token", "refresh_token_expires_in", "scope", "id_token",
        "error", "error_description", "error_codes", "code", "tok", "why",
    ]
)  # fmt: skip
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), anything, st.sampled_from(["Bearer", "T", ""])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(anything, inner, max_size=3)),
    max_leaves=8,
)
objects = st.dictionaries(st.one_of(member_names, anything), values, max_size=8)
bodies = st.one_of(
    st.binary(max_size=300),
    objects.map(lambda each: json.dumps(each).encode()),
    objects.map(lambda each: json.dumps(each, ensure_ascii=False).encode("utf-8", "replace")),
    st.lists(st.tuples(member_names, texts), max_size=6).map(
        lambda pairs: "&".join(f"{name}={quote(value)}" for name, value in pairs).encode()
    ),
)
kinds = st.sampled_from(["application/json", "application/x-www-form-urlencoded", "text/plain", "text/html", "", ";"])
meanings = st.dictionaries(
    member_names,
    st.sampled_from(["Token", "RefreshToken", "TokenExpirationDate", "ErrorMessage", "ErrorDescription", "ErrorCode"]),
    max_size=4,
)


@given(bodies, st.integers(200, 599), kinds, meanings, st.booleans(), st.one_of(st.none(), anything))
@example(b'{"access_token": "half\\ud800"}', 200, "application/json", {}, True, None)
def test_every_answer_has_one_reading_and_nothing_in_it_breaks_a_line(
    body: bytes, status: int, kind: str, mapping: dict[str, str], refreshing: bool, retry_after: str | None
) -> None:
    """SEC-17, SEC-19, SEC-66: never an exception; only a 2xx is a success; the verdict goes by the table."""
    headers = {"content-type": kind} | ({} if retry_after is None else {"retry-after": retry_after})
    answer = HttpAnswer(status, headers, body)
    read = read_answer(answer, mapping, refreshing=refreshing, now=NOW, secrets=["sent-before", "\ud800-odd-one"])
    if isinstance(read, TokenAnswer):
        assert 200 <= status < 300
        assert read.access_token.reveal().isascii()
        assert read.access_token.reveal().isprintable()
        return
    assert isinstance(read, ErrorAnswer)
    assert read.status == status
    for text in (read.error, read.description, read.answer):
        assert len(text) <= 1000
        assert text.isprintable()
        text.encode()
    if status in (408, 425, 429) or status >= 500:
        assert read.verdict is Verdict.RETRYING
    elif not read.error and status >= 300:
        expected = Verdict.NEEDS_AUTHORIZATION if refreshing and status == 400 else Verdict.MISCONFIGURED
        assert read.verdict is expected


@pytest.mark.parametrize("control", ["\n", "\r\n", "\t", "\x01", "\x1b"])
def test_a_raw_control_character_in_a_text_hides_no_error_and_makes_no_token(control: str) -> None:
    """SEC-17: JSON forbids it and providers send it; the error is read, and the token is refused."""
    said = HttpAnswer(400, {}, f'{{"error": "invalid_client", "error_description": "a{control}b"}}'.encode())
    read = read_answer(said, {}, refreshing=True, now=NOW)
    assert isinstance(read, ErrorAnswer)
    assert (read.error, read.verdict) == ("invalid_client", Verdict.MISCONFIGURED)
    assert read.description.isprintable()
    given_token = HttpAnswer(200, {}, f'{{"access_token": "a{control}b"}}'.encode())
    refused = read_answer(given_token, {}, refreshing=True, now=NOW)
    assert isinstance(refused, ErrorAnswer)
    assert refused.verdict is Verdict.MISCONFIGURED


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "run", ["a", "-", "token", "token-", "_code", "token ", "cookie=", "=", "a=b&", "\\", '"', "%"]
)
@pytest.mark.parametrize("head", ["", "{", '{"error":"'])
def test_a_megabyte_that_repeats_itself_costs_no_more_than_its_length(run: str, head: str) -> None:
    """SEC-17: whatever the patterns of the redaction look for, a hostile answer doesn't hold a worker."""
    body = (head + run * ((1 << 20) // len(run))).encode()
    answer = HttpAnswer(200, {"content-type": "application/x-www-form-urlencoded"}, body)
    begun = time.perf_counter()
    read = read_answer(answer, {}, refreshing=True, now=NOW, secrets=["sent-before"])
    assert isinstance(read, ErrorAnswer)
    assert time.perf_counter() - begun < 2


# Capital letters that no escape sequence and no word around has, so that finding them is no accident; and odd signs.
secrets = st.text(st.sampled_from("QXZ:%+&=/\\\"'<> é€~*"), min_size=6, max_size=40).filter(
    lambda text: sum(sign in "QXZ" for sign in text) >= 4
)
around = st.text(st.sampled_from("abc,. \n\"'<>&=\\{}"), max_size=60)


@given(secrets, around, around, st.sampled_from(["raw", "form", "percent", "json", "json ascii"]))
def test_no_secret_that_was_sent_survives_in_any_spelling(secret: str, before: str, behind: str, way: str) -> None:
    """SEC-64: in text, in a member, in a member of a member, in a member's name."""
    spelled = {
        "raw": secret,
        "form": quote_plus(secret),
        "percent": quote(secret, safe=""),
        "json": json.dumps(secret, ensure_ascii=False)[1:-1],
        "json ascii": json.dumps(secret)[1:-1],
    }[way]
    text = before + spelled + behind
    for kept in (
        redact_text(text, [secret]),
        redact_members({"error": "x", "error_description": text}, [secret]),
        redact_members({"error": {"message": [text]}, text: 1}, [secret]),
    ):
        assert not any(run in kept for run in runs(secret))
        assert len(kept) <= 1000
        assert kept.isprintable()


def runs(secret: str) -> list[str]:
    """The secret, and its longest stretch of letters where that alone would tell."""
    found = "".join(sign if sign in "QXZ" else " " for sign in secret).split()
    return [secret, *(each for each in found if len(each) >= 4)]


@given(st.lists(st.tuples(st.one_of(member_names, texts), anything), max_size=6), meanings)
def test_every_callback_has_one_reading(parameters: list[tuple[str, str]], mapping: dict[str, str]) -> None:
    """SEC-11: whatever a browser is made to bring."""
    read = read_callback(parameters, mapping)
    if isinstance(read, Approved):
        assert read.code.reveal().isprintable()
    elif isinstance(read, Declined):
        assert (read.error + read.description).isprintable()
        assert len(read.description) <= 1000
    else:
        assert isinstance(read, CallbackRefused)
        assert read.sentence.isprintable()


@given(st.one_of(anything, objects.map(lambda each: f"a.{packed(json.dumps(each).encode())}.c"), st.binary().map(
    lambda each: f"a.{packed(each)}.c"
)))  # fmt: skip
def test_an_id_token_is_read_or_refused(text: str) -> None:
    """SEC-17: nothing else comes out."""
    try:
        identity = read_id_token(Secret(text), "client", None, now=START, nonce_sha256=None)
    except IdTokenRefused:
        return
    assert identity.subject


def packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@given(st.one_of(anything, st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,3} [A-Z][a-z]{2} [0-9]{1,6} [0-9:]{0,9}( GMT)?")))
@example("Fri, 31 Dec 99999 23:59:59 GMT")
@example("Thu, 01 Jan 1970 00:00:00 +9999")
def test_retry_after_is_a_sensible_number_or_none(header: str) -> None:
    """SEC-28."""
    seconds = seconds_until(header, NOW)
    assert seconds is None or 0 <= seconds <= LONGEST
