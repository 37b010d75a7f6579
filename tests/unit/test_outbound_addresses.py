"""Which addresses are public, and what an administrator admits."""

import ipaddress

import pytest

from bursar.errors import InvalidInput
from bursar.outbound import AllowedNetworks, OutboundRefused
from bursar.outbound.addresses import is_public
from tests.unit.wire_scene import door

NOT_PUBLIC = [
    "0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.254", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255",
    "192.168.0.1", "169.254.169.254", "169.254.0.1", "100.64.0.1", "100.127.255.254", "192.0.0.1", "192.0.0.8",
    "192.0.0.170", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1",
    "::ffff:192.0.0.8", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:7f00:1::",
    "2001:10::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1", "fc00::1", "fd12:3456::1", "fe80::1",
    "fec0::1", "ff02::1", "ff0e::1", "5f00::1", "4000::1", "1::1",
]  # fmt: skip
PUBLIC = [
    "8.8.8.8", "1.1.1.1", "93.184.215.14", "100.128.0.1", "172.32.0.1", "192.167.255.255", "192.0.1.1",
    "223.255.255.254", "::ffff:8.8.8.8", "2001:4860:4860::8888", "2606:4700::1111", "2a00:1450:4001::1", "2003::1",
]  # fmt: skip


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_an_address_that_leads_back_inside_is_refused_as_a_literal_and_behind_a_name(text: str) -> None:
    """SEC-49."""
    address = ipaddress.ip_address(text)
    assert not is_public(address)
    behind_a_name = door("", resolve=lambda host, port, deadline: [address])
    for host, there in (
        (text, door("")),
        (f"[{text}]" if ":" in text else text, door("")),
        ("evil.example", behind_a_name),
    ):
        with pytest.raises(OutboundRefused) as caught:
            there.connect(host, 443, there.deadline(5))
        assert caught.value.code == "address_refused"
        assert "bursar setting set Outbound::AllowedNetworks" in caught.value.action


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_public(text: str) -> None:
    """SEC-49: the table would be worth nothing if it refused everything."""
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    ("setting", "host", "port", "address", "admitted"),
    [
        ("10.0.0.0/8", "idp.example", 443, "10.1.2.3", True),
        ("10.0.0.0/8", "idp.example", 443, "11.1.2.3", False),
        ("10.1.2.3/8", "idp.example", 443, "10.9.9.9", True),
        ("10.0.0.0/8", "idp.example", 443, "::ffff:10.1.2.3", True),
        ("::ffff:10.0.0.0/104", "idp.example", 443, "10.1.2.3", True),
        ("10.1.2.3", "idp.example", 9443, "10.1.2.3", True),
        ("10.1.2.3:9443", "idp.example", 9443, "10.1.2.3", True),
        ("10.1.2.3:9443", "idp.example", 443, "10.1.2.3", False),
        ("idp.example", "idp.example", 443, "10.1.2.3", True),
        ("idp.example", "IDP.Example.", 443, "10.1.2.3", True),
        ("idp.example", "evil.idp.example", 443, "10.1.2.3", False),
        ("idp.example", "idp.example.evil", 443, "10.1.2.3", False),
        ("idp.example:9443", "idp.example", 9443, "10.1.2.3", True),
        ("idp.example:9443", "idp.example", 443, "10.1.2.3", False),
        ("fd00::/8", "x", 1, "fd12::1", True),
        ("[fd12::1]:993", "x", 993, "fd12::1", True),
        ("[fd12::1]:993", "x", 994, "fd12::1", False),
        ("fd12::1", "x", 994, "fd12::1", True),
        (" a.example , 10.0.0.0/8 ,, b.example:993 ", "b.example", 993, "192.168.0.1", True),
        ("", "x", 443, "127.0.0.1", False),
    ],
)
def test_an_entry_admits_exactly_what_it_says(setting: str, host: str, port: int, address: str, admitted: bool) -> None:
    """SEC-49."""
    assert AllowedNetworks.parse(setting).admits(host, port, ipaddress.ip_address(address)) is admitted


@pytest.mark.parametrize(
    "text",
    ["http://idp", "idp.example/x", "idp:0", "idp:65536", "idp:x", "idp:", ":443", "a b", "idp..example", "-x", "x'y",
     "10.0.0.0/33", "*", "é.example", "[::1", "a" * 64, ".".join(["a" * 60] * 5)],
)  # fmt: skip
def test_an_entry_that_is_none_is_named(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        AllowedNetworks.parse(f"10.0.0.0/8,{text}")
    assert text.strip() in str(caught.value)


def test_entries_keep_their_text() -> None:
    text = "idp.example,10.0.0.0/8,[fd12::1]:993"
    assert str(AllowedNetworks.parse(text)) == text
