"""Who may do what on which route (SEC-42): `public`, `own`, `look` or `act`. A view without a rule fails the tests."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase

from ..access.models import Person
from . import failures

View = Callable[..., HttpResponseBase]
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
RULES = ("public", "own", "look", "act")


def public(view: View) -> View:
    """Anybody."""
    view.rule = "public"  # type: ignore[attr-defined]
    return view


def own(view: View) -> View:
    """Whoever is signed in."""
    return _ruled(view, "own", lambda _: True)


def look(view: View) -> View:
    """Whoever is signed in may read; only an administrator may change."""
    return _ruled(view, "look", lambda request: request.method in SAFE or person_of(request).is_admin)


def act(view: View) -> View:
    """Administrators only."""
    return _ruled(view, "act", lambda request: person_of(request).is_admin)


def person_of(request: HttpRequest) -> Person:
    """The person who is signed in; only behind one of the rules."""
    assert isinstance(request.user, Person)
    return request.user


def is_htmx(request: HttpRequest) -> bool:
    """Asked for by a script on one of our pages, which takes a part of a page."""
    return request.headers.get("HX-Request") == "true"


def _ruled(view: View, rule: str, allows: Callable[[HttpRequest], bool]) -> View:
    @wraps(view)
    def ruled(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _unsigned(request)
        if not allows(request):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    ruled.rule = rule  # type: ignore[attr-defined]
    return ruled


def _unsigned(request: HttpRequest) -> HttpResponseBase:
    if is_htmx(request):
        request.audit_asked = True  # type: ignore[attr-defined]
        return HttpResponse(headers={"HX-Redirect": "/sign-in"})
    if request.method in SAFE:
        return HttpResponseRedirect("/sign-in?next=" + quote(request.get_full_path(), safe="/"))
    return failures.not_signed_in(request)
