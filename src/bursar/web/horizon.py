"""What is coming, as a picture: the next 24 hours and the next 90 days, each a strip with linear time.

Diamonds end unless a person acts, rings are kept alive by Bursar, bars are the renewals of an hour. Places are per
cents, so that the picture needs no script and no style; the list below says the same in words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from ..clock import from_micros
from ..context import Context
from ..tokens.coming import Coming, coming_ends, end_count, ends_by_slot, kept_by_slot
from ..tokens.listing import SOON_DAYS, Rank
from ..tokens.overview import TokenView
from .standing import secret_end_of
from .wording import clock

DAY_SPAN, QUARTER_SPAN = timedelta(hours=24), timedelta(days=90)
DAY_SLOTS, QUARTER_SLOTS = 31, 45  # marks nearer than a slot, about 14 px, become one
DAY_LABEL, QUARTER_LABEL = 36.0, 25.0  # how much of its strip a label takes, in per cent
ONE_BY_ONE = 100  # ends of a strip up to which every single one is read
LABELS, LISTED = 3, 8
BAR_HEIGHT, LINE = 26, 78  # pixels
LAST_HOUR = 0.78  # beyond it "Thu 02:00" would run into the word at the end, where the strip is narrow


@dataclass(frozen=True, slots=True)
class Mark:
    """A diamond (now, soon or later) or a ring (kept): where, what it says, and its label where it has one."""

    x: str
    kind: str
    title: str
    name: str = ""
    what: str = ""

    @property
    def is_left(self) -> bool:
        """Whether the label stands to the left of its mark."""
        return float(self.x) > 60


@dataclass(frozen=True, slots=True)
class Bar:
    """The renewals of one hour."""

    x: str
    height: int
    title: str

    @property
    def top(self) -> int:
        """Where it begins, in pixels from above."""
        return LINE - self.height


@dataclass(frozen=True, slots=True)
class Tick:
    """A word below the line."""

    x: str
    word: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Strip:
    """One strip, and the sentence that says the same."""

    title: str
    sentence: str
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    bars: tuple[Bar, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One end in the list."""

    token_id: str
    name: str
    what: str
    when: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Horizon:
    """Both strips, the list, and how many ends the list leaves out."""

    day: Strip
    quarter: Strip
    lines: tuple[Line, ...]
    more: int


def ends_of(ctx: Context, now: datetime) -> list[Coming]:
    """What ends next, at most a hundred."""
    now = _minute(now)
    return coming_ends(ctx, now, now + QUARTER_SPAN, ONE_BY_ONE)


def horizon_of(
    ctx: Context, renewals: Sequence[int], now: datetime, ends: Sequence[Coming], views: Mapping[str, TokenView]
) -> Horizon:
    """The picture at `now`; `renewals` are those of the next 24 hours, `ends` those of `ends_of`, and `views` has the
    tokens of the first `LISTED` of them."""
    now = _minute(now)
    near = [end for end in ends if from_micros(end.at) <= now + DAY_SPAN]
    total = len(ends) if len(ends) < ONE_BY_ONE else end_count(ctx, now, now + QUARTER_SPAN)
    day = Strip(
        title=_("Next 24 hours"),
        sentence="",
        marks=_diamonds(ctx, near, views, now, DAY_SPAN, DAY_SLOTS, DAY_LABEL, complete=len(near) < ONE_BY_ONE),
        ticks=_hours(now),
        bars=_bars(renewals, now),
    )
    rings = _rings(ctx, now)
    diamonds = _diamonds(ctx, ends, views, now, QUARTER_SPAN, QUARTER_SLOTS, QUARTER_LABEL, complete=total == len(ends))
    quarter = Strip(_("Next 90 days"), "", (*rings, *diamonds), _dates(now))
    lines = tuple(_line(end, views.get(end.token_id), now) for end in ends[:LISTED])
    day_count = len(near) if len(near) < ONE_BY_ONE else end_count(ctx, now, now + DAY_SPAN)
    return Horizon(
        day=replace(day, sentence=_sentence(day_count, day.marks, _renewed(sum(renewals)))),
        quarter=replace(quarter, sentence=_sentence(total, diamonds, _kept(rings))),
        lines=lines,
        more=total - len(lines),
    )


def _diamonds(
    ctx: Context,
    ends: Sequence[Coming],
    views: Mapping[str, TokenView],
    now: datetime,
    span: timedelta,
    slots: int,
    width: float,
    *,
    complete: bool,
) -> tuple[Mark, ...]:
    if complete:
        marks = [_cluster(group, views, now, span) for group in _near(ends, span, slots)]
    else:
        marks = [
            _crowd(from_micros(slot.last), slot.count, slot.urgent, now, span)
            for slot in ends_by_slot(ctx, now, span, slots)
        ]
    return _labelled(marks, width)


def _minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0)


def _near(ends: Sequence[Coming], span: timedelta, slots: int) -> list[list[Coming]]:
    groups: list[list[Coming]] = []
    for end in ends:
        if groups and from_micros(end.at) - from_micros(groups[-1][0].at) < span / slots:
            groups[-1].append(end)
        else:
            groups.append([end])
    return groups


def _cluster(group: Sequence[Coming], views: Mapping[str, TokenView], now: datetime, span: timedelta) -> Mark:
    first, last = group[0], from_micros(group[-1].at)
    kind = _kind(any(end.rank is Rank.NOW for end in group), from_micros(first.at), now)
    x = _place(from_micros(first.at), now, span)
    if len(group) == 1:
        what = what_ends(views.get(first.token_id), first.at, now)
        return Mark(x, kind, f"{first.name}: {what}", first.name, what)
    name = _("%(count)d end by %(when)s") % {"count": len(group), "when": clock(last, now)}
    what = ngettext("%(name)s and %(count)d more", "%(name)s and %(count)d more", len(group) - 1)
    what = what % {"name": first.name, "count": len(group) - 1}
    return Mark(x, kind, f"{name}: {what}", name, what)


def _crowd(last: datetime, count: int, urgent: bool, now: datetime, span: timedelta) -> Mark:
    words = ngettext("%(count)d ends by %(when)s", "%(count)d end by %(when)s", count)
    name = words % {"count": count, "when": clock(last, now)}
    return Mark(_place(last, now, span), _kind(urgent, last, now), name, name)


def _kind(urgent: bool, at: datetime, now: datetime) -> str:
    if urgent:
        return "now"
    return "soon" if at - now < timedelta(days=SOON_DAYS) else "later"


def _labelled(marks: Sequence[Mark], width: float) -> tuple[Mark, ...]:
    """Labels for up to three marks, the first come first, where they have room; the others lose theirs."""
    taken: list[tuple[float, float]] = []
    found = []
    for mark in marks:
        x = float(mark.x)
        room = (x - width, x + 2) if mark.is_left else (x - 2, x + width)
        free = len(taken) < LABELS and all(room[1] <= start or end <= room[0] for start, end in taken)
        if free:
            taken.append(room)
        found.append(mark if free else replace(mark, name="", what=""))
    return tuple(found)


def _rings(ctx: Context, now: datetime) -> tuple[Mark, ...]:
    slot = QUARTER_SPAN / QUARTER_SLOTS
    found = []
    for place, count in sorted(kept_by_slot(ctx, now, slot, QUARTER_SLOTS).items()):
        at = now + slot * (place + 0.5)
        words = ngettext("%(count)d kept alive, %(when)s", "%(count)d kept alive, %(when)s", count)
        found.append(Mark(_place(at, now, QUARTER_SPAN), "kept", words % {"count": count, "when": clock(at, now)}))
    return tuple(found)


def _bars(renewals: Sequence[int], now: datetime) -> tuple[Bar, ...]:
    most = max(renewals, default=0)
    found = []
    for hour, count in enumerate(renewals):
        if count:
            when = clock(now + timedelta(hours=hour), now)
            words = ngettext("%(count)d renewal from %(when)s", "%(count)d renewals from %(when)s", count)
            height = max(2, round(BAR_HEIGHT * count / most))
            found.append(Bar(f"{100 * hour / 24:.2f}", height, words % {"count": count, "when": when}))
    return tuple(found)


def _hours(now: datetime) -> tuple[Tick, ...]:
    found = [Tick("0", pgettext("time", "now"), "start")]
    here = timezone.localtime(now).replace(minute=0)
    for hours in range(1, 24):
        at = here + timedelta(hours=hours)
        far = (at - now) / DAY_SPAN
        if timezone.localtime(at).hour % 4 == 2 and 0.09 < far < LAST_HOUR:
            found.append(Tick(f"{100 * far:.1f}", clock(at, now), "middle"))
    return (*found, Tick("100", f"{timezone.localtime(now):%H:%M}", "end"))


def _dates(now: datetime) -> tuple[Tick, ...]:
    here = timezone.localtime(now)
    found = [Tick("0", _("today"), "start")]
    for days in (15, 30, 45, 60, 75, 90):
        word = formatted(here + timedelta(days=days), pgettext("date format", "j M"))
        found.append(Tick(f"{100 * days / 90:.1f}", word, "end" if days == 90 else "middle"))
    return tuple(found)


def _place(at: datetime, now: datetime, span: timedelta) -> str:
    return f"{min(100.0, max(0.0, 100 * ((at - now) / span))):.1f}"


def what_ends(view: TokenView | None, micros: int, now: datetime) -> str:
    """What of a token ends then, and when."""
    at = from_micros(micros)
    values = {"when": clock(at, now)}
    if view is not None and secret_end_of(view) == at:
        values = {"when": clock(at + timedelta(hours=12), now)}  # a day of the calendar, not a time of day
        return _("client secret, %(when)s") % values
    if view is not None and view.refresh_expires_at == at:
        return _("sign-in ends %(when)s") % values
    return _("access ends %(when)s") % values


def _line(end: Coming, view: TokenView | None, now: datetime) -> Line:
    at = from_micros(end.at)
    is_secret = view is not None and secret_end_of(view) == at
    what = _("client secret") if is_secret else _("sign-in") if view and view.refresh_expires_at == at else _("access")
    when = clock(at + timedelta(hours=12), now) if is_secret else clock(at, now)
    return Line(end.token_id, end.name, what, when, at)


def _sentence(count: int, marks: Sequence[Mark], rest: str) -> str:
    if not count:
        nothing = _("Nothing ends.")
        return f"{nothing} {rest}".strip()
    words = ngettext("%(count)d end: %(first)s.", "%(count)d ends: %(first)s.", count)
    return f"{words % {'count': count, 'first': '; '.join(mark.title for mark in marks[:LABELS])}} {rest}".strip()


def _renewed(count: int) -> str:
    return ngettext("Bursar renews %(count)d token.", "Bursar renews %(count)d tokens.", count) % {"count": count}


def _kept(rings: Sequence[Mark]) -> str:
    return _("Rings mark sign-ins that Bursar keeps alive.") if rings else ""
