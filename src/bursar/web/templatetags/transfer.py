"""The words and icons of an import's preview."""

from collections.abc import Sequence
from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from ..icons import icon_html

register = template.Library()

WORDS = {
    "added": _("Added"),
    "overwritten": _("Overwritten"),
    "unchanged": _("Unchanged"),
    "skipped": _("Skipped"),
    "held": _("Held"),
}
ICONS = {"added": "plus", "overwritten": "refresh", "unchanged": "check", "skipped": "circle-off", "held": "lock"}
SECRETS = {"new": _("new"), "replaced": _("changed"), "kept": _("stays"), "none": _("none")}
HELD = {
    ("token",): _("its tokens are held"),
    ("secret",): _("its secret is held"),
    ("token", "secret"): _("tokens and secret are held"),
}


@register.filter
def outcome_word(key: str) -> str:
    """Added, Overwritten, ..."""
    return str(WORDS[key])


@register.simple_tag
def outcome_icon(key: str) -> SafeString:
    """The icon that goes with the word."""
    return icon_html(ICONS[key])


@register.filter
def secret_word(key: str) -> str:
    """What becomes of the client secret."""
    return str(SECRETS[key])


@register.filter
def held_words(held: Sequence[str]) -> str:
    """What of the configuration would be held."""
    return str(HELD[tuple(held)])


@register.filter
def clock_time(at: datetime) -> str:
    """`14:30` in the person's zone."""
    return f"{timezone.localtime(at):%H:%M}"
