"""303: the browser asks for the next page by GET, whatever it sent before."""

from django.http import HttpResponse


def see_other(url: str) -> HttpResponse:
    """A redirect after a POST, or away from an address that must not stay in the history (RFC 9110 §15.4.4)."""
    return HttpResponse(status=303, headers={"Location": url})
