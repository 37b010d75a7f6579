"""Mail accounts, the log of their runs, and their quarantine."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Field, Schema

from .common import Incoming, Name, Page, SecretText, Trouble, Validity


class MailAccount(Schema):
    """A mail account; its password is never shown."""

    id: str
    name: str
    type: str
    host: str
    port: int
    login: str
    authentication: str
    token: str | None
    folder: str
    ca: str | None
    after: str
    trusted: bool
    deliver: str
    recipients: dict[str, str]
    interval: str
    validity: str
    comment: str
    held: bool
    next_run_at: datetime | None
    created_at: datetime


class MailAccountPage(Page):
    items: list[MailAccount]


class MailAccountChange(Incoming):
    """Only what is given is changed. `ca` is a file of certificates on the server, for a mail server with an authority
    of its own; empty for none."""

    name: Name | None = None
    type: Literal["IMAP", "IMAPS", "IMAPTLS", "POP3", "POP3S", "POP3TLS", "MSGraph"] | None = None
    host: Annotated[str, Field(max_length=255)] | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    login: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    token: Annotated[str, Field(min_length=1, max_length=501)] | None = None
    password: SecretText | None = None
    folder: Annotated[str, Field(max_length=500)] | None = None
    ca: Annotated[str, Field(max_length=4000)] | None = None
    after: Annotated[str, Field(max_length=500)] | None = None
    trusted: bool | None = None
    deliver: Annotated[str, Field(max_length=4000)] | None = None
    recipients: dict[str, str] | None = None
    interval: Annotated[str, Field(max_length=20)] | None = None
    validity: Validity | None = None
    comment: Annotated[str, Field(max_length=4000)] | None = None


class NewMailAccount(MailAccountChange):
    """With either `token` or `password`; what is left out is as the provider suggests."""

    name: Name
    login: Annotated[str, Field(min_length=1, max_length=500)]
    deliver: Annotated[str, Field(min_length=1, max_length=4000)]


class MailRun(Schema):
    """A finished run, or several in a row that found nothing."""

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


class MailProgress(Schema):
    """Whether a run is under way, and how many messages it has fetched, where it runs in this process."""

    under_way: bool
    fetched: int


class Quarantined(Schema):
    """A message that the destination refused for good; it stays on the mail server."""

    id: int
    folder: str
    place: str
    sender: str
    subject: str
    size: int
    reason: str
    refused_at: datetime


class Retry(Incoming):
    """Ids of messages in quarantine; null for all."""

    messages: list[Annotated[int, Field(ge=1, le=2**62)]] | None = None


class Count(Schema):
    count: int


class SigningSecret(Schema):
    """Give it to the receiver: it is shown this once."""

    signing_secret: str


class ChoiceOut(Schema):
    """One way out of a failure, with a command where there is one."""

    title: str
    text: str
    command: str


class StepOut(Schema):
    """One step: what was seen, and where it failed what to do. `said` is the dialogue without secrets."""

    step: str
    seen: str
    seconds: float
    error: Trouble | None
    choices: list[ChoiceOut]
    said: list[str]


class MailTestOut(Schema):
    """A test. `open` goes on; `failed` without a `failed_step` was broken off."""

    id: str
    state: Literal["open", "ok", "failed"]
    started_at: datetime
    finished_at: datetime | None
    failed_step: str | None
    steps: list[StepOut]
