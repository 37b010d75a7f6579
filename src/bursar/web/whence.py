"""From which page an action was sent: what happens on a token's own page is told there."""

import re
from urllib.parse import urlsplit

from django.http import HttpRequest

OVERVIEW = "/tokens"
_TOKEN = re.compile(r"/tokens/[0-9a-f]{32}")


def whence(request: HttpRequest) -> str:
    """The token's page from which the browser says it comes, else the overview; never an address of another host."""
    address = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    try:
        path = urlsplit(address).path
    except ValueError:
        return OVERVIEW
    return path if _TOKEN.fullmatch(path) else OVERVIEW
