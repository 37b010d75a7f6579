"""Times and spans as a colleague would say them, in the language and the time zone that are active for the request."""

from datetime import date as calendar
from datetime import datetime, time, timedelta
from functools import lru_cache

from django.utils import timezone
from django.utils.dateformat import format as formatted
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

MINUTE, HOUR, DAY = 60, 3600, 86_400


def clock(at: datetime, now: datetime) -> str:
    """`11:58` within a day of now, with the weekday where it is another date; else as `date` says it."""
    zone = timezone.get_current_timezone()
    there, here = at.astimezone(zone), now.astimezone(zone)
    if abs(at - now) < timedelta(days=1):
        return f"{there:%H:%M}" if there.date() == here.date() else _formatted(there, pgettext("date format", "D H:i"))
    return _date(there, here)


def date(at: datetime, now: datetime) -> str:
    """`Wed 2 Dec`, the year if it differs."""
    zone = timezone.get_current_timezone()
    return _date(at.astimezone(zone), now.astimezone(zone))


def _date(there: datetime, here: datetime) -> str:
    if there.year == here.year:
        return _formatted(there, pgettext("date format", "D j M"))
    return _formatted(there, pgettext("date format", "D j M Y"))


def day_title(day: calendar, now: datetime) -> str:
    """`Today, Monday 23 November`, `Yesterday, …`, else the day; the year if it differs."""
    today, words = timezone.localtime(now).date(), long_date(day, now)
    if day == today:
        return _("Today, %(day)s") % {"day": words}
    return _("Yesterday, %(day)s") % {"day": words} if today - day == timedelta(days=1) else words


def long_date(day: calendar, now: datetime) -> str:
    """`Wednesday 2 December`, the year if it differs: a date of the calendar, the same in every time zone."""
    if day.year == timezone.localtime(now).year:
        return formatted(day, pgettext("date format", "l j F"))
    return formatted(day, pgettext("date format", "l j F Y"))


def full(at: datetime) -> str:
    """The full time with its zone, for titles."""
    there = timezone.localtime(at)
    words = _formatted(there, pgettext("date format", "l j F Y, H:i:s"))
    return f"{words} {there.tzname() or 'UTC'}"


def moment_html(at: datetime, words: str) -> SafeString:
    """`words` as a time whose full form is in the title and for machines."""
    machine = timezone.localtime(at).isoformat(timespec="seconds")
    return mark_safe(f'<time datetime="{machine}" title="{escape(full(at))}">{escape(words)}</time>')  # noqa: S308


def _formatted(there: datetime, pattern: str) -> str:
    """`there` in a pattern that is translated; the same day is put into words once, since a page has many of it."""
    words = _day_in_words(there.date(), pattern, get_language() or "")
    for none, given in (("00:00:00", "%H:%M:%S"), ("00:00", "%H:%M")):
        if none in words:
            return words.replace(none, there.strftime(given), 1)
    return words


@lru_cache(maxsize=2000)
def _day_in_words(day: calendar, pattern: str, language: str) -> str:
    """The beginning of the day, in the language that is active."""
    del language
    return formatted(datetime.combine(day, time()), pattern)


def span(seconds: float) -> str:
    """`under a minute`, `52 min`, `3 h 12 min`, `212 days`."""
    if seconds < MINUTE:
        return _("under a minute")
    if seconds < 2 * HOUR:
        return _("%(minutes)d min") % {"minutes": seconds // MINUTE}
    if seconds < 2 * DAY:
        hours, rest = divmod(int(seconds), HOUR)
        if rest < MINUTE:
            return _("%(hours)d h") % {"hours": hours}
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest // MINUTE}
    days = int(seconds // DAY)
    return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}


def ends_in(at: datetime, now: datetime) -> str:
    """`Ends 15:02`, `Ends tomorrow`, `Ends in 9 days`, by the calendar."""
    days = (timezone.localtime(at).date() - timezone.localtime(now).date()).days
    if days <= 0:
        return _("Ends %(when)s") % {"when": clock(at, now)}
    if days == 1:
        return _("Ends tomorrow")
    return ngettext("Ends in %(days)d day", "Ends in %(days)d days", days) % {"days": days}


def code_marked(text: str) -> SafeString:
    """The text escaped, with what stands in backticks as `<code>`; a lone backtick stays what it is."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return mark_safe(escape(text))  # noqa: S308 - escaped
    pieces = [f"<code>{escape(part)}</code>" if index % 2 else escape(part) for index, part in enumerate(parts)]
    return mark_safe("".join(pieces))  # noqa: S308 - every piece is escaped
