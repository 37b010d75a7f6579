"""A sign-in ends twelve hours after it began, however busy its session is (SEC-38)."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ...app import context
from ...clock import from_micros, to_micros
from .kind import GetResponse

KEY = "signed_in_at"


class SessionLimits:
    """Judges by the context's clock; a session that doesn't say when it began is not believed."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated and _is_over(request.session.get(KEY)):
            logout(request)
        return self._get_response(request)


def _is_over(begun: Any) -> bool:
    if not isinstance(begun, int):
        return True
    return context().clock.now() - from_micros(begun) >= timedelta(seconds=settings.SESSION_COOKIE_AGE)


def note_sign_in(request: HttpRequest, **_: Any) -> None:
    """Receives Django's signal: the clock of this session starts."""
    request.session[KEY] = to_micros(context().clock.now())


user_logged_in.connect(note_sign_in, dispatch_uid="bursar.session_limits")
