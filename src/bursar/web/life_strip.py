"""The life of a token as a strip: when there was a valid access token and when there was none. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..tokens.stretches import SECOND, Stretch, gaps_of
from .wording import clock, date
from .wording import span as in_words

SPANS = {
    "24h": (timedelta(hours=24), gettext_lazy("24 hours")),
    "7d": (timedelta(days=7), gettext_lazy("7 days")),
    "90d": (timedelta(days=90), gettext_lazy("90 days")),
}
MOST_SEGMENTS = 60


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the strip; `x` and `width` in per cent of it."""

    x: str
    width: str
    kind: str  # valid | none


@dataclass(frozen=True, slots=True)
class Mark:
    """A label below the strip, anchored at start, middle or end."""

    x: str
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Strip:
    """The picture, and the same facts as one sentence."""

    segments: tuple[Segment, ...]
    marks: tuple[Mark, ...]
    now_without: bool
    rhythm: str
    sentence: str


def strip_of(stretches: Sequence[Stretch], now: datetime, span: str) -> Strip:
    """The strip over the last `span`, a key of SPANS."""
    length = SPANS[span][0]
    begins = now - length
    shown = [each for each in stretches if each.ends > begins and each.begins < now]
    gaps = [(a, b or now) for a, b in gaps_of(stretches, now) if (b or now) > begins]
    valid = [(each.begins, each.ends) for each in shown]
    if len(valid) > MOST_SEGMENTS:
        valid = list(_joined(valid))
    pieces = sorted([(a, b, "valid") for a, b in valid] + [(a, b, "none") for a, b in gaps])
    segments = tuple(
        Segment(_per_cent(max(a, begins) - begins, length), _per_cent(min(b, now) - max(a, begins), length), kind)
        for a, b, kind in pieces
    )
    without = bool(gaps_of(stretches, now)) and gaps_of(stretches, now)[-1][1] is None
    return Strip(segments, _marks(begins, now), without, _rhythm(shown), _sentence(gaps, stretches, now))


def _joined(pieces: Iterable[tuple[datetime, datetime]]) -> Iterable[tuple[datetime, datetime]]:
    held: tuple[datetime, datetime] | None = None
    for begins, ends in pieces:
        if held is not None and begins - held[1] <= SECOND:
            held = (held[0], ends)
            continue
        if held is not None:
            yield held
        held = (begins, ends)
    if held is not None:
        yield held


def _per_cent(part: timedelta, whole: timedelta) -> str:
    """With a point in every language: it is for SVG."""
    return f"{max(0.0, min(100.0, 100 * part / whole)):.3f}%"


def _marks(begins: datetime, now: datetime) -> tuple[Mark, ...]:
    whole = now - begins
    anchors = ((0, "start"), (25, "middle"), (50, "middle"), (75, "middle"))
    marks = [Mark(f"{share}%", _label(begins + whole * share / 100, now, whole), anchor) for share, anchor in anchors]
    return (*marks, Mark("100%", _("now"), "end"))


def _label(at: datetime, now: datetime, whole: timedelta) -> str:
    if whole > timedelta(days=1):
        return date(at, now)
    return clock(at, now) if at > now - whole else f"{date(at, now)} {timezone.localtime(at):%H:%M}"


def _rhythm(shown: Sequence[Stretch]) -> str:
    lives = sorted((each.ends - each.begins).total_seconds() for each in shown[:-1] if each.count == 1)
    if len(lives) < 3:
        return ""
    return _("valid, a new token every %(span)s") % {"span": in_words(lives[len(lives) // 2])}


def _sentence(gaps: Sequence[tuple[datetime, datetime]], stretches: Sequence[Stretch], now: datetime) -> str:
    if not stretches:
        return _("There was no token yet.")
    if not gaps:
        return _("There was a valid token all the time.")
    begins, ends = gaps[-1]
    if ends == now:
        return _("There is no token since %(when)s.") % {"when": clock(begins, now)}
    count = len(gaps)
    return ngettext(
        "There is a token now; %(count)d time there was none, the last time from %(begins)s to %(ends)s.",
        "There is a token now; %(count)d times there was none, the last time from %(begins)s to %(ends)s.",
        count,
    ) % {"count": count, "begins": clock(begins, now), "ends": clock(ends, now)}
