"""Pages for what went wrong. They need neither database nor session, so that they appear whatever is broken.

Whoever is known to be signed in keeps the menu, which is a way on from anywhere.

An unexpected exception shows a reference only; the log has the rest under the same reference (SEC-66).
"""

import logging
import secrets
import sys

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from ..access.models import Person
from ..api.failures import answer, bare
from ..askable import is_askable
from ..errors import BursarError
from ..sentences import said
from .languages import others
from .middleware.kind import GetResponse
from .site import site_of

log = logging.getLogger("bursar.web")


def page(
    request: HttpRequest, status: int, title: str, sentence: str, action: str = "", reference: str = ""
) -> HttpResponse:
    """One failure as a page, or as a message in place where a script asked."""
    if request.path.startswith("/api/"):
        return answer(bare(status))
    if request.headers.get("HX-Request") == "true":
        found = {"kind": "failed", "title": title, "sentence": sentence, "action": action, "reference": reference}
        html = render_to_string("parts/result_only.html", {"result": found}, request=None)
        shown = HttpResponse(html, headers={"HX-Retarget": "#result", "HX-Reswap": "outerHTML"})
        shown.told_status = status  # type: ignore[attr-defined]  # for the audit log: the script gets 200, to show it
        return shown
    values = {
        "status": status,
        "title": title,
        "sentence": sentence,
        "action": action,
        "reference": reference,
        "here": site_of(request),
        "theme": request.COOKIES.get("bursar-theme", ""),
        "languages": others(),
        "address": request.path if request.method == "GET" else "/tokens",
        "csrf_token": get_token(request),
    }
    person = _person(request, status)
    if person is not None:
        values |= _menu(request, person)
    return HttpResponse(render_to_string("failure.html", values, request=None), status=status)


def _menu(request: HttpRequest, person: Person) -> dict[str, object]:
    from .frame import initials  # the frame knows the views' rules, which know these pages
    from .places import menu

    return {"person": person, "initials": initials(str(person)), "menu": menu(request.path)}


def _person(request: HttpRequest, status: int) -> Person | None:
    """Whoever is signed in. Where something is broken only what the request has found out already is asked for."""
    if status >= 500:
        found = getattr(request, "_cached_user", None)
        return found if isinstance(found, Person) else None
    try:
        user = getattr(request, "user", None)
        return user if isinstance(user, Person) else None
    except BursarError:
        return None  # the database is away: the page is still there, without the menu


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400"""
    del exception
    return page(
        request,
        400,
        _("Bursar can't read this request"),
        _("The browser sent something that Bursar doesn't understand."),
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403"""
    del exception
    return page(
        request,
        403,
        _("Only administrators may do this"),
        _("Your role lets you look at everything and change nothing."),
        _("Ask an administrator to do it, or to give you the role."),
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404"""
    del exception
    return page(request, 404, _("There is no such page"), _("The address is misspelt, or what it showed is gone."))


def not_allowed(request: HttpRequest) -> HttpResponse:
    """405"""
    return page(
        request,
        405,
        _("This address takes no such request"),
        _("It changes something, so only a button on a page may call it."),
    )


def not_signed_in(request: HttpRequest) -> HttpResponse:
    """401"""
    return page(
        request,
        401,
        _("You are not signed in"),
        _("The session ended, so nothing was changed."),
        _("Sign in, then do it again."),
    )


def too_many(request: HttpRequest) -> HttpResponse:
    """429"""
    return page(
        request,
        429,
        _("Too many tries"),
        _("Bursar lets this address wait."),
        _("Try again in a few minutes."),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """500: a reference for the person, the rest for the log; or an error of Bursar's own from outside of a view."""
    problem = sys.exc_info()[1]
    if isinstance(problem, BursarError):
        return known(request, problem)
    reference = secrets.token_hex(4)
    log.error("unexpected failure %s at %s", reference, request.path, exc_info=problem)
    return page(
        request,
        500,
        _("Bursar met something it didn't expect"),
        _("Nothing is known to be lost. The log of the server tells more under the reference."),
        reference=reference,
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form's token, its cookie or its origin doesn't fit."""
    log.warning("cross-site protection refused %s: %s", request.path, reason)
    site = site_of(request)
    expected = site.base_url if site else _("its own address")
    return page(
        request,
        403,
        _("The browser's proof is missing"),
        _(
            "Bursar takes this only from its own pages at %(address)s, with the cookie they set. The page may be from "
            "an earlier sign-in, or was opened under another host name."
        )
        % {"address": expected},
        _("Open %(address)s and do it again from there.") % {"address": expected},
    )


class Failures:
    """The innermost middleware: errors become pages, and bare refusals of Django get a face."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        bare_refusal = not getattr(response, "content", b"") or request.path.startswith("/api/")
        if response.status_code == 405 and bare_refusal:
            allowed = response.headers.get("Allow", "")
            response = not_allowed(request)
            response.headers["Allow"] = allowed
        return response

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: dict[str, object]) -> None:
        """What no id and no name can be is not looked for: a database would refuse the question."""
        del view, args
        asked = [value for value in kwargs.values() if isinstance(value, str)]
        if not request.path.startswith("/api/") and not all(map(is_askable, asked)):
            raise Http404

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """Bursar's own errors say themselves what they are; the rest goes Django's way to `server_error`."""
        return known(request, problem) if isinstance(problem, BursarError) else None


def known(request: HttpRequest, problem: BursarError) -> HttpResponse:
    """An error of the one tree, with its status, sentence and step."""
    return page(request, problem.http_status, *_split(said(problem.sentence)), said(problem.action))


def _split(sentence: str) -> tuple[str, str]:
    """The first sentence is the heading, the rest stands below."""
    head, dot, rest = sentence.partition(". ")
    return head.rstrip("."), rest if dot else ""
