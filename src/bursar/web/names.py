"""How people are named beside what they did: by name where one is known, the command line's users as such."""

import re
from collections.abc import Collection, Sequence

from django.utils.translation import gettext as _

from ..access.models import Person
from ..providers import template_of
from ..sentences import said

NAMED = 20  # users that a row names one by one


def people_named(addresses: Collection[str]) -> dict[str, str]:
    """The name of each; those who left, and those nobody knows, keep what was written down."""
    known = dict(Person.objects.filter(email__in=list(addresses)).exclude(name="").values_list("email", "name"))
    return {address: known.get(address) or _written(address) for address in addresses}


def by_name(address: str) -> str:
    """One who changed something, by name where it is known."""
    return people_named([address])[address]


def origin_words(origin: str) -> str:
    """What made a call of a web service: the clock, or who pressed the button or typed the command."""
    return _("by the clock") if origin == "schedule" else by_name(origin.removeprefix("page:"))


def _written(by: str) -> str:
    if by.startswith("cli:"):
        return _("%(user)s on the command line") % {"user": by.removeprefix("cli:")}
    return by or _("somebody")


def template_title(slug: str) -> str:
    """A template by the title that the catalogue shows; one that isn't ours by the name that its document gives."""
    known = template_of(slug)
    return said(known.title) if known else slug


def consumer_words(kind: str, name: str) -> str:
    """What used a token, as the object of a sentence."""
    match kind:
        case "mail":
            return _("the mail account %(name)s") % {"name": name}
        case "webservice":
            return _("the web service %(name)s") % {"name": name}
        case "key":
            return _("the API key %(name)s") % {"name": name}
        case "user":
            return _("%(name)s on this machine") % {"name": name}
        case _:
            return name or _("something")


_USER = re.compile(r'(mail account|web service) "(.*)"', re.DOTALL)


def user_words(user: str) -> str:
    """A user of a configuration as the consumers name themselves to the core, said again for a page."""
    found = _USER.fullmatch(user)
    if found is None:
        return user
    if found[1] == "web service":
        return _("web service “%(name)s”") % {"name": found[2]}
    return _("mail account “%(name)s”") % {"name": found[2]}


def users_words(users: Sequence[str]) -> str:
    """Who uses a token, one after the other; of very many the first."""
    words = ", ".join(user_words(user) for user in users[:NAMED])
    if len(users) > NAMED:
        return _("%(names)s and %(count)d more") % {"names": words, "count": len(users) - NAMED}
    return words


def user_icon(user: str) -> str:
    """The icon of its kind."""
    return "mail" if user.startswith("mail account ") else "plug"
