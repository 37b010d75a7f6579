"""The system configuration as it is now, read from the database each time: every process sees a change at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, cast

from django.db.backends.utils import CursorWrapper

from ..clock import from_micros, to_micros
from ..errors import InvalidInput, Temporary
from ..home import Home
from ..outbound import AllowedNetworks, OutboundRules
from ..storage import Storage
from .registry import setting
from .values import Network

CALLBACK = "get-oauth2-token-by-authorization-code.pl"
DEFAULT_PORT = 8085
VALUE_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class Stored:
    """What a person set, None where the default counts."""

    text: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a setting; None stands for the default."""

    name: str
    before: str | None
    after: str | None
    by: str
    at: datetime


class SystemConfiguration:
    """Reads and writes settings. Every reading method raises Temporary where the database can't be reached."""

    def __init__(self, home: Home, storage: Storage) -> None:
        self._home = home
        self._storage = storage

    def get(self, name: str) -> Any:
        """The typed value. Raises NotFound for an unknown name."""
        return setting(name).parse(self.text(name))

    def text(self, name: str) -> str:
        """The value as text: what a person set, else what the running server implies, else the default."""
        return self.texts([name])[name]

    def texts(self, names: Iterable[str]) -> dict[str, str]:
        """Several values by one look at the database."""
        wanted = [setting(name) for name in names]
        changed = self._changed()
        return {each.name: changed.get(each.name, self._implied(each.name, each.default)) for each in wanted}

    def is_set(self, name: str) -> bool:
        """Whether a person set it."""
        return setting(name).name in self._changed()

    def unset_text(self, name: str) -> str:
        """What the value is while nobody has set it: what the running server implies, else the default."""
        known = setting(name)
        return self._implied(known.name, known.default)

    def changed_names(self) -> set[str]:
        """The names of everything a person set."""
        return set(self._changed())

    def checked(self, name: str, text: str) -> str:
        """The value as it would be stored. Raises NotFound or InvalidInput."""
        known = setting(name)
        if not text.isprintable() or len(text) > VALUE_LIMIT:
            raise InvalidInput(f"{name}: must be one line of printable text, at most {VALUE_LIMIT} characters.")
        normal = known.normal(text)
        known.parse(normal)
        return normal

    def stored(self, name: str) -> Stored:
        """What a person set, as `set` and `reset` compare it. Raises NotFound."""
        return Stored(self._changed().get(setting(name).name))

    def set(self, name: str, text: str, by: str, now: datetime, seen: Stored | None = None) -> str:
        """Store a value, normalised; return it as stored. Raises NotFound or InvalidInput and changes nothing then.

        With `seen` only where that is what is stored still; else raises Temporary (`changed_meanwhile`).
        """
        normal = self.checked(name, text)

        def write(cursor: CursorWrapper) -> None:
            if seen is not None:
                _claim(cursor, name, seen)
            _note(cursor, name, normal, by, now)
            cursor.execute(
                "INSERT INTO sysconfig_setting (name, value, changed_at, changed_by) VALUES (%s, %s, %s, %s) "
                "ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at, "
                "changed_by = excluded.changed_by",
                (name, normal, to_micros(now), by),
            )

        self._storage.write(write)
        return normal

    def reset(self, name: str, by: str, now: datetime, seen: Stored | None = None) -> bool:
        """Go back to the default. Returns whether there was anything to undo. `seen` as of `set`."""
        known = setting(name)

        def write(cursor: CursorWrapper) -> int:
            if seen is not None:
                _claim(cursor, known.name, seen)
            _note(cursor, known.name, None, by, now)
            cursor.execute("DELETE FROM sysconfig_setting WHERE name = %s", (known.name,))
            return int(cursor.rowcount)

        return self._storage.write(write) > 0

    def history(self, name: str | None = None, limit: int = 100) -> list[Change]:
        """The changes of one setting or of all, newest first. Raises NotFound."""
        where, wanted = ("WHERE name = %s", (setting(name).name,)) if name is not None else ("", ())

        def read(cursor: CursorWrapper) -> list[Change]:
            cursor.execute(
                "SELECT name, before, after, changed_by, changed_at FROM sysconfig_change "  # noqa: S608 - no value in it
                f"{where} ORDER BY id DESC LIMIT %s",
                (*wanted, limit),
            )
            return [Change(row[0], row[1], row[2], row[3], from_micros(row[4])) for row in cursor.fetchall()]

        return self._storage.read(read)

    def base_url(self) -> str:
        """`<HttpType>://<FQDN>`, without a slash at the end. No header of any request has a say in it (SEC-4)."""
        texts = self.texts(["HttpType", "FQDN"])
        return f"{texts['HttpType']}://{texts['FQDN']}"

    def script_alias_path(self) -> str:
        """The path of the callback, as in `/otrs/get-oauth2-token-by-authorization-code.pl`."""
        return f"/{self.text('ScriptAlias')}{CALLBACK}"

    def redirect_uri(self, supposed: Mapping[str, str] = MappingProxyType({})) -> str:
        """The one address to register at every provider (RFC 6749 §3.1.2).

        `supposed` are values as they would be stored, to see what the address would be with them.
        """
        texts = self.texts(["HttpType", "FQDN", "ScriptAlias"]) | dict(supposed)
        return f"{texts['HttpType']}://{texts['FQDN']}/{texts['ScriptAlias']}{CALLBACK}"

    def outbound_rules(self) -> OutboundRules:
        """What the door out lets through just now; the practice provider of this home too, while it runs."""
        names = (
            "Outbound::AllowedNetworks",
            "WebUserAgent::Proxy",
            "WebUserAgent::NoProxy",
            "WebUserAgent::Timeout",
        )
        texts = self.texts(names)
        practice = self._home.serving().get("practice_port")
        entries = [texts["Outbound::AllowedNetworks"]] if texts["Outbound::AllowedNetworks"] else []
        if practice:
            entries += [f"127.0.0.1:{practice}", f"localhost:{practice}"]
        return OutboundRules(
            allowed=AllowedNetworks.parse(",".join(entries)),
            proxy=setting("WebUserAgent::Proxy").parse(texts["WebUserAgent::Proxy"]),
            no_proxy=setting("WebUserAgent::NoProxy").parse(texts["WebUserAgent::NoProxy"]),
            timeout=setting("WebUserAgent::Timeout").parse(texts["WebUserAgent::Timeout"]),
            setting=texts["Outbound::AllowedNetworks"],
        )

    def trusted_proxies(self) -> tuple[Network, ...]:
        """The reverse proxies whose X-Forwarded-For counts."""
        return cast("tuple[Network, ...]", self.get("TrustedProxies"))

    def _implied(self, name: str, default: str) -> str:
        if name not in ("FQDN", "HttpType"):
            return default
        serving = self._home.serving()
        if name == "HttpType":
            return "https" if serving.get("tls") else default
        return f"localhost:{serving.get('port') or DEFAULT_PORT}"

    def _changed(self) -> dict[str, str]:
        def read(cursor: CursorWrapper) -> dict[str, str]:
            cursor.execute("SELECT name, value FROM sysconfig_setting")
            return dict(cursor.fetchall())

        return self._storage.read(read)


def _claim(cursor: CursorWrapper, name: str, seen: Stored) -> None:
    """Lock the setting until the commit. Raises Temporary where it isn't what was seen."""
    if cursor.db.vendor == "postgresql":
        # A row that isn't there can't be locked. SQLite's writers are alone anyway.
        cursor.execute("LOCK TABLE sysconfig_setting IN SHARE ROW EXCLUSIVE MODE")
    cursor.execute("SELECT value FROM sysconfig_setting WHERE name = %s", (name,))
    found = cursor.fetchone()
    if (None if found is None else found[0]) != seen.text:
        raise Temporary(
            f"{name} was changed by somebody else meanwhile.",
            code="changed_meanwhile",
            action="Look at what it is now, then change it again.",
        )


def _note(cursor: CursorWrapper, name: str, after: str | None, by: str, now: datetime) -> None:
    """Write a change down, in the transaction that makes it; setting what is set already is none."""
    cursor.execute("SELECT value FROM sysconfig_setting WHERE name = %s", (name,))
    found = cursor.fetchone()
    before = None if found is None else found[0]
    if before != after:
        cursor.execute(
            "INSERT INTO sysconfig_change (name, before, after, changed_at, changed_by) VALUES (%s, %s, %s, %s, %s)",
            (name, before, after, to_micros(now), by),
        )
