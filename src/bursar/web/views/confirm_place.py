"""What is held because it would send a token where nobody has confirmed it: the look, the yes (SEC-62, SEC-43)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ...app import context
from ...errors import BursarError
from ...mail.models import MailAccount
from ...webservices.models import WebService
from ..access import person_of
from ..see_other import see_other
from ..seen import seen_of
from ..step_up import stepped_up


@dataclass(frozen=True, slots=True)
class Confirming:
    """Where its list is and how that is called; label, text and address of each fact that is to be compared."""

    place: str
    title: str
    facts: Sequence[tuple[str, str, str]]


def confirm_place(
    request: HttpRequest,
    row: MailAccount | WebService,
    what: Confirming,
    confirm: Callable[..., object],
    done: str,
) -> HttpResponse:
    """The page, and by POST with the password the release of what was looked at."""
    if not row.held:
        return see_other(f"{what.place}/{row.id}")
    shown = {"row": row, "what": what, "facts": [fact for fact in what.facts if fact[1]]}
    if request.method != "POST":
        return render(request, "parts/confirm_place.html", shown)
    seen = request.POST.get("seen", "")
    if not stepped_up(request):
        return render(request, "parts/confirm_place.html", shown, status=422)
    try:
        number = seen_of(seen) or 0
        confirm(context(), row, person_of(request).email, seen=number)
    except BursarError as late:
        return render(request, "parts/confirm_place.html", shown | {"problem": str(late)}, status=409)
    messages.success(request, done)
    return see_other(f"{what.place}/{row.id}")
