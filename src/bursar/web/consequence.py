"""What follows for those who use a token that needs a person now: who waits, or stops, and when."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..clock import from_micros
from ..tokens.causes import Cause
from .names import user_icon
from .rows import Row
from .standing import Level
from .wording import clock


def consequence_of(row: Row, cause: Cause, used_by: Sequence[str], now: datetime) -> str:
    """The sentence behind a notice's fact; empty where nobody waits."""
    users = set(used_by)
    if not users or row.standing.level is not Level.NOW:
        return ""
    last = None if cause.last_end is None else from_micros(cause.last_end)
    values = {"users": len(users), "when": "" if last is None else clock(last, now)}
    kinds = {user_icon(user) for user in users}
    if row.view.held or last is None:
        return _waits(kinds, len(users)) % values
    return (_stops(kinds, len(users)) if last > now else _has_waited(kinds, len(users))) % values


def _waits(kinds: set[str], users: int) -> str:
    if kinds == {"mail"}:
        return ngettext("One mail account waits.", "%(users)d mail accounts wait.", users)
    if kinds == {"plug"}:
        return ngettext("One web service waits.", "%(users)d web services wait.", users)
    return _("%(users)d mail accounts and web services wait.")


def _stops(kinds: set[str], users: int) -> str:
    if kinds == {"mail"}:
        return ngettext("One mail account stops at %(when)s.", "%(users)d mail accounts stop at %(when)s.", users)
    if kinds == {"plug"}:
        return ngettext("One web service stops at %(when)s.", "%(users)d web services stop at %(when)s.", users)
    return _("%(users)d mail accounts and web services stop at %(when)s.")


def _has_waited(kinds: set[str], users: int) -> str:
    if kinds == {"mail"}:
        return ngettext(
            "One mail account has been waiting since %(when)s.",
            "%(users)d mail accounts have been waiting since %(when)s.",
            users,
        )
    if kinds == {"plug"}:
        return ngettext(
            "One web service has been waiting since %(when)s.",
            "%(users)d web services have been waiting since %(when)s.",
            users,
        )
    return _("%(users)d mail accounts and web services have been waiting since %(when)s.")
