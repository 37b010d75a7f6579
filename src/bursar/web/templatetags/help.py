"""Where the help has a page about something."""

from django import template

from ..help.library import about

register = template.Library()


@register.filter
def help_about(provider: str) -> str:
    """The address of the page about a provider, empty where there is none."""
    return about(provider)
