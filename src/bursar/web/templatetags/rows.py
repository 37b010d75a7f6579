"""The rows of the overview, which are made in one go (`row_html.py`)."""

from typing import Any

from django import template
from django.template.context import RequestContext
from django.utils.safestring import SafeString, mark_safe

from ..row_html import row_html
from ..rows import Row

register = template.Library()


@register.simple_tag(takes_context=True)
def row(context: RequestContext, shown: Row) -> SafeString:
    """The `<tr>` of one token."""
    person: Any = context["person"]
    return mark_safe(row_html(shown, person.is_admin, str(context["csrf_token"])))  # noqa: S308 - every part is escaped
