"""The way to the first token, for the pages that show it."""

from typing import Any

from django import template

from ..first_token import Guide, guide, unfinished

register = template.Library()


@register.simple_tag(takes_context=True)
def first_token(context: dict[str, Any]) -> Guide:
    """The guide as it stands now."""
    return guide(context["request"])


@register.inclusion_tag("parts/first_token.html", takes_context=True)
def first_token_bar(context: dict[str, Any]) -> dict[str, Any]:
    """One line above the overview while somebody is on the way."""
    return {"guide": unfinished(context["request"]), "person": context.get("person")}
