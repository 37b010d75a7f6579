"""How settings and their changes are put into words."""

from datetime import datetime

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ..wording import clock, code_marked

register = template.Library()


@register.filter
def breakable_name(name: str) -> SafeString:
    """A name that may break after each `::`."""
    return format_html_join(SafeString("::<wbr>"), "{}", ([part] for part in name.split("::")))


@register.filter
def when(at: datetime, now: datetime) -> str:
    """A time in words."""
    return clock(at, now)


@register.filter
def or_default(value: str | None) -> str:
    """The value; in words where it is the default or empty."""
    if value is None:
        return _("default")
    return value or _("empty")


@register.filter
def marked_sentence(text: str) -> SafeString:
    """A translated sentence whose `commands` stand out."""
    return code_marked(text)
