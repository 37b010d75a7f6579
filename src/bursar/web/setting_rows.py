"""The settings as the page shows them: in groups, each with its value, where it comes from, and its last change."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..context import Context
from ..sysconfig.configuration import Change
from ..sysconfig.registry import SETTINGS, Setting
from .names import people_named

ADDRESS = ("HttpType", "FQDN", "ScriptAlias")
# Who may change these can lead secrets elsewhere, pass for another address, or lock everybody out (SEC-43).
DANGEROUS = frozenset((*ADDRESS, "Outbound::AllowedNetworks", "TrustedProxies", "WebUserAgent::Proxy"))
HISTORY_SHOWN = 10
_FIRST = (*ADDRESS, "TrustedProxies")
_TITLES: dict[str, str | Promise] = {
    "": _("Where Bursar is"),
    "Outbound": _("Connections to others"),
    "WebUserAgent": _("Connections to others"),
    "HandOut": _("Hand-out"),
    "MailAccount": _("Mail"),
    "PostMaster": _("Mail"),
    "WebService": _("Web services"),
}


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting. `choices` is filled where it takes one of a few words; `help` is in the registry's words."""

    setting: Setting
    text: str
    is_set: bool
    choices: tuple[str, ...]
    changes: Sequence[Change] = field(default=())

    @property
    def name(self) -> str:
        return self.setting.name

    @property
    def dangerous(self) -> bool:
        return self.name in DANGEROUS

    @property
    def last(self) -> Change | None:
        return self.changes[0] if self.changes else None

    @property
    def anchor(self) -> str:
        """A name for the page's own links."""
        return "s-" + self.name.replace("::", "-")


@dataclass(frozen=True, slots=True)
class SettingGroup:
    """Settings about one thing."""

    title: str | Promise
    rows: Sequence[SettingRow]


def setting_groups(ctx: Context, query: str = "", only_set: bool = False) -> list[SettingGroup]:
    """The settings that fit every word of `query`, with `only_set` those that a person set."""
    words = query.lower().split()
    found = [each for each in SETTINGS if all(word in f"{each.name} {each.help}".lower() for word in words)]
    rows = [row for row in rows_of(ctx, found) if row.is_set or not only_set]
    rows.sort(key=lambda row: (_FIRST.index(row.name) if row.name in _FIRST else len(_FIRST), row.name))
    groups: dict[str, list[SettingRow]] = {}
    for row in rows:
        groups.setdefault(str(_title(row.name)), []).append(row)
    return [SettingGroup(title, members) for title, members in groups.items()]


def rows_of(ctx: Context, settings: Sequence[Setting]) -> list[SettingRow]:
    """These settings with their values and last changes, people by name, by three looks at the database."""
    texts, changed = ctx.settings.texts(each.name for each in settings), ctx.settings.changed_names()
    history = ctx.settings.history(limit=1000)
    names = people_named({change.by for change in history})
    changes: dict[str, list[Change]] = {}
    for change in history:
        changes.setdefault(change.name, []).append(replace(change, by=names[change.by]))
    return [
        SettingRow(
            each,
            texts[each.name],
            each.name in changed,
            _choices(each),
            tuple(changes.get(each.name, ())[:HISTORY_SHOWN]),
        )
        for each in settings
    ]


def _choices(setting: Setting) -> tuple[str, ...]:
    words = tuple(setting.type.split(" | "))
    return words if len(words) > 1 else ()


def _title(name: str) -> str | Promise:
    head, separator, _rest = name.partition("::")
    if not separator:
        head = "" if name in _FIRST else "PostMaster" if name.startswith("PostMaster") else head
    return _TITLES.get(head, head)
