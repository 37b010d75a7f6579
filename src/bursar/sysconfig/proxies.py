"""Whose address a request comes from, where trusted reverse proxies stand before Bursar."""

import ipaddress
from collections.abc import Sequence

from .values import Network


def client_address(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """Walk from the connection outwards as long as each hop is trusted; nonsense in the header ends the walk."""
    address = peer
    for hop in reversed(forwarded.split(",")):
        if not _is_in(address, trusted):
            break
        try:
            address = str(ipaddress.ip_address(hop.strip()))
        except ValueError:
            break
    return address


def _is_in(address: str, networks: Sequence[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return any((mapped or parsed) in network for network in networks)
