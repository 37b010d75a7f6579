"""Whether a name that somebody entered for a configuration is free, before anything is stored."""

from django.utils.translation import gettext as _

from ...askable import is_askable
from ...tokens.document import Problem
from ...tokens.models import Configuration


def taken(name: str, own: str = "") -> list[Problem]:
    """What is wrong where another configuration has the name; `own` is the one that the configuration has already.

    A name that no database takes is nobody's: what is wrong with it is said by the rules of the document.
    """
    if not name or name == own or not is_askable(name) or not Configuration.objects.filter(name=name).exists():
        return []
    return [Problem("Name", _("Another configuration has this name. Choose another one."))]
