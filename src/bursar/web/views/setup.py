"""`/setup/<link>`: the first administrator sets a password, by a link that only the server's console shows (SEC-36)."""

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from ...access.setup import is_open, redeem
from ...errors import InvalidInput, Refused
from .. import failures
from ..access import public
from ..see_other import see_other


@public
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def first_administrator(request: HttpRequest, link: str) -> HttpResponse:
    """The form, and after it the overview, signed in."""
    if not is_open(link):
        return _closed(request)
    if request.method != "POST":
        return render(request, "setup.html", {"name": "", "email": ""})
    given = {field: request.POST.get(field, "").strip() for field in ("name", "email")}
    password = request.POST.get("password", "")
    problems = [] if given["name"] else [_("Enter your name: colleagues see it beside what you did.")]
    try:
        if not problems:
            person = redeem(link, given["email"], password, given["name"])
            login(request, person, backend="allauth.account.auth_backends.AuthenticationBackend")
            return see_other("/tokens")
    except InvalidInput as problem:
        problems = [problem.sentence]
    except Refused:
        return _closed(request)
    return render(request, "setup.html", given | {"problems": problems}, status=422)


def _closed(request: HttpRequest) -> HttpResponse:
    return failures.page(
        request,
        403,
        _("This link is not valid, or it has been used"),
        _("It makes the first administrator, once. After that, administrators add people with `bursar people add`."),
        _("Sign in, or restart `bursar serve` for a new link while there is no administrator yet."),
    )
