"""One step of the test: what was seen, how long it took, and where it failed, what to do."""

from dataclasses import dataclass

from ...errors import BursarError


@dataclass(frozen=True, slots=True)
class Choice:
    """One way out of a failure, with a command to copy where there is one. `edit`: it is done in the account's form."""

    title: str
    text: str
    command: str = ""
    edit: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step and what was seen; `error` ends the way. `took` is in seconds; `said` the dialogue, secrets left out."""

    step: str
    seen: str
    error: BursarError | None = None
    took: float = 0.0
    choices: tuple[Choice, ...] = ()
    said: tuple[str, ...] = ()
