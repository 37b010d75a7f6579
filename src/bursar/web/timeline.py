"""The life of a token as a person reads it: newest first, by day, runs of equal events in one line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..oauth2.redact import REMOVED
from ..tokens import history
from ..tokens.detail import TokenDetail
from ..tokens.history import Call, Event
from ..tokens.stretches import Stretch, gaps_of
from .document_words import key_words
from .names import consumer_words, template_title
from .wording import clock, day_title, span

UNDER_WAY = timedelta(minutes=2)
MOST_LINES = 150
CODE = "authorization_code"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what happened in bold, the rest of the sentence, small print, the provider's own words.

    `tone` is stopped (a filled red icon), warned, fine or note; `each` are the single times of a run.
    """

    at: datetime
    icon: str
    tone: str
    lead: str = ""
    text: str = ""
    small: str = ""
    answer: str = ""
    each: tuple[datetime, ...] = ()

    @property
    def redacted(self) -> bool:
        """Whether something was removed from the provider's words."""
        return REMOVED in self.answer


@dataclass(frozen=True, slots=True)
class Day:
    """The lines of one day in the person's time zone."""

    title: str
    lines: tuple[Line, ...]


def timeline(detail: TokenDetail, stretches: Sequence[Stretch], names: Mapping[str, str], now: datetime) -> list[Day]:
    """All that is known, newest first."""
    lines = _events(detail, names, now) + _endings(detail, stretches, now)
    lines += _calls(detail, stretches, names, now, [line.at for line in lines])
    lines.sort(key=lambda line: line.at, reverse=True)
    days = groupby(lines[:MOST_LINES], key=lambda line: timezone.localtime(line.at).date())
    return [Day(day_title(day, now), tuple(found)) for day, found in days]


# -- what people did ----------------------------------------------------------------------------------------------


def _events(detail: TokenDetail, names: Mapping[str, str], now: datetime) -> list[Line]:
    made = detail.origin
    created = _("Created by %(who)s.") % {"who": names[made.created_by]}
    if detail.view.template:
        created = _("Created by %(who)s from the template %(template)s.") % {
            "who": names[made.created_by],
            "template": template_title(detail.view.template),
        }
    lines = [Line(made.created_at, "plus", "note", text=created)]
    failed = [call for call in detail.calls if call.grant == CODE and call.outcome not in ("granted", "held")]
    for event in detail.events:
        lines.append(_event(event, names[event.by], failed))
    del now
    return lines


def _event(event: Event, who: str, failed: Sequence[Call]) -> Line:
    told = {key: str(value) for key, value in event.detail.items() if isinstance(value, str)}
    account = told.get("account", "")
    match event.kind:
        case history.AUTHORIZED:
            text = _("Authorized by %(who)s, signed in as %(account)s.") if account else _("Authorized by %(who)s.")
            refresh = _("Refresh token given.") if event.detail.get("refresh") else _("No refresh token given.")
            return Line(event.at, "user-check", "fine", text=text % {"who": who, "account": account}, small=refresh)
        case history.CONSENT_FAILED:
            call = next((c for c in reversed(failed) if c.started_at <= event.at <= c.started_at + UNDER_WAY), None)
            answer = "" if call is None else _answer(call)
            text = _("An authorization by %(who)s came to nothing.") % {"who": who}
            return Line(event.at, "user-x", "warned", text=text, small=told.get("sentence", ""), answer=answer)
        case history.ACCOUNT_WAITS:
            text = _("%(who)s signed in as %(account)s, another account than before. The old token stayed in use.")
            return Line(event.at, "user-exclamation", "warned", text=text % {"who": who, "account": account})
        case history.REPLACED:
            text = _("%(who)s replaced the account %(before)s by %(account)s.")
            values = {"who": who, "before": told.get("before") or _("before"), "account": account}
            return Line(event.at, "user-check", "fine", text=text % values)
        case history.KEPT:
            text = _("%(who)s kept the account %(account)s; the token of %(other)s was forgotten.")
            return Line(
                event.at,
                "user-check",
                "note",
                text=text % {"who": who, "account": account, "other": told.get("other")},
            )
        case history.REVOKED:
            lead = _("Revoked by %(who)s.") % {"who": who}
            return Line(event.at, "ban", "stopped", lead=lead, text=_("Bursar forgot access and refresh token."))
        case history.CONFIRMED:
            text = _("%(who)s confirmed the addresses that secrets go to.") % {"who": who}
            return Line(event.at, "lock-open", "fine", text=text)
        case history.EXPORTED if event.detail.get("encrypted"):
            text = _("%(who)s exported the configuration with its secret, encrypted.") % {"who": who}
            return Line(event.at, "file-export", "note", text=text)
        case history.EXPORTED:
            text = _("%(who)s exported the configuration with its secret, in clear.") % {"who": who}
            small = _("Whoever has the file can act as this application until the secret is replaced.")
            return Line(event.at, "file-export", "warned", text=text, small=small)
        case _:
            return _changed(event, who)


def _changed(event: Event, who: str) -> Line:
    what = ", ".join(key_words(str(key)) for key in event.detail.get("what", ()))
    text = _("%(who)s changed the configuration: %(what)s.") % {"who": who, "what": what}
    if not event.detail.get("held"):
        return Line(event.at, "pencil", "note", text=text)
    small = _("An address that secrets go to was among it, so Bursar held back what is stored.")
    return Line(event.at, "lock", "warned", text=text, small=small)


# -- when there was no token --------------------------------------------------------------------------------------


def _endings(detail: TokenDetail, stretches: Sequence[Stretch], now: datetime) -> list[Line]:
    revoked = {event.at for event in detail.events if event.kind == history.REVOKED}
    lines = []
    for begins, ends in gaps_of(stretches, now):
        if begins in revoked:
            continue
        if ends is None:
            lines.append(
                Line(begins, "x", "stopped", text=_("The last access token ended."), lead=_("No token since."))
            )
        else:
            text = _("The access token ended. There was none for %(span)s.")
            lines.append(Line(begins, "x", "warned", text=text % {"span": span((ends - begins).total_seconds())}))
    return lines


# -- calls to the provider ----------------------------------------------------------------------------------------


def _calls(
    detail: TokenDetail,
    stretches: Sequence[Stretch],
    names: Mapping[str, str],
    now: datetime,
    between: Sequence[datetime],
) -> list[Line]:
    """Runs of equal calls that nothing came between, one line a day."""
    calls = [call for call in detail.calls if call.grant != CODE]

    def alike(call: Call) -> tuple[object, ...]:
        day = timezone.localtime(call.started_at).date() if call.count == 1 else call.started_at
        passed = sum(at <= call.started_at for at in between)
        who = call.by if call.asker == "person" else ""
        return day, passed, call.grant, call.outcome, call.status, who

    lines = []
    for _key, run in groupby(calls, key=alike):
        found = list(run)
        lines.append(_run(detail, stretches, names, now, found))
    return lines


def _run(
    detail: TokenDetail, stretches: Sequence[Stretch], names: Mapping[str, str], now: datetime, run: list[Call]
) -> Line:
    last, count = run[-1], sum(call.count for call in run)
    at = last.until or last.started_at
    each = tuple(call.until or call.started_at for call in run) if 1 < len(run) == count else ()
    provider = detail.view.provider
    match last.outcome:
        case "granted":
            icon = "refresh" if last.grant == "refresh_token" else "key"
            return Line(at, icon, "fine", text=_granted(last, count, names), small=_since(run, now), each=each)
        case "retrying":
            text = _trouble(provider, last, run, count)
            lived = any(stretch.begins <= at < stretch.ends for stretch in stretches)
            lead = _("Nobody noticed: the token was still valid.") if lived else ""
            return Line(at, "cloud-off", "warned", text=text, lead=lead, answer=_answer(last), each=each)
        case "needs_authorization":
            text = _("Bursar stopped asking, because asking again can't help.")
            lead = _("Refresh refused.") if last.grant == "refresh_token" else _("Request refused.")
            return Line(at, "refresh-off", _stopped(detail, at), lead=lead, text=text, answer=_answer(last), each=each)
        case "misconfigured":
            text = _("Bursar stopped asking until the configuration is corrected.")
            lead = _("%(provider)s refused the request.") % {"provider": provider}
            return Line(at, "refresh-off", _stopped(detail, at), lead=lead, text=text, answer=_answer(last), each=each)
        case "not_sent":
            text = _("Nothing was sent: the address is not one that Bursar may call.")
            return Line(at, "ban", "warned", text=text, answer=_answer(last), each=each)
        case "stale":
            text = _("An answer came when it no longer counted, and was set aside.")
            return Line(at, "clock-exclamation", "note", text=text, answer=_answer(last), each=each)
        case None if now - last.started_at < UNDER_WAY:
            return Line(at, "refresh", "note", text=_("Bursar is asking %(provider)s.") % {"provider": provider})
        case None:
            text = _("A call to %(provider)s began and never came to its end: the process was stopped meanwhile.")
            return Line(at, "alert-triangle", "warned", text=text % {"provider": provider}, each=each)
        case _:
            text = _("A call failed in a way that Bursar did not expect. The log of the server tells more.")
            return Line(at, "alert-triangle", "warned", text=text, answer=_answer(last), each=each)


def _granted(last: Call, count: int, names: Mapping[str, str]) -> str:
    if count > 1 and last.grant == "refresh_token":
        return ngettext("Refreshed %(count)d time.", "Refreshed %(count)d times.", count) % {"count": count}
    if count > 1:
        return ngettext("Requested %(count)d time.", "Requested %(count)d times.", count) % {"count": count}
    refreshed = last.grant == "refresh_token"
    match last.asker:
        case "person":
            text = _("Refreshed by %(who)s.") if refreshed else _("Requested by %(who)s.")
            return text % {"who": names.get(last.by, last.by)}
        case "scheduler" | "":
            return _("Refreshed in good time.") if refreshed else _("Requested in good time.")
        case _ if last.by:
            text = _("Refreshed because %(who)s asked.") if refreshed else _("Requested because %(who)s asked.")
            return text % {"who": consumer_words(last.asker, last.by)}
        case _:
            return _("Refreshed when it was needed.") if refreshed else _("Requested when it was needed.")


def _trouble(provider: str, last: Call, run: Sequence[Call], count: int) -> str:
    if count == 1:
        if not last.status:
            return _("%(provider)s could not be reached.") % {"provider": provider}
        return _("%(provider)s answered %(status)d.") % {"provider": provider, "status": last.status}
    length = ((last.until or last.started_at) - run[0].started_at).total_seconds()
    values = {"provider": provider, "status": last.status or 0, "count": count, "span": span(length)}
    if not last.status:
        text = ngettext(
            "%(provider)s could not be reached: %(count)d attempt in %(span)s.",
            "%(provider)s could not be reached: %(count)d attempts in %(span)s.",
            count,
        )
    else:
        text = ngettext(
            "%(provider)s answered %(status)d: %(count)d attempt in %(span)s.",
            "%(provider)s answered %(status)d: %(count)d attempts in %(span)s.",
            count,
        )
    return text % values


def _since(run: Sequence[Call], now: datetime) -> str:
    first, last = run[0], run[-1]
    if len(run) == 1 and first.count > 1 and last.until is not None:
        return _("From %(begins)s to %(ends)s.") % {
            "begins": clock(first.started_at, now),
            "ends": clock(last.until, now),
        }
    return ""


def _stopped(detail: TokenDetail, at: datetime) -> str:
    """Red is for what still needs somebody."""
    failed_at = detail.view.failed_at
    stands = detail.view.state.word in ("needs_authorization", "misconfigured")
    return "stopped" if stands and failed_at is not None and abs(failed_at - at) < timedelta(seconds=5) else "warned"


def _answer(call: Call) -> str:
    if not call.answer:
        return ""
    return f"{call.status} {call.answer}" if call.status else call.answer
