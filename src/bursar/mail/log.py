"""The log of an account's runs, for people."""

from dataclasses import dataclass
from datetime import datetime

from .accounts import find
from .models import MailRun


@dataclass(frozen=True, slots=True)
class RunView:
    """One row of the log; `runs` in a row that found nothing share one. `seconds` is how long the last of them took."""

    started_at: datetime
    finished_at: datetime
    seconds: float
    runs: int
    fetched: int
    delivered: int
    skipped: int
    repeated: int
    octets: int
    error_code: str | None
    error: str | None
    action: str | None
    notes: list[str]


def runs_of(name: str) -> list[RunView]:
    """The newest first. Raises NotFound."""
    return [view_of(row) for row in MailRun.objects.filter(account=find(name)).order_by("-finished_at", "-id")]


def view_of(row: MailRun) -> RunView:
    """The row as it is shown."""
    return RunView(
        started_at=row.started_at,
        finished_at=row.finished_at,
        seconds=row.took / 1_000_000 or (row.finished_at - row.started_at).total_seconds(),
        runs=row.runs,
        fetched=row.fetched,
        delivered=row.delivered,
        skipped=row.skipped,
        repeated=row.repeated,
        octets=row.octets,
        error_code=row.error_code,
        error=row.error_sentence,
        action=row.error_action,
        notes=row.notes.splitlines(),
    )
