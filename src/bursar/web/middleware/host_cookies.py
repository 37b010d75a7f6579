"""`__Host-` and Secure on the cookies of session, last use and CSRF, exactly when HttpType is https (SEC-38).

Django knows one name a cookie, whatever the site; here the names are exchanged for each request.
"""

from http.cookies import Morsel

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ..site import site_of
from .kind import GetResponse

PREFIX = "__Host-"


class HostCookies:
    """Under https only the prefixed cookie counts: a neighbour host can't plant one of that name."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        site = site_of(request)
        names = (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.LAST_USE_COOKIE_NAME)
        if site is None or not site.is_https:
            return self._get_response(request)
        for name in names:
            request.COOKIES.pop(name, None)
            if PREFIX + name in request.COOKIES:
                request.COOKIES[name] = request.COOKIES[PREFIX + name]
        response = self._get_response(request)
        for name in names:
            if name in response.cookies:
                _rename(response, name)
        return response


def _rename(response: HttpResponseBase, name: str) -> None:
    old: Morsel[str] = response.cookies.pop(name)
    response.cookies[PREFIX + name] = old.value
    new = response.cookies[PREFIX + name]
    for attribute, value in old.items():
        if attribute != "domain":
            new[attribute] = value
    new["secure"] = True
    new["path"] = "/"
