"""A form of named fields, as mail accounts and web services have one: what a person sent, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .page import Field, Form, Section
from .specs import Spec, Text


@dataclass(frozen=True, slots=True)
class Wrong:
    """A sentence about a field; no field: about the whole."""

    field: str
    sentence: str


def at_most(count: int) -> str:
    """What is said of a longer text."""
    return _("Enter at most %(count)d characters.") % {"count": count}


def too_long(values: Mapping[str, str], most: Mapping[str, int]) -> list[Wrong]:
    """The fields whose text has more characters than `most` allows."""
    return [Wrong(name, at_most(count)) for name, count in most.items() if len(values[name]) > count]


def form_of(
    sections: Sequence[tuple[str, Text, Text]],
    found: Sequence[Spec],
    values: Mapping[str, str],
    wrong: Sequence[Wrong],
) -> Form:
    """The form as the page shows it; `sections` are key, title and help. Secrets never stand in it."""
    by_name = {spec.path: Field(spec, str(spec.label), values.get(spec.path, ""), "") for spec in found}
    general = []
    for each in wrong:
        if each.field in by_name:
            by_name[each.field].error = by_name[each.field].error or each.sentence
        else:
            general.append(each.sentence)
    parts = [
        Section(key, title, help_, [by_name[spec.path] for spec in found if spec.section == key])
        for key, title, help_ in sections
    ]
    bad = [field for field in by_name.values() if field.error]
    summary = ngettext("One field needs another look:", "%(count)d fields need another look:", len(bad))
    return Form(parts, bad, general, summary % {"count": len(bad)})
