"""The browser's address, as far as a trusted reverse proxy names it; throttling counts by it."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ...sysconfig.proxies import client_address
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
