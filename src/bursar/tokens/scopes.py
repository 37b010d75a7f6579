"""Granted and requested scopes, compared as sets (SEC-20): order and repetition mean nothing (RFC 6749 §3.3). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScopeLine:
    """One scope: granted, missing (asked for), extra (granted unasked), or implied (no answer ever names it)."""

    name: str
    kind: str


def compared(requested: Sequence[str], granted: str | None) -> tuple[ScopeLine, ...]:
    """What was asked for in its order, then what came on top; all of it as asked where nothing was granted yet."""
    if granted is None:
        return tuple(ScopeLine(name, "asked") for name in requested)
    got = dict.fromkeys(granted.split())
    lines = [ScopeLine(name, "granted" if name in got else _absent(name)) for name in requested]
    return (*lines, *(ScopeLine(name, "extra") for name in got if name not in requested))


def _absent(name: str) -> str:
    """`.default` stands for whatever the application may do; offline_access shows in a refresh token alone."""
    return "implied" if name.endswith(".default") or name == "offline_access" else "missing"
