"""The main menu: every place there is, in its order, and a page for those whose part of Bursar is yet to come."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from .access import look

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the menu; `also` are further first parts of addresses that belong to it.

    While no route leads to it, its page says what will be there, what to use now, and with which command.
    """

    route: str
    title: Words
    icon: str
    also: tuple[str, ...] = ()
    promise: Words = ""
    now: Words = ""
    command: str = ""


PLACES = (
    Place(
        "tokens",
        _("Tokens"),
        "key",
        also=("configurations", "first-token", "consents", "authorize", "callback", "export", "import"),
    ),
    Place(
        "mail",
        _("Mail accounts"),
        "mail",
        promise=_(
            "Mailboxes that Bursar collects with its tokens: when each was last fetched, and a test that says "
            "which step fails."
        ),
        now=_("Mail is collected already. Until this page is there, set accounts up on the command line."),
        command="bursar mail --help",
    ),
    Place(
        "webservices",
        _("Web services"),
        "world",
        promise=_("Services that Bursar calls for you with its tokens, and what they answered."),
        now=_("Until then, your own programs call them: this command prints a valid access token each time."),
        command="bursar token get NAME",
    ),
    Place("keys", _("API keys"), "lock"),
    Place("audit", _("Audit log"), "list"),
    Place("settings", _("Settings"), "adjustments-horizontal"),
    Place("people", _("People"), "users"),
    Place("help", _("Help"), "book"),
)


def menu(path_now: str) -> list[dict[str, Any]]:
    """What the top bar shows; the place that `path_now` belongs to is the current one."""
    first = path_now.lstrip("/").partition("/")[0]
    return [
        {
            "address": f"/{place.route}",
            "title": place.title,
            "icon": place.icon,
            "current": ("page" if path_now == f"/{place.route}" else "true")
            if first == place.route or first in place.also
            else "",
        }
        for place in PLACES
    ]


def missing(routed: Sequence[Any]) -> list[URLPattern]:
    """Routes for the places that no other route leads to yet."""
    known = {str(each.pattern) for each in routed}
    return [path(place.route, _page(place)) for place in PLACES if place.route not in known]


def _page(place: Place) -> Any:
    @look
    @require_safe
    def to_come(request: HttpRequest) -> HttpResponse:
        return render(request, "to_come.html", {"place": place})

    return to_come
