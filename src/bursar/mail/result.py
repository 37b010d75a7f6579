"""What a run over one account came to."""

from dataclasses import dataclass, field
from datetime import datetime

from ..context import Context
from ..errors import BursarError, PersonMustAct, Refused
from .models import MailRun

RUNS_KEPT = 50
NOTES_KEPT = 200
SKIPS_KEPT = 50


@dataclass(slots=True)
class Result:
    """Counts of messages, and the error that ended or marred the run. `skips` name what was left, and why."""

    name: str
    fetched: int = 0  # transferred from the server
    delivered: int = 0  # put in place, each once
    skipped: int = 0  # left at the server because they could not be transferred or delivered
    repeated: int = 0  # handed over again after a kill that left open whether they had arrived
    octets: int = 0  # bytes of the transferred messages
    error: BursarError | None = None
    notes: list[str] = field(default_factory=list)
    skips: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Add a line to the run's log, which is bounded."""
        if len(self.notes) < NOTES_KEPT:
            self.notes.append(text)

    def skip(self, message: str, reason: str) -> None:
        """Count and name a message that stays on the server; `message` is how a person finds it, as in `UID 7`."""
        self.skipped += 1
        line = f"message {message} was left on the server: {reason}"
        self.note(line)
        if len(self.skips) < SKIPS_KEPT:
            self.skips.append(line)

    def as_json(self) -> dict[str, object]:
        """The stable form of `mail fetch --json`."""
        error = self.error
        return {
            "name": self.name,
            "fetched": self.fetched,
            "delivered": self.delivered,
            "skipped": self.skipped,
            "error": error and {"code": error.code, "sentence": error.sentence, "action": error.action},
        }


def exit_code(results: list[Result]) -> int:
    """4 if any needs a person, else 5 if any failed or is busy, else 0; 6 where Bursar's own rules alone forbade it."""
    errors = [result.error for result in results if result.error is not None]
    if any(isinstance(error, PersonMustAct) for error in errors):
        return 4
    if errors and all(isinstance(error, Refused) for error in errors):
        return 6
    return 5 if errors else 0


def keep(ctx: Context, account_id: str, started: datetime, result: Result) -> None:
    """Store the run, and forget the oldest ones."""
    error = result.error
    MailRun.objects.create(
        account_id=account_id,
        started_at=started,
        finished_at=ctx.clock.now(),
        fetched=result.fetched,
        delivered=result.delivered,
        skipped=result.skipped,
        repeated=result.repeated,
        octets=result.octets,
        error_code=error.code if error else None,
        error_sentence=error.sentence if error else None,
        error_action=error.action if error else None,
        notes="\n".join(result.notes),
    )
    kept = MailRun.objects.filter(account_id=account_id).order_by("-finished_at", "-id").values_list("id", flat=True)
    MailRun.objects.filter(account_id=account_id).exclude(id__in=list(kept[:RUNS_KEPT])).delete()
