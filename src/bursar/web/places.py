"""The main menu: every place there is, in its order."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the menu; `also` are further first parts of addresses that belong to it."""

    route: str
    title: str | Promise
    icon: str
    also: tuple[str, ...] = ()


PLACES = (
    Place(
        "tokens",
        _("Tokens"),
        "key",
        also=("configurations", "first-token", "consents", "authorize", "callback", "export", "import"),
    ),
    Place("mail", _("Mail accounts"), "mail"),
    Place("webservices", _("Web services"), "world"),
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
