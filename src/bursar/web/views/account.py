"""`/account`: one's own name, password and sessions; language and theme belong to the browser."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from ...access import roster
from ...access.people import NAME_LIMIT, password_problems
from ...app import context
from ..access import own, person_of
from ..languages import NAMES
from ..see_other import see_other
from ..step_up import FIELD, confirm_password, stepped_up


@own
@sensitive_post_parameters(FIELD, "password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """The page, and the three things it changes."""
    wanted = request.POST.get("do", "")
    if wanted == "name":
        return _rename(request)
    if wanted == "password":
        return _change_password(request)
    if wanted == "sessions":
        return _end_sessions(request)
    return _page(request, {}, 422 if request.method == "POST" else 200)


def _rename(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    name = request.POST.get("name", "").strip()
    if not name or len(name) > NAME_LIMIT or not name.isprintable():
        return _page(request, {"name": _("A name has 1 to %(most)d printable characters.") % {"most": NAME_LIMIT}}, 422)
    person.name = name
    person.save(update_fields=["name"])
    messages.success(request, _("Your name is saved."))
    return see_other("/account")


def _change_password(request: HttpRequest) -> HttpResponse:
    """The old one is asked for however fresh the session is: a desk that was left alone is no proof."""
    person = person_of(request)
    new = request.POST.get("password", "")
    if not confirm_password(request, request.POST.get(FIELD, "")):
        return _page(request, {FIELD: str(getattr(request, "step_up_problem", ""))}, 422)
    problems = password_problems(new, person.email, person.name)
    if problems:
        return _page(request, {"password": " ".join(problems)}, 422)
    if new != request.POST.get("again", ""):
        return _page(request, {"again": _("The two passwords differ.")}, 422)
    person.set_password(new)
    person.save(update_fields=["password"])
    update_session_auth_hash(request, person)
    messages.success(request, _("Your password is changed. You are signed out everywhere else."))
    return see_other("/account")


def _end_sessions(request: HttpRequest) -> HttpResponse:
    if not stepped_up(request):
        return _page(request, {"sessions": "asked"}, 422)
    person = person_of(request)
    roster.end_sessions(person.email)
    person.refresh_from_db()
    update_session_auth_hash(request, person)
    messages.success(request, _("You are signed out everywhere else."))
    return see_other("/account")


def _page(request: HttpRequest, problems: dict[str, str], status: int) -> HttpResponse:
    values = {"problems": problems, "given": request.POST.get("name"), "every_language": list(NAMES.items())}
    return render(request, "people/account.html", values | {"now": context().clock.now()}, status=status)
