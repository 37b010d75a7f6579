"""What every answer tells the browser (SEC-40): the content security policy and its companions."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ..site import site_of
from .kind import GetResponse

YEAR = 31_536_000
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action {targets}; frame-ancestors 'none'; base-uri 'none'"
)


class BrowserHeaders:
    """The outermost middleware: error pages and redirects pass it too.

    Chromium holds a form's answer to `form-action` as well, so a page whose button leads to a provider names that
    provider's origin: its view sets `response.form_targets`, and the frame `request.notice_targets` for the lines below
    the menu.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        targets = sorted({*getattr(response, "form_targets", ()), *getattr(request, "notice_targets", ())})
        headers = response.headers
        headers["Content-Security-Policy"] = POLICY.format(targets=" ".join(["'self'", *targets]))
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        headers["Cache-Control"] = "no-store"
        # With `no-referrer` browsers would send `Origin: null` with our own forms. To other hosts, neither says a word.
        headers.setdefault("Referrer-Policy", "same-origin")
        site = site_of(request)
        if site is not None and site.is_https:
            headers["Strict-Transport-Security"] = f"max-age={YEAR}"
        return response
