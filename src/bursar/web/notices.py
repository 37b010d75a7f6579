"""The lines below the top menu: what needs a person, the most urgent first, one line a cause."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from .rows import Row, Step, place_of
from .standing import Level
from .wording import clock


@dataclass(frozen=True, slots=True)
class Notice:
    """One line: the bold fact, what follows from it, and the step."""

    level: str
    icon: str
    fact: str
    consequence: str
    step: Step | None
    object: str


def notices_of(rows: Sequence[Row], now: datetime) -> list[Notice]:
    """Tokens of one configuration that fail for the same cause make one notice."""
    causes: dict[tuple[str, str, str], list[Row]] = {}
    for row in sorted(rows, key=place_of):
        if row.standing.level in (Level.NOW, Level.SOON):
            code = row.view.error.code if row.view.error else row.standing.word
            causes.setdefault((row.standing.level, row.view.configuration_id, code), []).append(row)
    return [_notice(same, now) for same in causes.values()]


def _notice(same: list[Row], now: datetime) -> Notice:
    first = same[0]
    name = first.view.name if len(same) > 1 else first.view.reference
    many = f" ({len(same)} tokens)" if len(same) > 1 else ""
    sentence, _, rest = first.standing.reason.partition(". ")
    fact = f"{name}{many}: {sentence.rstrip('.')}."
    consequence = _consequence(same, now) or (rest if first.view.held or first.view.candidate else "")
    return Notice(first.standing.level, first.standing.icon, fact, consequence, first.step, name)


def _consequence(same: list[Row], now: datetime) -> str:
    users = len({user for row in same for user in row.view.used_by})
    if not users or same[0].standing.level is Level.SOON:
        return ""
    subject = "One mail account" if users == 1 else f"{users} mail accounts"
    ends = [row.view.expires_at for row in same if row.view.has_access_token and row.view.expires_at]
    last = max(ends, default=None)
    if same[0].view.held or last is None:
        return f"{subject} wait{'s' if users == 1 else ''}."
    if last > now:
        return f"{subject} stop{'s' if users == 1 else ''} at {clock(last, now)}."
    return f"{subject} {'has' if users == 1 else 'have'} been waiting since {clock(last, now)}."
