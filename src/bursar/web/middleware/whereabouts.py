"""Reads the site once a request, so that every part of the request sees the same one."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ..site import keep_site, read_site
from .kind import GetResponse


class Whereabouts:
    """Sets what `site_of` returns."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        keep_site(request, read_site())
        return self._get_response(request)
