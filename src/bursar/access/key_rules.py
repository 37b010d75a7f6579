"""What a key may do: patterns for names, verbs, networks. Pure, no Django: the door judges by it too (SEC-45)."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from ..errors import InvalidInput

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PREFIX = "bursar_"
LONGEST_PATTERN = 500
MOST_PATTERNS = 200
LONGEST_NAME = 250
_DURATION = re.compile(r"([1-9][0-9]{0,5})\s*(min|h|d|w)")
_UNITS = {"min": 60, "h": 3600, "d": 86_400, "w": 604_800}


class Verb(StrEnum):
    """`read` gets tokens, `refresh` reports a refused one for a new one, `manage` changes Bursar itself."""

    READ = "read"
    REFRESH = "refresh"
    MANAGE = "manage"


@dataclass(frozen=True, slots=True)
class Rules:
    """The rights of one key. There is no fallback: what no rule allows is forbidden."""

    allow: tuple[str, ...]
    verbs: frozenset[Verb]
    networks: tuple[Network, ...] = ()

    def permits(self, reference: str) -> bool:
        """Whether a pattern matches the whole of NAME or NAME#LABEL, case by case."""
        return any(_compiled(pattern).fullmatch(reference) is not None for pattern in self.allow)

    @property
    def permits_all(self) -> bool:
        """Whether one pattern is `*`."""
        return "*" in self.allow

    def admits(self, address: str) -> bool:
        """Whether the key may be used from this address."""
        if not self.networks:
            return True
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        mapped = getattr(parsed, "ipv4_mapped", None)
        return any((mapped or parsed) in network for network in self.networks)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    # Only `*` and `?` mean anything; names may hold brackets, which fnmatch would read as a class. Where a
    # piece fits first is as good as any place behind, so the groups are atomic: many stars cost no more than one.
    first, *pieces = (re.escape(piece).replace(r"\?", ".") for piece in pattern.split("*"))
    last = f".*{pieces.pop()}" if pieces else ""
    return re.compile(first + "".join(f"(?>.*?{piece})" for piece in pieces if piece) + last, re.DOTALL)


def parse_allow(patterns: Iterable[str]) -> tuple[str, ...]:
    """Patterns as they are stored, each once. Raises InvalidInput where there is none, or one that can't match."""
    found = tuple(dict.fromkeys(patterns))
    if not found:
        raise InvalidInput(
            "A key without a pattern would be good for nothing.",
            code="key_allow",
            action="Say which tokens it may have: --allow 'mail-*', or --allow '*' for all.",
        )
    if len(found) > MOST_PATTERNS:
        raise InvalidInput(f"A key has at most {MOST_PATTERNS} patterns.", code="key_allow")
    for pattern in found:
        if not pattern.isprintable() or pattern != pattern.strip() or not 0 < len(pattern) <= LONGEST_PATTERN:
            raise InvalidInput(
                f"{pattern!r} is no pattern for names.",
                code="key_allow",
                action="Write a name, with * for any characters and ? for one, as in 'mail-*'.",
            )
    return found


def parse_verbs(text: str) -> frozenset[Verb]:
    """`read,refresh`. Raises InvalidInput."""
    try:
        found = frozenset(Verb(word.strip().lower()) for word in text.split(","))
    except ValueError:
        found = frozenset()
    if not found:
        raise InvalidInput(
            f"{text!r} names no verbs.", code="key_verbs", action=f"Verbs are {', '.join(Verb)}, separated by commas."
        )
    return found


def parse_from(texts: Iterable[str]) -> tuple[Network, ...]:
    """CIDRs or addresses, in one text or several. Raises InvalidInput."""
    found: list[Network] = []
    for part in (part.strip() for text in texts for part in text.split(",")):
        if not part:
            continue
        try:
            found.append(ipaddress.ip_network(part))
        except ValueError:
            raise InvalidInput(
                f"{part!r} is not an address or a CIDR.", code="key_from", action="Write it as in 10.0.0.0/8."
            ) from None
    return tuple(found)


def parse_expires(text: str, now: datetime) -> datetime | None:
    """`90d`, `12h`, a date (its end, in UTC) or an RFC 3339 time; None for `never`. Raises InvalidInput."""
    if text.strip().lower() == "never":
        return None
    try:
        moment = _moment(text.strip(), now)
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"{text!r} is no end for a key.",
            code="key_expires",
            action="Write a time from now (90d, 12h), a date (2027-01-31), or never.",
        ) from None
    if moment <= now:
        raise InvalidInput(f"{text} is in the past.", code="key_expires")
    return moment


def _moment(text: str, now: datetime) -> datetime:
    duration = _DURATION.fullmatch(text)
    if duration:
        return now + timedelta(seconds=int(duration[1]) * _UNITS[duration[2]])
    moment = datetime.fromisoformat(text)
    if len(text) == len("2027-01-31"):
        return moment.replace(tzinfo=UTC) + timedelta(days=1)
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def parse_key_name(name: str) -> str:
    """The name of a key. Raises InvalidInput."""
    if not name.isprintable() or name != name.strip() or not 0 < len(name) <= LONGEST_NAME:
        raise InvalidInput(
            f"A key's name has 1 to {LONGEST_NAME} printable characters, without blanks at its ends.", code="key_name"
        )
    return name
