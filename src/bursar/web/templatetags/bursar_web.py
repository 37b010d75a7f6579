"""What templates may ask for: addresses of assets, icons, times in words."""

import re
from datetime import datetime

from django import template
from django.template.defaultfilters import floatformat
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ...sentences import said
from ..assets import address
from ..icons import icon_html
from ..names import by_name, origin_words, template_title, user_icon, user_words, users_words
from ..wording import clock, code_marked, full, long_date, moment_html

register = template.Library()
_ADDRESS = re.compile(r"https://[^\s,;]*[^\s,;.)]")
_MARKED = re.compile(rf"(`[^`]*`|{_ADDRESS.pattern})")


@register.simple_tag
def asset(name: str) -> str:
    """The address of a static file, with its content's hash."""
    return address(name)


@register.simple_tag
def moment(at: datetime, words: str) -> SafeString:
    """`words` as a time whose full form is in the title and for machines."""
    return moment_html(at, words)


@register.simple_tag
def when(at: datetime, now: datetime, style: str = "clock") -> SafeString:
    """A moment in its words: as a colleague says it, or only its time, its seconds, or all of it."""
    there = timezone.localtime(at)
    match style:
        case "time":
            return moment(at, f"{there:%H:%M}")
        case "seconds":
            return moment(at, f"{there:%H:%M:%S}")
        case "full":
            return moment(at, full(at))
        case _:
            return moment(at, clock(at, now))


register.simple_tag(icon_html, name="icon")
register.filter("by_name", by_name)
register.filter("origin", origin_words)
register.filter("long_day", long_date)
register.filter("template_title", template_title)
register.filter("users", users_words)
register.filter("user", user_words)
register.filter("user_icon", user_icon)


@register.filter
def breakable(text: str) -> SafeString:
    """An address that may break after each slash; what is copied stays the same."""
    return format_html_join(SafeString("/<wbr>"), "{}", ([part] for part in text.split("/")))


@register.filter
def duration(seconds: float) -> str:
    """How long a call took: `4 ms`, `1.27 s`."""
    return f"{round(seconds * 1000)} ms" if seconds < 1 else f"{floatformat(seconds, 2)} s"


register.filter("said", said)


@register.filter
def marked(text: str) -> SafeString:
    """A sentence in the page's language whose `commands` stand out."""
    return code_marked(said(text))


@register.filter
def linked(text: str) -> SafeString:
    """A sentence whose https addresses are links that open beside the page, and whose `commands` stand out.

    What stands in backticks is to be copied as it is, such as a scope that looks like an address: never a link.
    """
    pieces = []
    for part in _MARKED.split(said(text)):
        if _ADDRESS.fullmatch(part):
            words = part.removeprefix("https://")
            pieces.append(format_html('<a href="{}" rel="noreferrer" target="_blank">{}</a>', part, words))
        else:
            pieces.append(code_marked(part))
    return format_html_join("", "{}", ([piece] for piece in pieces))
