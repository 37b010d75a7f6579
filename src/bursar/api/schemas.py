"""The shapes of the API. What comes in is strict: an unknown member is refused (SEC-42). Secrets only ever go in."""

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Field, Schema
from pydantic import ConfigDict

Validity = Literal["valid", "invalid", "invalid-temporarily"]
Role = Literal["admin", "auditor"]
Name = Annotated[str, Field(min_length=1, max_length=250)]
SecretText = Annotated[str, Field(min_length=1, max_length=20_000, json_schema_extra={"writeOnly": True})]
Texts = dict[Annotated[str, Field(min_length=1, max_length=500)], Annotated[str, Field(max_length=20_000)]]


class Incoming(Schema):
    """What a client sends."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)


class Page(Schema):
    """Part of a list: `total` fit; `next` is the address of the next part."""

    total: int
    next: str | None


class Trouble(Schema):
    """What is wrong, in plain words, and the next step."""

    code: str
    sentence: str
    action: str


class TemplateOut(Schema):
    """A provider template. `placeholders` are asked for by name in `set`."""

    slug: str
    title: str
    provider: str
    flow: str
    placeholders: list[dict[str, Any]]
    steps: list[str]
    source: str
    checked: str


class ConfigurationSummary(Schema):
    """A configuration in a list."""

    id: str
    name: str
    flow: str
    validity: str
    template: str | None
    client_id: str | None
    secret_stored: bool
    held: list[str]
    changed_at: datetime
    changed_by: str


class ConfigurationPage(Page):
    items: list[ConfigurationSummary]


class Configuration(ConfigurationSummary):
    """A configuration whole, without its secret: `config` is the document as it is exported."""

    scope: str | None
    secret_fingerprint: str | None
    pinned_issuer: str | None
    used_by: list[str]
    tokens: list[dict[str, str]]
    config: dict[str, Any]
    created_at: datetime
    created_by: str


class NewConfiguration(Incoming):
    """From a template, with `set` as `bursar config add --set` has it: PATH to VALUE."""

    template: str
    name: Name
    set: Texts = {}
    client_secret: SecretText | None = None


class ConfigurationChange(Incoming):
    """`set` as `bursar config set` has it; an empty value empties. A changed destination holds what is stored."""

    set: Texts = {}
    client_secret: SecretText | None = None


class Duplicate(Incoming):
    name: Name
    with_secret: bool = False


class NewLabel(Incoming):
    label: Annotated[str, Field(min_length=1, max_length=250)]


class Imported(Schema):
    """Names, in the order of the file."""

    added: list[str]
    overwritten: list[str]
    skipped: list[str]
    held: list[str] = []


class Token(Schema):
    """A token's state. `state` is one of no_token, awaiting_consent, active, retrying, needs_authorization,
    misconfigured, revoked."""

    id: str
    configuration_id: str
    reference: str
    name: str
    label: str
    flow: str
    template: str | None
    provider: str
    validity: str
    state: str
    state_since: datetime | None
    issued_at: datetime | None
    expires_at: datetime | None
    expiry_assumed: bool
    refresh_expires_at: datetime | None
    has_refresh_token: bool
    held: list[str]
    scope: str | None
    account: str | None
    used_by: list[str]
    error: Trouble | None


class TokenPage(Page):
    items: list[Token]


class Ticket(Schema):
    """A link, good once and for ten minutes: a signed-in administrator opens it and presses the button."""

    url: str


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
    next_run_at: datetime | None
    created_at: datetime


class MailAccountPage(Page):
    items: list[MailAccount]


class MailAccountChange(Incoming):
    """Only what is given is changed."""

    name: Name | None = None
    type: Literal["IMAP", "IMAPS", "IMAPTLS", "POP3", "POP3S", "POP3TLS", "MSGraph"] | None = None
    host: Annotated[str, Field(max_length=255)] | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    login: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    token: Annotated[str, Field(min_length=1, max_length=501)] | None = None
    password: SecretText | None = None
    folder: Annotated[str, Field(max_length=500)] | None = None
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


class Setting(Schema):
    """One setting with its present value; `is_set` where a person set it."""

    name: str
    type: str
    help: str
    default: str
    value: str
    is_set: bool


class SettingValue(Incoming):
    value: Annotated[str, Field(max_length=20_000)]


class Person(Schema):
    """Somebody who may sign in."""

    email: str
    name: str
    role: str
    may_sign_in: bool
    last_sign_in: datetime | None


class NewPerson(Incoming):
    """Invited by a link, which is in the answer and nowhere else."""

    email: Annotated[str, Field(min_length=3, max_length=254)]
    role: Role
    name: Annotated[str, Field(max_length=200)] = ""


class PersonChange(Incoming):
    role: Role | None = None
    may_sign_in: bool | None = None


class Link(Schema):
    """Good once, for three days."""

    url: str


class Key(Schema):
    """An API key; the key itself was shown once."""

    id: str
    name: str
    hint: str
    allow: list[str]
    verbs: list[str]
    networks: list[str]
    state: str
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    last_used_from: str


class NewKeyOut(Key):
    """With `key`: this answer is its only sight."""

    key: str


class KeyRights(Incoming):
    """`expires` as on the command line: 90d, 12h, 2027-01-31 or never."""

    allow: Annotated[list[Annotated[str, Field(max_length=500)]], Field(max_length=200)] | None = None
    verbs: list[Literal["read", "refresh", "manage"]] | None = None
    networks: Annotated[list[Annotated[str, Field(max_length=50)]], Field(max_length=200)] | None = None
    expires: Annotated[str, Field(max_length=50)] | None = None


class NewKey(KeyRights):
    name: Name


class WebService(Schema):
    """A web service; `document` has no secrets."""

    id: str
    name: str
    validity: str
    held: bool
    document: dict[str, Any]


class WebServicePage(Page):
    items: list[WebService]


class WebServiceDocument(Incoming):
    """The document of a web service; its keys are those of the YAML."""

    document: dict[str, Any]


class WebServiceRun(Incoming):
    """Which invoker, and the data that it takes."""

    invoker: Name
    data: dict[str, Any] = Field(default_factory=dict)


class WebServiceOutcome(Schema):
    """How a call went; `output` is what the invoker wants of the answer."""

    call: str
    status: int | None
    output: Any
    seconds: float
    token_renewed: bool
    error: Trouble | None
    again_in: float | None


class WebServiceCall(Schema):
    """A call of the log."""

    id: str
    invoker: str
    origin: str
    job: str
    tries: int
    at: datetime
    seconds: float
    method: str
    url: str
    sent_headers: dict[str, str]
    sent: str
    status: int | None
    headers: dict[str, str]
    received: str
    token_renewed: bool
    error_code: str | None
    error: str | None
    action: str | None
    again_at: datetime | None


class WebServiceCallPage(Page):
    items: list[WebServiceCall]
