"""The badge of what runs by itself, a mail account or a web service: its level, icon, order, and the next time."""

from datetime import datetime

from django.utils.translation import gettext as _

from .wording import span

NOW, BUSY, OK, START, OFF = "now", "busy", "ok", "start", "off"
ICONS = {NOW: "alert-octagon", BUSY: "refresh", OK: "circle-check", START: "circle-dashed", OFF: "circle-off"}
ORDER = (NOW, BUSY, START, OK, OFF)  # of a list: what needs a person first, what isn't valid last


def urgency(level: str, name: str) -> tuple[int, str]:
    """The order of a list: what needs a person first, then by name."""
    return ORDER.index(level), name


def switched_off(validity: str) -> tuple[str, str] | None:
    """Level and word of what isn't valid; None for what is."""
    if validity == "invalid":
        return OFF, _("Invalid")
    return (OFF, _("Invalid temporarily")) if validity == "invalid-temporarily" else None


def icon_of(level: str, validity: str) -> str:
    """The icon of a badge."""
    return "player-pause" if validity == "invalid-temporarily" else ICONS[level]


def coming(moment: datetime, now: datetime, due: str) -> str:
    """`in 5 min`; `due` where the moment is here."""
    left = (moment - now).total_seconds()
    return due if left <= 0 else _("in %(span)s") % {"span": span(left)}
