"""The explained state of one token: what is, who can fix it, what to do, and what happens meanwhile. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..sentences import said
from ..tokens.detail import TokenDetail
from ..tokens.overview import TokenView
from .rows import Row
from .standing import Level
from .wording import clock, span


@dataclass(frozen=True, slots=True)
class Explained:
    """A badge with its moment, one sentence, and questions with their answers, in order."""

    level: Level
    icon: str
    word: str
    since: datetime | None
    heading: str
    answers: tuple[tuple[str, str], ...]


def explained(detail: TokenDetail, row: Row, now: datetime) -> Explained:
    """How the token stands at `now`, in full sentences."""
    view, stands = detail.view, row.standing
    failed = view.state.word in ("needs_authorization", "misconfigured")
    since: datetime | None = view.failed_at if failed else view.state_since
    if view.validity != "valid":
        since = row.stopped.at if row.stopped else None
    answers = [
        (_("Who can fix it"), _who(view, stands.level)),
        (_("What to do"), _what(detail, stands.level)),
        (_("Meanwhile"), _meanwhile(detail, stands.level, now)),
        (_("Next"), _next(detail, stands.level, now)),
    ]
    if stands.level in (Level.NOW, Level.SOON, Level.START):
        answers = answers[:3]
    else:
        answers = [answers[3], answers[2]]
    kept = tuple((question, answer) for question, answer in answers if answer)
    return Explained(stands.level, stands.icon, stands.word, since, _heading(detail, row), kept)


def _heading(detail: TokenDetail, row: Row) -> str:
    view = detail.view
    if view.validity == "invalid":
        said_so = _("The configuration is not valid, so Bursar does nothing with it.")
        return f"{said_so} {row.standing.reason}".strip()
    if view.validity == "invalid-temporarily":
        said_so = _("The configuration is invalid for the time being, so Bursar does nothing with it.")
        return f"{said_so} {row.standing.reason}".strip()
    if view.held:
        return _("An address that secrets go to was changed. Bursar holds back what is stored until somebody confirms.")
    if view.candidate is not None:
        return _("%(account)s signed in instead of %(before)s.") % {
            "account": view.candidate[1],
            "before": view.account or _("the account before"),
        }
    if view.error is not None and view.error.sentence:
        return said(view.error.sentence)
    match view.state.word:
        case "revoked":
            return _("The token was revoked. Bursar has forgotten it.")
        case "awaiting_consent":
            words = _("Somebody is on the way to %(provider)s and has not come back yet.") % {"provider": view.provider}
            return f"{words} {row.standing.reason}".strip()
        case "no_token":
            return _("There was no token yet.")
    if row.standing.level in (Level.NOW, Level.SOON):
        return row.standing.reason
    if view.flow == "client_credentials":
        return _("Bursar requests a new token in good time, by itself.")
    if view.has_refresh_token:
        return _("Bursar keeps this token alive by itself.")
    return _("There is a token, and nothing to replace it with.")


def _who(view: TokenView, level: Level) -> str:
    if view.held:
        return _("An administrator who knows where these secrets may go.")
    if view.candidate is not None:
        return _("An administrator who knows which account is meant.")
    if view.state.word == "misconfigured":
        if view.error is not None and view.error.code == "secret_unreadable":
            return _("Whoever has the backup of this Bursar, or the secret itself.")
        return _("Whoever administers the application at %(provider)s.") % {"provider": view.provider}
    if view.flow == "client_credentials":
        return _("Any administrator of this Bursar.")
    if view.account:
        return _("Anyone who can sign in as %(account)s.") % {"account": view.account}
    del level
    return _("Anyone who can sign in as the account that Bursar is to use.")


def _what(detail: TokenDetail, level: Level) -> str:
    view = detail.view
    if view.held:
        return _("Compare the addresses with the provider's documentation, then confirm them.")
    if view.candidate is not None:
        return _("Decide which account Bursar is to use from now on.")
    code = view.error.code if view.error else ""
    if view.state.word == "misconfigured":
        if code == "client_id_missing":
            return _("Enter the client ID. It stands in the application's registration at %(provider)s.") % {
                "provider": view.provider
            }
        if code == "client_secret_missing":
            return _("Enter the client secret. It stands in the application's registration at %(provider)s.") % {
                "provider": view.provider
            }
        return said(view.error.action) if view.error else ""
    if level is Level.SOON and view.error is None and detail.secret.ends is not None and _secret_is_it(detail):
        return _("Make a new client secret at %(provider)s, and replace the one here.") % {"provider": view.provider}
    if view.flow == "client_credentials":
        return _("Request a token. Nobody has to sign in for it.")
    if view.error is not None and view.state.word == "active":
        return said(view.error.action)
    return _("Authorize. You are taken to %(provider)s and come back here.") % {"provider": view.provider}


def _secret_is_it(detail: TokenDetail) -> bool:
    """The end that is near is the client secret's, since nothing else has one."""
    view = detail.view
    return view.flow == "client_credentials" or (view.has_refresh_token and view.refresh_expires_at is None)


def _meanwhile(detail: TokenDetail, level: Level, now: datetime) -> str:
    view = detail.view
    users = len(view.used_by)
    lives = view.has_access_token and view.expires_at is not None and view.expires_at > now
    if level is Level.OFF:
        waiting = ngettext("%(count)d user gets nothing.", "%(count)d users get nothing.", users) % {"count": users}
        return waiting if users else ""
    if view.held:
        return _waiting(users, view.expires_at if view.has_access_token else None, now)
    if lives and view.expires_at is not None:
        served = _("The last token is served until %(when)s.") % {"when": clock(view.expires_at, now)}
        if level in (Level.OK, Level.START):
            return ""
        if users and level is Level.NOW:
            stop = ngettext("Then %(count)d user stops.", "Then %(count)d users stop.", users) % {"count": users}
            return f"{served} {stop}"
        return served
    if level in (Level.OK, Level.START) and not users:
        return ""
    return _waiting(users, view.expires_at if view.has_access_token else None, now)


def _waiting(users: int, since: datetime | None, now: datetime) -> str:
    if not users:
        return _("Nothing that Bursar knows of waits for it.")
    values = {"count": users, "when": clock(since, now) if since else ""}
    if since is not None and since <= now:
        text = ngettext(
            "%(count)d user has been waiting since %(when)s. Mail stays on its server; nothing is lost.",
            "%(count)d users have been waiting since %(when)s. Mail stays on its server; nothing is lost.",
            users,
        )
    else:
        text = ngettext(
            "%(count)d user waits. Mail stays on its server; nothing is lost.",
            "%(count)d users wait. Mail stays on its server; nothing is lost.",
            users,
        )
    return text % values


def _next(detail: TokenDetail, level: Level, now: datetime) -> str:
    view = detail.view
    if level is Level.OFF:
        return ""
    if view.state.word == "retrying":
        if view.next_attempt_at is None or view.next_attempt_at <= now:
            return _("Bursar tries again now. Nobody has to do anything.")
        values = {
            "span": span((view.next_attempt_at - now).total_seconds()),
            "when": clock(view.next_attempt_at, now),
        }
        return _("Bursar tries again in %(span)s, at %(when)s. Nobody has to do anything.") % values
    if detail.overdue_since is not None or view.due_at is None:
        return ""
    left = max(timedelta(0), view.due_at - now)
    values = {"span": span(left.total_seconds()), "when": clock(view.due_at, now)}
    if view.flow == "client_credentials":
        return _("A new token in %(span)s, at %(when)s.") % values
    return _("Refreshed in %(span)s, at %(when)s.") % values
