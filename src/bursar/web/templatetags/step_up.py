"""`{% password_again %}`: the field for the password in a form, where the session's confirmation is too old."""

from typing import Any

from django import template
from django.template.context import RequestContext

from ..step_up import FIELD, FRESH, needs_password, problem_of

register = template.Library()


@register.inclusion_tag("parts/step_up.html", takes_context=True)
def password_again(context: RequestContext, why: str = "") -> dict[str, Any]:
    """The field with label, hint and error; nothing at all while the session is fresh. `why` replaces the hint."""
    request = context["request"]
    return {
        "needed": needs_password(request),
        "problem": problem_of(request),
        "field": FIELD,
        "minutes": int(FRESH.total_seconds() // 60),
        "why": why,
    }
