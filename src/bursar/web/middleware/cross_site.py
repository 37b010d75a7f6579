"""CSRF protection: Django's token, and what the browser says of where a request comes from (SEC-39)."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseForbidden
from django.middleware.csrf import CsrfViewMiddleware

from ..site import site_of

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
OWN = frozenset({"same-origin", "none"})


class CrossSite(CsrfViewMiddleware):
    """Accepts Bursar's own origin, which a reverse proxy may hide from Django; refuses what other sites sent."""

    def _origin_verified(self, request: HttpRequest) -> bool:
        site = site_of(request)
        origin = request.META.get("HTTP_ORIGIN", "")
        if site is not None and origin.lower() == site.base_url.lower():
            return True
        return bool(super()._origin_verified(request))  # type: ignore[misc]

    def process_view(
        self,
        request: HttpRequest,
        callback: Callable[..., Any] | None,
        callback_args: tuple[Any, ...],
        callback_kwargs: dict[str, Any],
    ) -> HttpResponseForbidden | None:
        fetch_site = request.META.get("HTTP_SEC_FETCH_SITE", "same-origin")
        if request.method not in SAFE and fetch_site not in OWN:
            refused: HttpResponseForbidden = self._reject(request, f"Sec-Fetch-Site is {fetch_site}.")  # type: ignore[attr-defined]
            return refused
        return super().process_view(request, callback, callback_args, callback_kwargs)  # type: ignore[arg-type]
