"""The browser's address, as far as a trusted reverse proxy names it; throttling counts by it."""

import ipaddress
from collections.abc import Sequence

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ...sysconfig.values import Network
from ..site import site_of
from .kind import GetResponse


class TrustedProxies:
    """Sets REMOTE_ADDR to the nearest address in X-Forwarded-For that is no trusted proxy.

    What anybody else writes into that header is ignored. The scheme needs no header: HttpType says it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        site = site_of(request)
        peer = request.META.get("REMOTE_ADDR", "")
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
        if site is not None and forwarded:
            request.META["REMOTE_ADDR"] = client_address(peer, forwarded, site.trusted_proxies)
        return self._get_response(request)


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
