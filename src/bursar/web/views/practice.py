"""One press to a first token: a configuration for the running practice provider, and straight on to its page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from ...app import context
from ...errors import BursarError
from ...tokens import authorize as authorization
from ...tokens.create import create
from ...tokens.models import Configuration
from ..access import act, person_of
from ..session import session_key
from .actions import leave

NAME = "Practice"


@act
@require_POST
def practice(request: HttpRequest) -> HttpResponse:
    """Make the configuration where there is none yet, and begin its consent."""
    ctx = context()
    person = person_of(request).email
    try:
        if not Configuration.objects.filter(name=NAME).exists():
            create(ctx, "practice", NAME, [], None, person)
        return leave(request, authorization.start(ctx, NAME, person, session_key(request)))
    except BursarError as problem:
        messages.error(request, str(problem))
        return leave(request, "/tokens")
