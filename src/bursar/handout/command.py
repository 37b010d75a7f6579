"""`bursar token get` as it is asked over the socket: its arguments read, its answer as it is printed. No Django.

Only what the warm path knows is read here; for anything else, help and mistakes too, the whole command line is run.
"""

import base64
import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..errors import BursarError
from ..keyring import Secret
from ..mail.sasl import Mechanism, initial_response
from .counter import Given

if TYPE_CHECKING:
    from ..tokens.outcome import Refusal

OPTIONS = {"--min-ttl", "--sasl", "--rejected"}
FLAGS = {"--json", "--header"}


@dataclass(frozen=True, slots=True)
class GetCommand:
    """The arguments of one `bursar token get`. At most one of `sasl`, `as_json`, `header`."""

    name: str
    min_ttl: float = 0.0
    sasl: str | None = None
    as_json: bool = False
    header: bool = False
    rejected: str | None = None

    @classmethod
    def parse(cls, arguments: list[str]) -> "GetCommand | None":
        """The command, None where click has to look at it."""
        names: list[str] = []
        values: dict[str, str] = {}
        flags: set[str] = set()
        rest = iter(arguments)
        for word in rest:
            if word == "--":
                names += rest
            elif word in FLAGS:
                flags.add(word)
            elif word in OPTIONS:
                value = next(rest, None)
                if value is None:
                    return None
                values[word] = value
            elif word.startswith("-"):
                option, equals, value = word.partition("=")
                if option not in OPTIONS or not equals:
                    return None
                values[option] = value
            else:
                names.append(word)
        if len(names) != 1 or len(flags) + ("--sasl" in values) > 1:
            return None
        return cls._typed(names[0], values, flags)

    @classmethod
    def _typed(cls, name: str, values: dict[str, str], flags: set[str]) -> "GetCommand | None":
        try:
            min_ttl = float(values.get("--min-ttl", "0"))
        except ValueError:
            return None
        rejected = values.get("--rejected")
        if not 0 <= min_ttl < math.inf or (rejected is not None and not is_sha256(rejected)):
            return None
        return cls(
            name, min_ttl, values.get("--sasl"), "--json" in flags, "--header" in flags, rejected and rejected.lower()
        )


@dataclass(frozen=True, slots=True)
class Printed:
    """What the command ends in."""

    exit_code: int
    out: str = ""
    err: str = ""


def is_sha256(text: str) -> bool:
    """64 hexadecimal digits."""
    return len(text) == 64 and set(text.lower()) <= set("0123456789abcdef")


def printed(command: GetCommand, found: "Given | Refusal", now: float) -> Printed:
    """What is printed for a token, or for the refusal of one; `now` in seconds since 1970."""
    if not isinstance(found, Given):
        return failed(found.as_error())
    try:
        return Printed(0, text_of(command, found, now) + "\n")
    except BursarError as error:
        return failed(error)


def failed(error: BursarError) -> Printed:
    """One sentence on standard error, and the error's exit code."""
    return Printed(error.exit_code, err=f"bursar: {error}\n")


def text_of(command: GetCommand, given: Given, now: float) -> str:
    """What standard output gets, without its newline. Raises Refused where a login can't be put into a SASL string."""
    if command.as_json:
        told = {
            "access_token": given.token,
            "token_type": given.token_type,
            "expires_in": max(0, int(given.expires_at - now)),
            "expires_at": datetime.fromtimestamp(given.expires_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "scope": given.scope,
        }
        return json.dumps(told, indent=2, ensure_ascii=False)
    if command.header:
        return f"Authorization: Bearer {given.token}"
    if command.sasl is not None:
        return base64.b64encode(initial_response(Mechanism.XOAUTH2, command.sasl, Secret(given.token), "", 0)).decode()
    return given.token
