"""What pages ask about discovery."""

import json

from django import template

from ...tokens.models import Configuration

register = template.Library()


@register.filter
def issuer_of(row: Configuration) -> str:
    """The issuer that the configuration names, empty where it names none."""
    return str(json.loads(row.document).get("Issuer") or "")
