"""`/tokens/<id>/link`: a link with which a colleague authorizes, shown once to be handed over."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from ...app import context
from ...errors import BursarError
from ...tokens.authorize import ticket
from ..access import act, person_of
from ..site import site_of
from .actions import failed, finished, found


@act
@require_POST
def link(request: HttpRequest, token_id: str) -> HttpResponse:
    """Made by a POST, since it is written down; good once, and for ten minutes (SEC-5)."""
    ctx = context()
    view = found(ctx, token_id)
    try:
        text = ticket(ctx, view.reference, person_of(request).email)
    except BursarError as problem:
        return finished(request, failed(view, problem.sentence, problem.action))
    site = site_of(request)
    values = {"view": view, "link": f"{site.base_url if site else ''}/authorize/{text}"}
    return render(request, "colleague.html", values)
