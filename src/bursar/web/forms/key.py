"""The form of an API key: what was entered, read into its rules, and every error at its field."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...access.key_rules import Rules, Verb, parse_allow, parse_expires, parse_from, parse_key_name, parse_verbs
from ...access.keys import KeyView
from ...errors import InvalidInput

VERBS = (
    (Verb.READ, gettext_lazy("Get tokens"), gettext_lazy("What almost every program needs.")),
    (
        Verb.REFRESH,
        gettext_lazy("Replace a refused token"),
        gettext_lazy("A program says that a server refused its token, and gets the next one at once."),
    ),
    (
        Verb.MANAGE,
        gettext_lazy("Manage Bursar"),
        gettext_lazy("Change configurations and settings through the API, and stop everything."),
    ),
)
ENDS = (
    ("30d", gettext_lazy("in 30 days")),
    ("90d", gettext_lazy("in 90 days")),
    ("365d", gettext_lazy("in a year")),
    ("never", gettext_lazy("never")),
    ("date", gettext_lazy("on a day of your choice")),
)


@dataclass
class KeyForm:
    """Texts as they stand in the fields; `errors` by field name. `kept` is an end that a changed key may keep."""

    name: str = ""
    allow: str = ""
    verbs: list[str] = field(default_factory=lambda: [Verb.READ.value, Verb.REFRESH.value])
    ends: str = "90d"
    day: str = ""
    networks: str = ""
    kept: bool = False
    errors: dict[str, str] = field(default_factory=dict)
    rules: Rules | None = None
    expires_at: datetime | None = None

    @classmethod
    def of(cls, view: KeyView) -> "KeyForm":
        """The form of a key that is there."""
        return cls(view.name, "\n".join(view.allow), list(view.verbs), "keep", "", "\n".join(view.networks), kept=True)

    @classmethod
    def read(cls, posted: QueryDict, now: datetime, *, kept: bool = False) -> "KeyForm":
        """What was sent. `rules` and `expires_at` are good where `errors` is empty."""
        form = cls(
            name=posted.get("name", "").strip(),
            allow=posted.get("allow", ""),
            verbs=[verb.value for verb in Verb if verb.value in posted.getlist("verbs")],
            ends=posted.get("ends", ""),
            day=posted.get("day", "").strip(),
            networks=posted.get("networks", ""),
            kept=kept,
        )
        form._check(now)
        return form

    @property
    def verb_choices(self) -> list[dict[str, Any]]:
        """The check boxes."""
        return [
            {"value": verb.value, "label": label, "hint": hint, "checked": verb.value in self.verbs}
            for verb, label, hint in VERBS
        ]

    @property
    def end_choices(self) -> list[tuple[str, Any]]:
        """The choices for the end."""
        return ([("keep", gettext_lazy("as it is"))] if self.kept else []) + list(ENDS)

    def _check(self, now: datetime) -> None:
        if not self.kept:
            self._parse("name", lambda: parse_key_name(self.name), _("Enter a name of 1 to 250 printable characters."))
        lines = [line.strip() for line in self.allow.splitlines() if line.strip()]
        allow = self._parse("allow", lambda: parse_allow(lines), _("Enter at least one name, or * for all."))
        verbs = self._parse("verbs", lambda: parse_verbs(",".join(self.verbs)), _("Choose at least one."))
        networks = self._parse(
            "networks",
            lambda: parse_from(self.networks.splitlines()),
            _("Enter addresses or networks, one a line, as in 10.0.0.0/8."),
        )
        if self.ends != "keep" or not self.kept:
            wanted = self.day if self.ends == "date" else self.ends
            self.expires_at = self._parse(
                "ends", lambda: parse_expires(wanted, now), _("Choose a day that is yet to come.")
            )
        if not self.errors:
            self.rules = Rules(allow, verbs, networks)

    def _parse(self, name: str, parse: Callable[[], Any], sentence: str) -> Any:
        try:
            return parse()
        except InvalidInput:
            self.errors[name] = sentence
            return None
