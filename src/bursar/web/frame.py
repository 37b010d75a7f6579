"""What every page's frame needs: who is here, what needs them, and how the page is to look."""

from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest

from ..access.models import Person
from ..app import context
from ..errors import BursarError
from ..tokens.board import now_count
from .gathered import Gathered
from .languages import others
from .mail.notices import mail_notices
from .notices import notices_for
from .places import menu
from .site import site_of
from .standing import Level
from .targets import targets_of_notices
from .webservices.notices import service_notices

THEMES = ("light", "dark")
OVERVIEW_SHOWS = 3


def frame(request: HttpRequest) -> dict[str, Any]:
    """The context processor. Visitors who aren't signed in learn nothing."""
    theme = request.COOKIES.get("bursar-theme", "")
    values: dict[str, Any] = {
        "here": site_of(request),
        "theme": theme if theme in THEMES else "",
        "languages": others(),
    }
    person = getattr(request, "user", None)
    if not isinstance(person, Person):
        return values
    own = {"person": person, "initials": initials(str(person)), "menu": menu(request.path)}
    known: dict[str, Any] | None = getattr(request, "health", None)
    shown = known or health(request)
    if person.is_admin and "HX-Request" not in request.headers:  # a part of a page stands under the policy of the page
        request.notice_targets = targets_of_notices(shown["notices"])  # type: ignore[attr-defined]
    return values | own | {"results": results_of(request)} | shown


def health(request: HttpRequest, gathered: Gathered | None = None) -> dict[str, Any]:
    """The notices and the count in the top bar. A page still appears where they can't be had.

    Three notices stand open on the overview, which has `gathered` what they are about; the most urgent one elsewhere.
    The frame of the same request shows the same.
    """
    ctx = context()
    now = ctx.clock.now()
    try:
        count = now_count(ctx, now)
        own, known = getattr(request, "own_configuration", ""), (gathered.causes, gathered.views) if gathered else ()
        found = notices_for(ctx, now, own, *known)
        about_mail, accounts = mail_notices(ctx, getattr(request, "own_account", ""))
        about_services, services = service_notices(ctx, getattr(request, "own_service", ""))
    except BursarError:
        return {"notices": [], "health": None}
    shown = OVERVIEW_SHOWS if gathered else 1
    lines = sorted([*found.lines, *about_mail, *about_services], key=lambda line: line.level != Level.NOW)
    count += accounts + services
    rest = len(lines) - shown
    values = {"notices": lines, "unnamed": found.unnamed, "open": shown, "more": rest, "health": count}
    request.health = values  # type: ignore[attr-defined]
    return values


def leave_out_notice(request: HttpRequest, configuration_id: str) -> None:
    """On a page about one thing, its own notice would only repeat the page."""
    request.own_configuration = configuration_id  # type: ignore[attr-defined]


def initials(name: str) -> str:
    """Two letters for the round beside the name."""
    words = name.partition("@")[0].replace(".", " ").split() or ["?"]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def results_of(request: HttpRequest) -> list[dict[str, str]]:
    """What the request before this one came to, kept in the session until it is shown."""
    return [{"kind": message.level_tag, "sentence": message.message} for message in get_messages(request)]
