"""Times and spans as a colleague would say them, in the time zone that is active for the request."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

MINUTE, HOUR, DAY = 60, 3600, 86_400


def clock(at: datetime, now: datetime) -> str:
    """`11:58` within a day of now, with the weekday where it is another date; else as `date` says it."""
    there, here = timezone.localtime(at), timezone.localtime(now)
    if abs(at - now) < timedelta(days=1):
        return f"{there:%H:%M}" if there.date() == here.date() else f"{there:%a %H:%M}"
    return date(at, now)


def date(at: datetime, now: datetime) -> str:
    """`Wed 2 Dec`, the year if it differs."""
    there, here = timezone.localtime(at), timezone.localtime(now)
    text = f"{there:%a} {there.day} {there:%b}"
    return text if there.year == here.year else f"{text} {there.year}"


def full(at: datetime) -> str:
    """The full time with its zone, for titles."""
    there = timezone.localtime(at)
    return f"{there:%A} {there.day} {there:%B %Y, %H:%M:%S} {there.tzname() or 'UTC'}"


def span(seconds: float) -> str:
    """`under a minute`, `52 min`, `3 h 12 min`, `212 days`."""
    if seconds < MINUTE:
        return "under a minute"
    if seconds < 2 * HOUR:
        return f"{int(seconds // MINUTE)} min"
    if seconds < 2 * DAY:
        hours, rest = divmod(int(seconds), HOUR)
        return f"{hours} h {rest // MINUTE} min" if rest >= MINUTE else f"{hours} h"
    return f"{int(seconds // DAY)} days"


def ends_in(at: datetime, now: datetime) -> str:
    """`Ends 15:02`, `Ends tomorrow`, `Ends in 9 days`, by the calendar."""
    days = (timezone.localtime(at).date() - timezone.localtime(now).date()).days
    if days <= 0:
        return f"Ends {clock(at, now)}"
    return "Ends tomorrow" if days == 1 else f"Ends in {days} days"


def code_marked(text: str) -> SafeString:
    """The text escaped, with what stands in backticks as `<code>`; a lone backtick stays what it is."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return mark_safe(escape(text))  # noqa: S308 - escaped
    pieces = [f"<code>{escape(part)}</code>" if index % 2 else escape(part) for index, part in enumerate(parts)]
    return mark_safe("".join(pieces))  # noqa: S308 - every piece is escaped
