"""The way to the first token as a page of its own: the empty overview shows it, and later it is found again."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ..access import look
from ..first_token import guide
from ..targets import origins


@look
@require_safe
def first_token(request: HttpRequest) -> HttpResponse:
    """The numbered steps, with ticks at what is there."""
    found = guide(request)
    response = render(request, "first_run.html")
    targets = origins([found.configuration.id]) if found.configuration else set()
    practice = {f"http://127.0.0.1:{found.practice_port}"} if found.practice_port else set()
    response.form_targets = targets | practice  # type: ignore[attr-defined]
    return response
