"""Which addresses may be reached: public ones, and those that an administrator admits (SEC-49).

`ipaddress.is_global` alone lets several ranges through that lead back inside; they are named here.
"""

import ipaddress
import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from ..errors import InvalidInput

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_HOST = re.compile(r"(?=.{1,253}$)([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.|$))+")

_NEVER = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",  # "this" network, RFC 1122 §3.2.1.3
        "100.64.0.0/10",  # shared by carriers, RFC 6598
        "192.0.0.0/24",  # protocol assignments, RFC 6890
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
        "2001::/23",  # Teredo and other protocol assignments
        "2002::/16",  # 6to4, RFC 3056: an IPv4 address in disguise
        "3fff::/20",  # documentation, RFC 9637
    )
)
# All that is handed out so far (RFC 4291 §2.4). Loopback, IPv4-compatible and -translated addresses, NAT64, unique
# local, link-local, site-local and multicast ones are outside of it, and so is whatever will be invented next.
_GLOBAL_UNICAST = IPv6Network("2000::/3")


def plain(address: Address) -> Address:
    """An IPv4 address that comes dressed as IPv6 (`::ffff:…`) as the IPv4 address that it is."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_public(address: Address) -> bool:
    """Whether this is an address on the public internet, and nothing that leads back inside."""
    address = plain(address)
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
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
        return self.names(host, port)

    def names(self, host: str, port: int) -> bool:
        return self.host == host.lower().rstrip(".") and self.port in (None, port)


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

    def admits_name(self, host: str, port: int) -> bool:
        """Whether an entry admits the name at this port, whatever its addresses are."""
        return any(entry.names(host, port) for entry in self.entries)

    def __str__(self) -> str:
        return ",".join(entry.text for entry in self.entries)


def _entry(text: str) -> _Entry:
    network = _network(text)
    if network is not None:
        return _Entry(text, network, None, None)
    host, colon, port_text = text.rpartition(":")
    if not colon:
        host, port_text = text, ""
    port = int(port_text) if port_text.isascii() and port_text.isdigit() and len(port_text) < 6 else None
    bare = host.removeprefix("[").removesuffix("]")
    if (colon and (port is None or not 0 < port < 65536)) or not bare:
        raise _bad(text)
    network = _network(bare)
    if network is not None:
        return _Entry(text, network, None, port)
    if not _HOST.fullmatch(bare):
        raise _bad(text)
    return _Entry(text, None, bare.lower().rstrip("."), port)


def _network(text: str) -> Network | None:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    mapped = plain(network.network_address)
    if network.version == 6 and mapped.version == 4 and network.prefixlen >= 96:
        return ipaddress.ip_network((mapped, network.prefixlen - 96))
    return network


def _bad(text: str) -> InvalidInput:
    return InvalidInput(
        f'"{text}" is neither a host, a host:port, an address nor a network such as 10.1.0.0/16.',
        code="network_invalid",
    )
