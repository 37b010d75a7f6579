"""What has to be done at the provider: the template's steps, the redirect URI at its step, and where it was read."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from ...providers import Template


@dataclass(frozen=True, slots=True)
class Step:
    """One action at the provider; `with_uri`: it needs the redirect URI, which stands right below it."""

    text: str
    with_uri: bool


@dataclass(frozen=True, slots=True)
class Guide:
    """The steps in their order, and where they were read and when."""

    steps: tuple[Step, ...]
    uri_in_steps: bool
    source: str
    address: str


def guide(template: Template, consented: bool) -> Guide:
    """The guide of one template; only a flow with consent has a redirect URI."""
    steps: list[Step] = []
    for text in template.steps:
        wanted = consented and "redirect URI" in text and not any(step.with_uri for step in steps)
        steps.append(Step(text, wanted))
    host = urlsplit(template.source).hostname or ""
    return Guide(tuple(steps), any(step.with_uri for step in steps), _source(host, template.checked), template.source)


def _source(host: str, checked: str) -> str:
    """`learn.microsoft.com, read in November 2026`; only the month where the source is Bursar itself."""
    year, month = (int(part) for part in checked.split("-"))
    when = formats.date_format(date(year, month, 1), pgettext("month format", "F Y"))
    if not host:
        return _("Read in %(month)s.") % {"month": when}
    return _("%(host)s, read in %(month)s") % {"host": host, "month": when}
