"""The page for a body that is too large, said before anything of it is read, and so before there is a request."""

from collections.abc import Iterable

from django.http import HttpRequest
from django.http.cookie import parse_cookie
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext as _

PAGE = """<!doctype html><html lang="{}"><meta charset="utf-8"><title>{} · Bursar</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/static/bursar.css">
<body class="entrance"><main><section class="card gate failure"><p class="number">413</p>
<h1>{}</h1><p>{}</p><p>{}</p>
<a class="btn outlined main" href="/import">{}</a></section></main></body></html>
"""


def too_large(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The page in the language of whoever sent these headers."""
    language = _language({name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers})
    with translation.override(language):
        page = format_html(
            PAGE,
            language,
            _("Too large"),
            _("That is too large"),
            _("Bursar takes files of at most 32 MB. Nothing was changed."),
            _("Export fewer configurations at a time where it came from, and import the files one after the other."),
            _("Back to the import"),
        )
    return page.encode()


def _language(headers: dict[str, str]) -> str:
    asked = HttpRequest()
    asked.COOKIES = parse_cookie(headers.get("cookie", ""))
    asked.META["HTTP_ACCEPT_LANGUAGE"] = headers.get("accept-language", "")
    return translation.get_language_from_request(asked)
