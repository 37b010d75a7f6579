"""What a run over one account came to."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.backends.utils import CursorWrapper

from ..clock import to_micros
from ..context import Context
from ..errors import BursarError, PersonMustAct, Refused, Temporary

RUNS_KEPT = 50
NOTES_KEPT = 200
SKIPS_KEPT = 50
ADDRESS_RULES = frozenset({"address_refused", "plaintext_refused"})


@dataclass(slots=True)
class Result:
    """Counts of messages, and the error that ended or marred the run. `skips` name what was left, and why."""

    name: str
    fetched: int = 0  # transferred from the server
    delivered: int = 0  # put in place, each once
    skipped: int = 0  # left at the server because they could not be transferred or delivered
    repeated: int = 0  # handed over again after a kill that left open whether they had arrived
    octets: int = 0  # bytes of the transferred messages
    idle: bool = False  # the server knows IDLE
    highest: int = 0  # the last UID there was
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
    """4 if any needs a person, else 5 if any failed or is busy, else 0.

    What a rule of Bursar's refuses (held, not valid, an address that isn't admitted) needs a person too. Where every
    failure is an address that may not be connected to, it is that refusal's own exit code, 6.
    """
    errors = [result.error for result in results if result.error is not None]
    if errors and all(error.code in ADDRESS_RULES for error in errors):
        return Refused.exit_code
    if any(isinstance(error, PersonMustAct | Refused) for error in errors):
        return PersonMustAct.exit_code
    return Temporary.exit_code if errors else 0


def keep(ctx: Context, account_id: str, started: datetime, result: Result) -> None:
    """Store the run, and forget the oldest ones. Runs in a row that found nothing share a row, so that the log of a
    quiet mailbox reaches back. Raises Temporary where the database doesn't take it.
    """
    error = result.error
    now, begun = to_micros(ctx.clock.now()), to_micros(started)
    quiet = error is None and not (result.fetched or result.delivered or result.skipped)
    counts = [result.fetched, result.delivered, result.skipped, result.repeated, result.octets]
    words = [error.code, error.sentence, error.action] if error is not None else [None, None, None]
    person = isinstance(error, PersonMustAct | Refused)
    notes = "\n".join(result.notes)

    def job(cursor: CursorWrapper) -> None:
        cursor.execute(
            "SELECT id, error_code, fetched + delivered + skipped FROM mail_run WHERE account_id = %s"
            " ORDER BY finished_at DESC, id DESC LIMIT 1",
            [account_id],
        )
        last = cursor.fetchone()
        if quiet and last and last[1] is None and last[2] == 0:
            cursor.execute(
                "UPDATE mail_run SET finished_at = %s, notes = %s, took = %s, runs = runs + 1 WHERE id = %s",
                [now, notes, now - begun, last[0]],
            )
            return
        cursor.execute(
            "INSERT INTO mail_run (account_id, started_at, finished_at, took, runs, fetched, delivered, skipped,"
            " repeated, octets, needs_person, error_code, error_sentence, error_action, notes)"
            " VALUES (%s, %s, %s, %s, 1, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [account_id, begun, now, now - begun, *counts, person, *words, notes],
        )
        cursor.execute(
            "DELETE FROM mail_run WHERE account_id = %s AND id NOT IN"
            " (SELECT id FROM mail_run WHERE account_id = %s ORDER BY finished_at DESC, id DESC LIMIT %s)",
            [account_id, account_id, RUNS_KEPT],
        )

    ctx.storage.write(job)
