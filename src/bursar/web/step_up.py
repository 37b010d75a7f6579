"""Step-up (SEC-43): the dangerous few ask again for the password of whoever has signed in.

A form that is only sometimes dangerous puts `{% load step_up %}{% password_again %}` into its template, and its view
goes on only where `stepped_up(request)` says so; the part shows by itself why not. A page that is dangerous as a
whole is wrapped in `@fresh_password`, below its rule from `access`.
"""

from datetime import timedelta
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from ..app import context
from ..clock import from_micros, to_micros
from .access import View, person_of
from .middleware.session_limits import KEY as SIGNED_IN_AT

FIELD = "current_password"
FRESH = timedelta(minutes=5)
KEY = "password_confirmed_at"


def needs_password(request: HttpRequest) -> bool:
    """Whether this session's password was not confirmed in the last five minutes. Signing in confirms it too."""
    now = context().clock.now()
    moments = (request.session.get(key) for key in (KEY, SIGNED_IN_AT))
    # A moment that is yet to come was written before somebody set the clock back: it proves nothing.
    return not any(isinstance(at, int) and timedelta() <= now - from_micros(at) < FRESH for at in moments)


def confirm_password(request: HttpRequest, password: str) -> bool:
    """Whether that is the password of the person who is signed in; if so, the session is fresh for five minutes.

    Wrong ones count as tries to sign in, and are slowed with them (SEC-37). `problem_of` says why it is False.
    """
    if not password:
        _keep_problem(request, _("Enter your password: it is asked for again."))
        return False
    person = person_of(request)
    try:
        found = get_adapter(request).authenticate(request, email=person.email, password=password)
    except ValidationError as slowed:
        _keep_problem(request, " ".join(slowed.messages))
        return False
    if found is None or found.pk != person.pk:
        _keep_problem(request, _("That is not your password."))
        return False
    request.session[KEY] = to_micros(context().clock.now())
    return True


def stepped_up(request: HttpRequest) -> bool:
    """Whether a POST may go on: the session is fresh, or the form brought the right password in `current_password`."""
    return not needs_password(request) or confirm_password(request, request.POST.get(FIELD, ""))


def problem_of(request: HttpRequest) -> str:
    """Why the password of this request was not taken; empty where none was given, or it was right."""
    return str(getattr(request, "step_up_problem", ""))


def fresh_password(view: View) -> View:
    """Show the page only to who confirmed the password lately; else ask for it first, and then lead there.

    A POST to such a page changes nothing unless the session is fresh or the form brought the password along.
    """

    @wraps(view)
    @sensitive_post_parameters(FIELD)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST":
            allowed = stepped_up(request)
        else:
            allowed = not needs_password(request)
        return view(request, *args, **kwargs) if allowed else ask(request, request.get_full_path())

    return guarded


def ask(request: HttpRequest, then: str) -> HttpResponseBase:
    """The page that asks for the password and leads to `then`."""
    status = 422 if request.method == "POST" else 200
    return render(request, "step_up.html", {"then": then, "lost": request.method == "POST"}, status=status)


def _keep_problem(request: HttpRequest, sentence: str) -> None:
    request.step_up_problem = sentence  # type: ignore[attr-defined]
