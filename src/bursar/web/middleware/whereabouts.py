"""Reads the site once a request, so that every part of the request sees the same one."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ..site import read_site
from .kind import GetResponse


class Whereabouts:
    """Sets `request.site`."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.site = read_site()  # type: ignore[attr-defined]
        return self._get_response(request)
