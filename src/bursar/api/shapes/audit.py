"""The audit log."""

from datetime import datetime

from ninja import Schema

from .common import Page


class AuditEntry(Schema):
    """What somebody did or tried; `actor` is an address, key:NAME, or empty for nobody who is known. `outcome` is done,
    refused or failed; `status` that of the answer."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    outcome: str
    status: int
    address: str
    detail: dict[str, str]


class AuditPage(Page):
    items: list[AuditEntry]
