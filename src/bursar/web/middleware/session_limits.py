"""A sign-in ends twelve hours after it began, however busy its session is, and two hours after its last use (SEC-38).

When a session was last used is told by a signed cookie beside it, not by the database: looking at a page writes
nothing. What a page asks for by itself is no use of it.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ...app import context
from ...clock import from_micros, to_micros
from .kind import GetResponse

KEY = "signed_in_at"
IDLE = timedelta(hours=2)
RENEWED = timedelta(minutes=5)  # how old the cookie may become before a use of the session sets it anew
_SALT = "bursar.last-use"


class SessionLimits:
    """Judges by the context's clock; a session that doesn't say when it began is not believed."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self._get_response(request)
        now, key = context().clock.now(), request.session.session_key
        begun = request.session.get(KEY)
        used = _last_use(request, begun)
        if _is_over(begun, now) or now - used >= IDLE:
            logout(request)
            return self._get_response(request)
        answer = self._get_response(request)
        stays = request.user.is_authenticated
        if stays and _is_use(request) and (now - used >= RENEWED or request.session.session_key != key):
            _set(answer, request, now)
        return answer


def _is_over(begun: Any, now: datetime) -> bool:
    if not isinstance(begun, int):
        return True
    return now - from_micros(begun) >= timedelta(seconds=settings.SESSION_COOKIE_AGE)


def _is_use(request: HttpRequest) -> bool:
    """A person's own doing: a page that is opened, or a form that is sent. Scripts get parts of pages by themselves."""
    return request.method != "GET" or request.headers.get("HX-Request") != "true"


def _last_use(request: HttpRequest, begun: Any) -> datetime:
    """When the session was last used; its beginning, where no cookie of this very session says a later time."""
    latest = begun if isinstance(begun, int) else 0
    try:
        at, _, of = Signer(salt=_SALT).unsign(request.COOKIES.get(settings.LAST_USE_COOKIE_NAME, "")).partition(".")
    except BadSignature:
        return from_micros(latest)
    return from_micros(max(latest, int(at)) if of == _named(request) else latest)


def _set(answer: HttpResponseBase, request: HttpRequest, now: datetime) -> None:
    answer.set_cookie(
        settings.LAST_USE_COOKIE_NAME,
        Signer(salt=_SALT).sign(f"{to_micros(now)}.{_named(request)}"),
        max_age=settings.SESSION_COOKIE_AGE,
        httponly=True,
        samesite="Lax",
    )


def _named(request: HttpRequest) -> str:
    """The session, without giving its key away."""
    return hashlib.sha256((request.session.session_key or "").encode()).hexdigest()[:32]


def note_sign_in(request: HttpRequest, **_: Any) -> None:
    """Receives Django's signal: the clock of this session starts."""
    request.session[KEY] = to_micros(context().clock.now())


user_logged_in.connect(note_sign_in, dispatch_uid="bursar.session_limits")
