"""Where the master key comes from: one of three variables, or `$BURSAR_HOME/key` (SEC-31)."""

import base64
import binascii
import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from ..errors import Refused
from .keyring import KEY_BYTES

VARIABLES = ("BURSAR_KEY_FILE", "BURSAR_KEY", "BURSAR_KEY_COMMAND")
COMMAND_SECONDS = 30


def load_key(environ: Mapping[str, str], home: Path) -> bytes:
    """The 32 bytes of the master key. Raises Refused (exit 6) when it is missing, ambiguous, short or unsafe."""
    chosen = [name for name in VARIABLES if environ.get(name)]
    if len(chosen) > 1:
        raise Refused(
            f"{' and '.join(chosen)} are both set, so it is not clear which key counts.",
            code="key_ambiguous",
            action="Set only one of them.",
        )
    match chosen:
        case ["BURSAR_KEY"]:
            return parse_key(environ["BURSAR_KEY"], "BURSAR_KEY")
        case ["BURSAR_KEY_FILE"]:
            return parse_key(_read(Path(environ["BURSAR_KEY_FILE"])), environ["BURSAR_KEY_FILE"])
        case ["BURSAR_KEY_COMMAND"]:
            return parse_key(_run(environ["BURSAR_KEY_COMMAND"]), "BURSAR_KEY_COMMAND")
        case _:
            return parse_key(_read(home / "key"), str(home / "key"))


def new_key_text() -> str:
    """A fresh key as it is written to a key file: base64 of 32 random bytes."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode() + "\n"


def parse_key(text: str, origin: str) -> bytes:
    """The key in `text`. Raises Refused where it is not base64 of 32 bytes, or all of one byte."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise Refused(
            f"The key from {origin} is not base64 of 32 bytes.",
            code="key_malformed",
            action="Restore the right key, or make one for a new home with `bursar init`.",
        )
    if len(set(key)) == 1:
        raise Refused(f"The key from {origin} is one byte repeated, which protects nothing.", code="key_weak")
    return key


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        raise Refused(
            f"There is no key at {path}.",
            code="key_missing",
            action="Start a new home with `bursar init`, or restore the key that belongs to this database.",
        ) from None
    except OSError as problem:
        raise Refused(f"The key at {path} can't be read: {problem.strerror}.", code="key_missing") from None


def _run(command: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the administrator's own command, without a shell
            shlex.split(command), capture_output=True, text=True, timeout=COMMAND_SECONDS, check=True
        )
    except (OSError, ValueError, subprocess.SubprocessError) as problem:
        raise Refused(
            f"BURSAR_KEY_COMMAND gave no key ({type(problem).__name__}).",
            code="key_missing",
            action="Run the command by hand: it must print the key, base64 of 32 bytes.",
        ) from None
    return done.stdout
