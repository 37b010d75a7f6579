"""303: the browser asks for the next page by GET, whatever it sent before."""

from django.http import HttpResponse


class SeeOther(HttpResponse):
    """A redirect after a POST, or away from an address that must not stay in the history (RFC 9110 §15.4.4).

    Django's own classes bound the length of an address, and a provider's, with all its scopes, may be longer.
    """

    status_code = 303

    def __init__(self, url: str) -> None:
        super().__init__(headers={"Location": url})

    @property
    def url(self) -> str:
        """Where it leads."""
        return self.headers["Location"]


def see_other(url: str) -> SeeOther:
    """Go there by GET."""
    return SeeOther(url)
