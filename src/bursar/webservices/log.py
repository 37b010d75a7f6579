"""The log of calls: written without secrets, bounded, searched, and copied as a command without the token."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.backends.utils import CursorWrapper
from django.db.models import Q, QuerySet

from ..askable import askable
from ..clock import to_micros
from ..context import Context
from ..errors import BursarError, NotFound
from ..ids import new_id
from .models import WebService, WebServiceCall
from .redact import redacted, redacted_headers
from .service import Authentication, Service

KEPT = 500  # calls of each service
LONGEST = 16_384  # characters of a body
_LONGEST_HEADER = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """A call as it went, still with its secrets; `took` is in seconds."""

    invoker: str
    origin: str
    job: str
    tries: int
    at: datetime
    took: float
    method: str
    url: str
    sent_headers: Mapping[str, str]
    sent: bytes
    status: int | None
    headers: Mapping[str, str]
    received: bytes
    renewed: bool
    error: BursarError | None
    again_at: datetime | None
    secrets: frozenset[str]


@dataclass(frozen=True, slots=True)
class CallView:
    """A call as people and scripts see it."""

    id: str
    invoker: str
    origin: str
    job: str
    tries: int
    at: datetime
    seconds: float
    method: str
    url: str
    sent_headers: Mapping[str, str]
    sent: str
    status: int | None
    headers: Mapping[str, str]
    received: str
    token_renewed: bool
    error_code: str | None
    error: str | None
    action: str | None
    again_at: datetime | None


def write(ctx: Context, service_id: str, entry: Entry) -> str:
    """Store the call without its secrets, and forget the oldest; returns its id. Raises Temporary."""
    call_id, error = new_id(), entry.error
    secrets = sorted(entry.secrets, key=len, reverse=True)
    wanted = ctx.settings.get("WebService::Log::Bodies")
    bodies = wanted == "all" or (wanted == "failed" and error is not None)
    values: dict[str, Any] = {
        "id": call_id,
        "service_id": service_id,
        "invoker": entry.invoker,
        "origin": entry.origin,
        "job": entry.job,
        "tries": entry.tries,
        "at": to_micros(entry.at),
        "took": round(entry.took * 1_000_000),
        "method": entry.method,
        "url": redacted(entry.url, secrets),
        "sent_headers": _headers(entry.sent_headers, secrets),
        "sent": _text(entry.sent, secrets) if bodies else "",
        "status": entry.status,
        "headers": _headers(entry.headers, secrets),
        "received": _text(entry.received, secrets) if bodies else "",
        "renewed": entry.renewed,
        "error_code": error.code if error else "",
        "error": redacted(error.sentence, secrets) if error else "",
        "action": error.action if error else "",
        "again_at": None if entry.again_at is None else to_micros(entry.again_at),
    }

    def job(cursor: CursorWrapper) -> None:
        columns = ", ".join(values)
        marks = ", ".join(["%s"] * len(values))
        cursor.execute(f"INSERT INTO webservice_call ({columns}) VALUES ({marks})", list(values.values()))  # noqa: S608
        cursor.execute(
            "DELETE FROM webservice_call WHERE service_id = %s AND id <= ("
            "SELECT id FROM webservice_call WHERE service_id = %s ORDER BY id DESC LIMIT 1 OFFSET %s)",
            [service_id, service_id, KEPT],
        )

    ctx.storage.write(job)
    return call_id


def calls(row: WebService, word: str = "", *, failed: bool = False, bodies: bool = True) -> "QuerySet[WebServiceCall]":
    """The calls of a service, the newest first; `word` is searched in addresses, bodies, errors and origins.

    `bodies` is False for who may not see them: then what they hold can't be found out by searching either.
    """
    columns = ("invoker", "origin", "job", "url", "error", *(("sent", "received") if bodies else ()))
    found = WebServiceCall.objects.filter(service=row).order_by("-id")
    for each in askable(word).split():
        hit = Q(pk__in=())
        for column in columns:
            hit |= Q(**{f"{column}__icontains": each})
        if each.isascii() and each.isdigit() and len(each) == 3:
            hit |= Q(status=int(each))
        found = found.filter(hit)
    return found.exclude(error_code="") if failed else found


def find_call(row: WebService, call_id: str) -> WebServiceCall:
    """Raises NotFound."""
    found = WebServiceCall.objects.filter(service=row, id=call_id).first()
    if found is None:
        raise NotFound("There is no such call in the log any more.", code="call_not_found")
    return found


def view_of(call: WebServiceCall) -> CallView:
    """The call as it is shown."""
    return CallView(
        id=call.id,
        invoker=call.invoker,
        origin=call.origin,
        job=call.job,
        tries=call.tries,
        at=call.at,
        seconds=call.took / 1_000_000,
        method=call.method,
        url=call.url,
        sent_headers=json.loads(call.sent_headers),
        sent=call.sent,
        status=call.status,
        headers=json.loads(call.headers),
        received=call.received,
        token_renewed=call.renewed,
        error_code=call.error_code or None,
        error=call.error or None,
        action=call.action or None,
        again_at=call.again_at,
    )


def as_curl(call: WebServiceCall, service: Service, *, bodies: bool = True) -> str:
    """The call as a command line. The token isn't in it: the command asks Bursar for one; `bodies` as in `calls`."""
    words = ["curl", "-X", call.method, shlex.quote(call.url)]
    for name, value in json.loads(call.sent_headers).items():
        words += ["-H", shlex.quote(f"{name}: {value}")]
    match service.authentication:
        case Authentication.OAUTH2:
            words += ["-H", f'"Authorization: Bearer $(bursar token get {shlex.quote(service.token)})"']
        case Authentication.BASIC:
            words += ["-u", shlex.quote(service.user)]
        case Authentication.HEADER:
            words += ["-H", shlex.quote(service.header_template)]
    if call.sent and bodies:
        words += ["--data-binary", shlex.quote(call.sent)]
    return " ".join(words)


def _headers(headers: Mapping[str, str], secrets: list[str]) -> str:
    found = redacted_headers(headers, secrets)
    return json.dumps({name[:200]: value[:_LONGEST_HEADER] for name, value in list(found.items())[:100]})


def _text(body: bytes, secrets: list[str]) -> str:
    text = redacted(body.decode("utf-8", "replace").replace("\0", "\ufffd"), secrets)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n[cut: {len(body)} bytes]"
