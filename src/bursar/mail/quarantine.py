"""What a destination refused for good: it stays on the server, named here, until a person has it tried again."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from ..errors import NotFound
from .accounts import find
from .models import MailLedger

SHOWN = 1000


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One message, at its place at the server (`UID 7`), with what is known of it."""

    id: int
    account: str
    folder: str
    place: str
    sender: str
    subject: str
    size: int  # bytes
    reason: str
    refused_at: datetime


def quarantined(account: str | None = None) -> list[Quarantined]:
    """The newest thousand, of one account or of all. Raises NotFound for an account that isn't."""
    rows = MailLedger.objects.filter(state="refused").select_related("account").order_by("-delivered_at", "-id")
    if account is not None:
        rows = rows.filter(account=find(account))
    return [
        Quarantined(
            id=row.id,
            account=row.account.name,
            folder=row.folder,
            place=row.place or "",
            sender=row.sender or "",
            subject=row.subject or "",
            size=row.size or 0,
            reason=row.reason or "",
            refused_at=row.delivered_at,
        )
        for row in rows[:SHOWN]
    ]


def retry(account: str, ids: Collection[int] | None = None) -> int:
    """Let the next run try these again, or all of the account's. Returns how many.

    Raises NotFound for an account, or one of the ids, that isn't; nothing is changed then.
    """
    rows = MailLedger.objects.filter(state="refused", account=find(account))
    if ids is not None:
        rows = rows.filter(id__in=ids)
        missing = set(ids) - set(rows.values_list("id", flat=True))
        if missing:
            raise NotFound(
                f'There is no message {min(missing)} in the quarantine of "{account}".',
                code="message_not_found",
                action=f"`bursar mail quarantine '{account}'` shows the numbers.",
            )
    return rows.delete()[0]


def release(account_id: str) -> None:
    """The account delivers elsewhere from now on: everything in its quarantine is tried again."""
    MailLedger.objects.filter(state="refused", account_id=account_id).delete()


def counts() -> dict[str, int]:
    """How many messages are in quarantine, by the account's id; accounts without any are missing."""
    rows = MailLedger.objects.filter(state="refused").values("account_id").annotate(count=Count("id"))
    return {row["account_id"]: row["count"] for row in rows}
