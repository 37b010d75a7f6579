"""Which addresses may be reached: public ones, and those that an administrator admits (SEC-49).

`ipaddress.is_global` alone lets several ranges through that lead back inside; they are named here.
"""

import ipaddress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from ..errors import InvalidInput

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NEVER = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",  # "this" network, RFC 1122 §3.2.1.3
        "100.64.0.0/10",  # shared by carriers, RFC 6598
        "192.0.0.0/24",  # protocol assignments, RFC 6890
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
        "::/96",  # unspecified, loopback, IPv4-compatible
        "64:ff9b::/96",  # NAT64, RFC 6052: an IPv4 address in disguise
        "64:ff9b:1::/48",  # local NAT64, RFC 8215
        "100::/64",  # discard-only, RFC 6666
        "2001::/23",  # Teredo and other protocol assignments
        "2002::/16",  # 6to4, RFC 3056
        "fc00::/7",  # unique local
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local, RFC 3879
        "ff00::/8",  # multicast
    )
)


def plain(address: Address) -> Address:
    """An IPv4 address that comes dressed as IPv6 (`::ffff:…`) as the IPv4 address that it is."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_public(address: Address) -> bool:
    """Whether this is an address on the public internet, and nothing that leads back inside."""
    address = plain(address)
    if any(address in network for network in _NEVER if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast


@dataclass(frozen=True, slots=True)
class _Entry:
    text: str
    network: Network | None
    host: str | None
    port: int | None

    def admits(self, host: str, port: int, address: Address) -> bool:
        if self.port is not None and self.port != port:
            return False
        if self.network is not None:
            return address.version == self.network.version and address in self.network
        return self.host == host.lower().rstrip(".")


@dataclass(frozen=True, slots=True)
class AllowedNetworks:
    """The setting `Outbound::AllowedNetworks`: hosts, `host:port`, addresses and CIDRs, separated by commas."""

    entries: tuple[_Entry, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "AllowedNetworks":
        """Raises InvalidInput that names the entry."""
        return cls(tuple(_entry(part.strip()) for part in text.split(",") if part.strip()))

    def admits(self, host: str, port: int, address: Address) -> bool:
        """Whether an entry admits this very address, or the name it was looked up by."""
        address = plain(address)
        return any(entry.admits(host, port, address) for entry in self.entries)

    def __str__(self) -> str:
        return ",".join(entry.text for entry in self.entries)


def _entry(text: str) -> _Entry:
    try:
        return _Entry(text, ipaddress.ip_network(text, strict=False), None, None)
    except ValueError:
        pass
    host, colon, port_text = text.rpartition(":")
    if not colon:
        host, port_text = text, ""
    port = int(port_text) if port_text.isascii() and port_text.isdigit() and len(port_text) < 6 else None
    bare = host.removeprefix("[").removesuffix("]")
    if (colon and (port is None or not 0 < port < 65536)) or not bare:
        raise _bad(text)
    try:
        return _Entry(text, ipaddress.ip_network(bare), None, port)
    except ValueError:
        pass
    if not all(
        label and len(label) < 64 and label.replace("-", "a").replace("_", "a").isalnum() for label in bare.split(".")
    ):
        raise _bad(text)
    return _Entry(text, None, bare.lower().rstrip("."), port)


def _bad(text: str) -> InvalidInput:
    return InvalidInput(
        f'"{text}" is neither a host, a host:port, an address nor a network such as 10.1.0.0/16.',
        code="network_invalid",
    )
