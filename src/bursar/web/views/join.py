"""`/join/<token>`: who was invited sets name and password; who forgot theirs, a new password (SEC-36, SEC-37)."""

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from ...access.invitations import open_invitation, redeem
from ...app import context
from ...errors import InvalidInput, Refused
from .. import failures
from ..access import public
from ..see_other import see_other


@public
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """The form, and after it the overview, signed in."""
    ctx = context()
    found = open_invitation(ctx, token)
    if found is None:
        return _closed(request)
    values = {"invitation": found, "name": request.POST.get("name", found.name)}
    if request.method != "POST":
        return render(request, "people/join.html", values)
    try:
        person = redeem(ctx, token, request.POST.get("name", ""), request.POST.get("password", ""))
    except InvalidInput as problem:
        return render(request, "people/join.html", values | {"problem": problem.sentence}, status=422)
    except Refused:
        return _closed(request)
    login(request, person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return see_other("/tokens")


def _closed(request: HttpRequest) -> HttpResponse:
    return failures.page(
        request,
        403,
        _("This link is not valid, or it has been used"),
        _("It sets a password once, within three days, and a newer link takes its place."),
        _("Ask an administrator for a new one."),
    )
