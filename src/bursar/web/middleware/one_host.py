"""While Bursar's own host is localhost, 127.0.0.1 and [::1] lead there, so that session and callback share a host.

A cookie set for 127.0.0.1 isn't sent to localhost: a consent begun under one and finished under the other would
be refused without the person seeing why.
"""

from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase

from ..site import host_name, site_of
from .kind import GetResponse

NUMBERS = frozenset({"127.0.0.1", "::1"})


class OneHost:
    """Redirects pages, never a POST: its body would be lost."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        site = site_of(request)
        asked = host_name(request.META.get("HTTP_HOST", ""))
        if (
            site is not None
            and request.method in ("GET", "HEAD")
            and not request.path.startswith("/api/")  # programs have no cookies, and lose their key on the way
            and asked in NUMBERS
            and host_name(site.fqdn) == "localhost"
        ):
            return HttpResponseRedirect(site.base_url + request.get_full_path())
        return self._get_response(request)
