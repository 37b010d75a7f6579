"""`/authorize/<ticket>`: what the command line's link leads to."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ...app import context
from ...errors import BursarError
from ...tokens.authorize import redeem, ticket_view
from ...tokens.labels import resolve
from .. import failures
from ..access import look, person_of
from ..frame import leave_out_notice
from ..session import session_key
from ..targets import origins
from .actions import leave


@look
@require_http_methods(["GET", "HEAD", "POST"])
def ticket(request: HttpRequest, ticket: str) -> HttpResponse:
    """Name, label and provider, and a button; the button uses the ticket up."""
    ctx = context()
    if request.method == "POST":
        try:
            url = redeem(ctx, ticket, person_of(request).email, session_key(request))
        except BursarError as problem:
            return failures.known(request, problem)
        return leave(request, url) if url else _gone(request)
    seen = ticket_view(ctx, ticket)
    if seen is None:
        return _gone(request)
    found = resolve(ctx, seen.reference)
    leave_out_notice(request, found.configuration_id)
    response = render(request, "ticket.html", {"ticket": seen})
    response.form_targets = origins([found.configuration_id])  # type: ignore[attr-defined]
    return response


def _gone(request: HttpRequest) -> HttpResponse:
    return failures.page(
        request,
        404,
        _("This link is used or too old"),
        _("A link of `bursar token authorize` works once, for ten minutes."),
        _("Make a new one, or press Authorize on the token overview."),
    )
