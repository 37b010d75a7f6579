"""Web services, and the log of their calls."""

from datetime import datetime
from typing import Any, Literal

from ninja import Field, Schema

from .common import Incoming, Name, Page, Trouble


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


class WebServiceCallWhole(WebServiceCall):
    """With the same call as a command line, in which there is no secret."""

    curl: str


class WebServiceCallPage(Page):
    items: list[WebServiceCall]


class JobOut(Schema):
    """A call; `id` is its idempotency key, the same with every try. `next_at` is null for one that was given up."""

    id: str
    invoker: str
    origin: str
    state: Literal["waiting", "given-up"]
    tries: int
    first_at: datetime
    next_at: datetime | None
    error: str
