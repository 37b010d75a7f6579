"""What of the overview is made in one go: its rows (`row_html.py`) and its strips (`strip_html.py`)."""

from typing import Any

from django import template
from django.template.context import RequestContext
from django.utils.safestring import SafeString, mark_safe

from ..horizon import Strip
from ..row_html import row_html
from ..rows import Row
from ..strip_html import strip_html

register = template.Library()


@register.simple_tag(takes_context=True)
def row(context: RequestContext, shown: Row) -> SafeString:
    """The `<tr>` of one token."""
    person: Any = context["person"]
    return mark_safe(row_html(shown, person.is_admin, str(context["csrf_token"])))  # noqa: S308 - every part is escaped


@register.simple_tag
def strip(shown: Strip) -> SafeString:
    """One strip of the picture of what is coming."""
    return mark_safe(strip_html(shown))  # noqa: S308 - every part is escaped
