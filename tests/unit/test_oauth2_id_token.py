"""Who signed in, by claims that came straight from the token endpoint (SEC-13)."""

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bursar.keyring import Secret
from bursar.oauth2.id_token import LEEWAY_SECONDS, LONGEST, Identity, IdTokenRefused, identity_of, read_id_token

ISSUER = "https://i.example"
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": "client",
    "sub": "1234",
    "email": "a@b.example",
    "exp": int(NOW.timestamp()) + 300,
}


def packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(claims: Any, header: str = packed(b'{"alg":"RS256"}')) -> Secret:
    body = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    return Secret(f"{header}.{packed(body)}.{packed(b'signature')}")


def read(issuer: str | None = ISSUER, sent: str | None = None, **changes: Any) -> Identity:
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not ...}
    nonce = None if sent is None else hashlib.sha256(sent.encode()).hexdigest()
    return read_id_token(token(claims), "client", issuer, now=NOW, nonce_sha256=nonce)


def test_the_subject_names_the_account_and_a_person_knows_it_by_its_address() -> None:
    assert read() == Identity(ISSUER, "1234", "a@b.example")
    assert read(email=..., preferred_username="ann").account == "ann"
    assert read(email=..., upn="ann@corp.example").account == "ann@corp.example"
    assert read(email="", name="Ann").account == "Ann"
    assert read(email="a\n@b", name="Ann").account == "Ann"
    assert read(email=["a@b.example"]).account is None
    assert read(email=...).account is None


def test_where_no_issuer_is_known_the_one_in_the_token_counts() -> None:
    assert read(issuer=None).issuer == ISSUER


@pytest.mark.parametrize("audience", ["other", "", None, 1, ["other"], [], {"client": 1}, "client2", ..., [["client"]]])
def test_a_token_for_another_client_is_refused(audience: Any) -> None:
    """OpenID Connect Core §3.1.3.7, 3."""
    with pytest.raises(IdTokenRefused, match="audience"):
        read(aud=audience)


def test_one_audience_of_several_will_do_unless_it_was_made_for_another() -> None:
    """§3.1.3.7, 3 to 5."""
    assert read(aud=["other", "client"], azp="client").subject == "1234"
    assert read(aud=["client"]).subject == "1234"
    for other in ("other", None, ["client"], "", ...):
        with pytest.raises(IdTokenRefused, match="another client"):
            read(aud=["other", "client"], azp=other)


@pytest.mark.parametrize("end", [-LEEWAY_SECONDS, -3600, -1e300])
def test_a_token_that_is_over_is_refused(end: float) -> None:
    """§3.1.3.7, 9: with a small leeway, since clocks differ."""
    assert read(exp=NOW.timestamp() - LEEWAY_SECONDS + 1).subject == "1234"
    with pytest.raises(IdTokenRefused, match="has ended"):
        read(exp=NOW.timestamp() + end)


@pytest.mark.parametrize("end", [..., None, "", "1795609000", True, [1795609000], {}, float("nan")])
def test_a_token_without_an_end_is_refused(end: Any) -> None:
    """§2: `exp` is required."""
    with pytest.raises(IdTokenRefused, match=r"ends|ended"):
        read(exp=end)


def test_the_token_answers_the_nonce_that_was_sent() -> None:
    """§3.1.3.7, 11: where none was sent, whatever is there says nothing."""
    assert read(sent="n-1", nonce="n-1").subject == "1234"
    assert read(nonce="unasked").subject == "1234"
    for other in ("n-2", "", None, ..., ["n-1"], 1, "\ud800"):
        with pytest.raises(IdTokenRefused, match="nonce"):
            read(sent="n-1", nonce=other)


@pytest.mark.parametrize(
    "issuer",
    ["https://i.example/", "https://I.example", "https://evil.example", "", None, 1, ["https://i.example"], ...],
)
def test_another_issuer_is_refused_byte_for_byte(issuer: Any) -> None:
    """§3.1.3.7, 2."""
    with pytest.raises(IdTokenRefused, match="issuer"):
        read(iss=issuer)


@pytest.mark.parametrize("issuer", ["", None, ..., 7, "https://i.example\n", "i" * 5000])
def test_an_issuer_that_none_is_called_is_refused_where_none_is_known(issuer: Any) -> None:
    with pytest.raises(IdTokenRefused, match="issuer"):
        read(issuer=None, iss=issuer)


@pytest.mark.parametrize("subject", ["", None, ..., 7, ["1234"], "a\x00b", "a\nb", "s" * 1001, True])
def test_a_token_that_names_nobody_is_refused(subject: Any) -> None:
    with pytest.raises(IdTokenRefused, match="no account"):
        read(sub=subject)
    with pytest.raises(IdTokenRefused, match="no account"):
        identity_of({"sub": subject}, None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a.b",
        "a.b.c.d",
        "..",
        "a.!!!.c",
        "a.é.c",
        f"a.{packed(b'[1]')}.c",
        f"a.{packed(b'null')}.c",
        f"a.{packed(b'not json')}.c",
        f"a.{packed(bytes(range(200, 256)))}.c",
        f"a.{packed(b'[' * 20_000)}.c",
        f"a.{packed(b'9' * 9_000)}.c",
        f"a.{packed(b'{' + b' ' * LONGEST)}.c",
        "." * 100_000,
    ],
)
def test_what_is_no_token_is_refused_without_a_traceback(text: str) -> None:
    """SEC-17: bounded, whatever it is."""
    with pytest.raises(IdTokenRefused) as refused:
        read_id_token(Secret(text), "client", ISSUER, now=NOW, nonce_sha256=None)
    assert len(str(refused.value)) < 100


def test_a_token_beyond_all_measure_is_refused_unread() -> None:
    with pytest.raises(IdTokenRefused, match="no signed JWT"):
        read(picture="p" * LONGEST)


def test_a_refusal_tells_no_claim() -> None:
    with pytest.raises(IdTokenRefused) as refused:
        read(aud="somebody-else", sub="private-subject")
    assert "somebody-else" not in str(refused.value)
    assert "private-subject" not in str(refused.value)
