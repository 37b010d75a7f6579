"""The lines below the top menu: what needs a person, the most urgent first, one line a cause.

A configuration's flags say whether an expired token or refresh token makes one ("no token yet" is expired; an absent
refresh token counts where TokenByRefreshToken is configured); what is misconfigured or held always makes one. Which
tokens that are is decided by the listing; here it is put into words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..context import Context
from ..tokens.causes import Cause, Causes, causes
from ..tokens.overview import TokenView, views_of
from ..tokens.users import users_of
from .consequence import consequence_of
from .rows import Row, row_of
from .standing import Level
from .steps import Step, obtaining
from .wording import clock

READ = 20


@dataclass(frozen=True, slots=True)
class Notice:
    """One line: the bold fact, what follows from it, and the step."""

    level: str
    icon: str
    fact: str
    consequence: str
    step: Step | None
    object: str
    configuration_id: str = ""


@dataclass(frozen=True, slots=True)
class Notices:
    """The lines of a page, and how many tokens with a notice none of them is about."""

    lines: tuple[Notice, ...] = ()
    unnamed: int = 0


def causes_of(ctx: Context, now: datetime) -> Causes:
    """What the lines are about."""
    return causes(ctx, now, READ)


def notices_for(
    ctx: Context,
    now: datetime,
    leave_out: str = "",
    found: Causes | None = None,
    views: Mapping[str, TokenView] | None = None,
) -> Notices:
    """What stands below the top menu; `leave_out` is the configuration that the page itself is about.

    `found` and `views` are the causes and their tokens, where the page has read them already.
    """
    found = found or causes_of(ctx, now)
    if views is None:
        views = {view.id: view for view in views_of(ctx, [*(c.token_id for c in found.shown), *found.beginnings])}
    shown = [
        (cause, row_of(views[cause.token_id], now))
        for cause in found.shown
        if cause.token_id in views and cause.configuration_id != leave_out
    ]
    whole = users_of({cause.configuration_id for cause, _row in shown if cause.count > 1})
    lines = [notice_of(row, cause, now, whole.get(cause.configuration_id, ())) for cause, row in shown]
    beginnings = [views[token_id] for token_id in found.beginnings if token_id in views]
    beginnings = [view for view in beginnings if view.configuration_id != leave_out]
    if beginnings:
        lines.append(_beginning(beginnings, found.beginning, now))
    named = sum(cause.count for cause in found.shown) + (found.beginning if found.beginnings else 0)
    return Notices(tuple(lines), max(0, found.tokens - named))


def notice_of(row: Row, cause: Cause, now: datetime, users: Sequence[str] = ()) -> Notice:
    """The line of one cause, `row` being its first token; `users` are those of all its tokens, where it has several."""
    view, stands = row.view, row.standing
    name = view.name if cause.count > 1 else view.reference
    many = ngettext(" (%(count)d token)", " (%(count)d tokens)", cause.count) % {"count": cause.count}
    subject = f"{name}{many}" if cause.count > 1 else name
    urgent = stands.level in (Level.NOW, Level.SOON)
    reason = stands.reason if urgent else _missing(view, now)
    sentence, _dot, rest = reason.partition(". ")
    fact = f"{subject}: {sentence.rstrip('.')}."
    consequence = consequence_of(row, cause, users or row.view.used_by, now) or (
        rest if stands.cause in ("held", "candidate") else ""
    )
    step = row.step if urgent or stands.level is Level.BUSY else obtaining(view)
    icon = stands.icon if urgent else "circle-dashed"
    return Notice(str(stands.level), icon, fact, consequence, step, name, view.configuration_id)


def _missing(view: TokenView, now: datetime) -> str:
    """Why there is a notice where the row itself has nothing to say."""
    if view.notifies_token and view.has_access_token and view.expires_at is not None and view.expires_at <= now:
        return _("The token has ended %(when)s.") % {"when": clock(view.expires_at, now)}
    if view.notifies_refresh_token and not view.has_refresh_token:
        return _("There is no refresh token.")
    if view.notifies_refresh_token and view.refresh_expires_at is not None and view.refresh_expires_at <= now:
        return _("The refresh token has ended %(when)s.") % {"when": clock(view.refresh_expires_at, now)}
    return _("There is no token.")


def _beginning(views: Sequence[TokenView], count: int, now: datetime) -> Notice:
    first = views[0]
    if count == 1:
        row = row_of(first, now)
        what = _("was revoked") if first.state.word == "revoked" else _("has no token yet")
        fact = f"{first.reference} {what}."
        return Notice(str(Level.START), row.standing.icon, fact, "", row.step, first.reference, first.configuration_id)
    names = [view.reference for view in views]
    if count > len(names):
        who = _("%(names)s and %(count)d more") % {"names": ", ".join(names), "count": count - len(names)}
    else:
        who = _("%(first)s and %(second)s") % {"first": names[0], "second": names[-1]}
    fact = ngettext("%(count)d token is yet to be obtained:", "%(count)d tokens are yet to be obtained:", count)
    show = Step(_("Show them"), "/tokens?show=start", method="get")
    return Notice(str(Level.START), "circle-dashed", fact % {"count": count}, f"{who}.", show, who)
