"""The form as a page shows it: sections of fields, each with its value and what is wrong with it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ...tokens.document import Problem
from .specs import LABELS, SECRET, Spec, Text
from .values import plain

SECTIONS: tuple[tuple[str, Text, Text], ...] = (
    ("bursar", gettext_lazy("In Bursar"), gettext_lazy("How colleagues find it.")),
    ("application", gettext_lazy("Your application"), gettext_lazy("From its registration at the provider.")),
    ("access", gettext_lazy("Access"), gettext_lazy("What the token may do, and where it comes from.")),
    ("notices", gettext_lazy("Notices"), gettext_lazy("Shown to administrators below the top menu.")),
)
OF_YOURS: dict[str, Text] = {  # what is asked for where an error says "Enter the …"
    "Name": gettext_lazy("Enter a name."),
    "ClientID": gettext_lazy("Enter the client ID."),
    SECRET: gettext_lazy("Enter the client secret."),
}


@dataclass(slots=True)
class Field:
    """One control: what is asked, what stands in it, what it held when the page was made, and what is wrong."""

    spec: Spec
    label: str
    value: str
    was: str
    error: str = ""
    note: str = ""
    theirs: str | None = None  # what somebody else saved meanwhile

    @property
    def id(self) -> str:
        return "f-" + self.spec.path.replace(".", "-")

    @property
    def described(self) -> str:
        """The ids of what describes the control, for screen readers."""
        found = [("error", self.error), ("note", self.note), ("hint", self.spec.hint)]
        ids = [f"{self.id}-{what}" for what, text in found if text]
        return " ".join(ids + ([f"{self.id}-theirs"] if self.theirs is not None else []))

    @property
    def rows(self) -> int:
        """How many lines a control of several lines shows."""
        return min(12, max(2, self.value.count("\n") + 1))


@dataclass(slots=True)
class Section:
    """Title and help on the left, fields on the right; `folded` are those that rarely change."""

    key: str
    title: Text
    help: Text
    fields: list[Field]
    folded: list[Field] = field(default_factory=list)
    fold: Text = ""
    open: bool = False


@dataclass(slots=True)
class Form:
    """The whole: sections, and in `wrong` the fields to look at again, in their order."""

    sections: list[Section]
    wrong: list[Field]
    general: list[str]  # what is wrong and belongs to no field
    summary: str = ""


def form(
    specs: Sequence[Spec],
    values: Mapping[str, str],
    was: Mapping[str, str],
    problems: Iterable[Problem] = (),
    *,
    moved_to: Mapping[str, str] | None = None,
    open_endpoints: bool = False,
    endpoints: Sequence[Spec] = (),
) -> Form:
    """Put the form together. `moved_to` says at which field a problem of another path is shown."""
    by_path = {
        spec.path: Field(spec, str(spec.label or LABELS[spec.path]), values.get(spec.path, ""), was.get(spec.path, ""))
        for spec in specs
    }
    general = []
    for problem in problems:
        path = (moved_to or {}).get(problem.path, problem.path)
        if path in by_path:
            by_path[path].error = by_path[path].error or sentence(by_path[path], problem.rule)
        else:
            general.append(f"{problem.path} {problem.rule}".strip().rstrip(".") + ".")
    found = [
        _section(key, title, help_, [each for each in by_path.values() if each.spec.section == key], endpoints,
                 open_endpoints)
        for key, title, help_ in SECTIONS
    ]  # fmt: skip
    more = [each for each in by_path.values() if each.spec.section == "more"]
    found.append(
        Section("more", _("More"), _("Rarely needed."), [], more, _("PKCE, client authentication, lifetimes and more")
                if any(each.spec.path == "PKCE" for each in more)
                else _("Client authentication, lifetimes and more"), any(each.error for each in more))
    )  # fmt: skip
    wrong = [each for each in by_path.values() if each.error]
    return Form(found, wrong, general, _summary(len(wrong)))


def conflicts(specs: Iterable[Spec], shown: Form, theirs: Mapping[str, str]) -> int:
    """Mark each field that somebody else changed meanwhile: taken over where this person left it alone, else both
    are shown. Returns how many both changed."""
    by_path = {spec.path: spec for spec in specs}
    both = 0
    for section in shown.sections:
        for each in [*section.fields, *section.folded]:
            path = each.spec.path
            if each.spec.kind == "secret":
                continue
            now, mine = plain(by_path[path], theirs.get(path, "")), plain(by_path[path], each.value)
            was = plain(by_path[path], each.was)
            if now not in (was, mine):
                if mine == was:
                    each.value = theirs.get(path, "")
                else:
                    both += 1
                    each.theirs = now
                each.note = "" if each.theirs is not None else _("Changed meanwhile, and taken over.")
                section.open = section.open or each in section.folded
            each.was = theirs.get(path, "")
    return both


def sentence(wrong: Field, rule: str) -> str:
    """The rule as a sentence about the field."""
    path = wrong.spec.path
    if rule in ("is missing", "must not be empty"):
        asked = OF_YOURS.get(path)
        return str(asked) if asked else _("%(field)s is missing.") % {"field": wrong.label}
    words = _(rule)
    if rule[:1].isupper():
        return words.rstrip(".") + "."
    joint = ": " if rule.startswith('"') else " "
    return f"{wrong.label}{joint}{words}".rstrip(".") + "."


def _section(
    key: str, title: Text, help_: Text, fields: list[Field], endpoints: Sequence[Spec], open_endpoints: bool
) -> Section:
    folded_paths = {spec.path for spec in endpoints}
    folded = [each for each in fields if each.spec.path in folded_paths]
    rest = [each for each in fields if each.spec.path not in folded_paths]
    wrong = any(each.error for each in folded)
    words = ", ".join(each.label for each in folded)
    return Section(key, title, help_, rest, folded, words, open_endpoints or wrong)


def _summary(count: int) -> str:
    return ngettext("One field needs another look:", "%(count)d fields need another look:", count) % {"count": count}
