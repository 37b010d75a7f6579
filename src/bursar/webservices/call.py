"""One call: proof, sending, a refused token once more, redirects within bounds, the answer read, the log written."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

from ..context import Context
from ..errors import BursarError, PersonMustAct, Refused, Temporary
from ..outbound import Door, HttpAnswer, OutboundFailed
from ..outbound.http import Sink
from .answer import Read, read
from .log import Entry, write
from .models import WebService
from .proof import Proof
from .request import Request, build
from .service import Invoker, Service, origin_of
from .services import service_of

ANSWER_LIMIT = 4 << 20
MOST_REDIRECTS = 5
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_FINAL = frozenset(("answer_too_large", "file_unwritable"))


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who calls, which try this is of which job, and when the next one would be (seconds from now; None: none)."""

    origin: str
    job: str
    number: int = 1
    pause: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call went. `again` is in seconds, None where trying again is vain or not wanted."""

    call_id: str
    status: int | None
    headers: Mapping[str, str]
    body: Any
    output: Any
    error: BursarError | None
    again: float | None
    took: float
    renewed: bool


def call(ctx: Context, row: WebService, name: str, data: Any, attempt: Attempt, sink: Sink | None = None) -> Outcome:
    """Call the invoker `name` once. What fails on the way is in the outcome, and in the log.

    Raises NotFound for the invoker, InvalidInput for data that it can't send, Refused where the service isn't valid.
    """
    service = service_of(row)
    invoker = service.invoker(name)
    if service.validity != "valid":
        raise Refused(
            f'The web service "{service.name}" is {service.validity}, so it isn\'t called.',
            code="webservice_not_valid",
            action="Make it valid first.",
        )
    if row.held:
        raise Refused(
            f'The web service "{service.name}" is held: nobody has confirmed yet where it sends its proof.',
            code="webservice_held",
            action=f"Compare {service.base_url} with what you know, and confirm it on its page, or by "
            f"`bursar webservice confirm '{service.name}'`.",
        )
    request = build(service, invoker, data)
    if not invoker.is_safe:
        request = replace(request, headers={**request.headers, "Idempotency-Key": attempt.job})
    proof = Proof(ctx, row, service)
    began, started = ctx.clock.now(), ctx.clock.monotonic()
    answer: HttpAnswer | None = None
    try:
        answer = _Sender(ctx, service, proof, sink).send(request)
        found = read(service, invoker, answer, ctx.clock.now())
    except BursarError as problem:
        found = Read(None, None, _final(problem))
    took = ctx.clock.monotonic() - started
    again = _again(found.error, attempt.pause)
    again_at = None if again is None else began + timedelta(seconds=took + again)
    call_id = write(ctx, row.id, _entry(request, answer, proof, found, attempt, invoker, began, took, again_at))
    return Outcome(
        call_id,
        answer.status if answer else None,
        answer.headers if answer else {},
        found.body,
        found.output,
        found.error,
        again,
        took,
        proof.renewed,
    )


class _Sender:
    """Sends a request, and what has to follow it, within one time in all."""

    def __init__(self, ctx: Context, service: Service, proof: Proof, sink: Sink | None) -> None:
        self._door = door_of(ctx, service)
        self._service = service
        self._proof = proof
        self._sink = sink
        self._deadline = self._door.deadline(service.timeout)

    def send(self, request: Request) -> HttpAnswer:
        client = self._proof.client()
        answer = self._exchange(request, self._proof.headers(request.headers), client)
        if answer.status == 401 and self._proof.refused():
            answer = self._exchange(request, self._proof.headers(request.headers), client)
        followed, own = 0, True
        while answer.status in _REDIRECTS and answer.headers.get("location"):
            followed += 1
            target = _joined(request.url, answer.headers["location"])
            own = own and origin_of_or_none(target) == self._service.origin
            if followed > MOST_REDIRECTS or request.method not in ("GET", "HEAD") or not (own or self._admits(target)):
                raise self._not_followed(target)
            request = replace(request, url=target)
            # Elsewhere nothing goes along that was meant for the service, and nothing ever again (SEC-50).
            headers = self._proof.headers(request.headers) if own else {"Accept": "*/*"}
            answer = self._exchange(request, headers, client if own else None)
        return answer

    def _exchange(self, request: Request, headers: Mapping[str, str], client: Any) -> HttpAnswer:
        return self._door.http(
            request.method,
            request.url,
            headers=headers,
            body=request.body,
            timeout=self._deadline.remaining(),
            limit=ANSWER_LIMIT,
            ca_file=self._service.ca or None,
            client=client,
            sink=self._sink,
        )

    def _admits(self, target: str) -> bool:
        origin = origin_of_or_none(target)
        return origin is not None and origin[0] == "https" and origin[1] in self._service.allowed_hosts

    def _not_followed(self, target: str) -> BursarError:
        origin = origin_of_or_none(target)
        where = "".join(sign for sign in (origin[1] if origin else "nowhere")[:200] if sign.isprintable())
        return PersonMustAct(
            f"{self._service.host} redirects the call to {where}, which isn't followed.",
            code="redirect_refused",
            action="Correct the address of the service; for downloads from there, add the host to AllowedHosts.",
        )


def _joined(url: str, location: str) -> str:
    """Where a redirect leads, without the fragment; empty where that is no address."""
    try:
        return urljoin(url, location).partition("#")[0]
    except ValueError:
        return ""


def origin_of_or_none(url: str) -> tuple[str, str, int] | None:
    """The origin of an address that came from outside."""
    try:
        return origin_of(url) if urlsplit(url).hostname else None
    except ValueError:
        return None


def door_of(ctx: Context, service: Service) -> Door:
    """The way out by the service's own proxy, or none, or with exclusions of its own."""
    rules = ctx.door.rules()
    if service.proxy == "none":
        rules = replace(rules, proxy=None)
    elif service.proxy:
        rules = replace(rules, proxy=service.proxy, no_proxy=service.no_proxy)
    else:
        rules = replace(rules, no_proxy=(*rules.no_proxy, *service.no_proxy))
    return ctx.door.with_rules(rules)


def _final(problem: BursarError) -> BursarError:
    """What no other try can mend, and the way out counts among the troubles of a network, is for a person."""
    if problem.code not in _FINAL:
        return problem
    action = problem.action or (
        "Ask for less, or let it go to a file, with more room: `bursar webservice run SERVICE INVOKER --output FILE"
        " --max-size BYTES`."
    )
    return PersonMustAct(problem.sentence, code=problem.code, action=action)


def _again(error: BursarError | None, pause: float | None) -> float | None:
    """When to try again: as the policy says, not before the other side wants it."""
    if pause is None or not isinstance(error, Temporary):
        return None
    return max(pause, error.retry_after or 0.0)


def _entry(
    request: Request,
    answer: HttpAnswer | None,
    proof: Proof,
    found: Read,
    attempt: Attempt,
    invoker: Invoker,
    began: datetime,
    took: float,
    again_at: datetime | None,
) -> Entry:
    return Entry(
        invoker=invoker.name,
        origin=attempt.origin,
        job=attempt.job,
        tries=attempt.number,
        at=began,
        took=took,
        method=request.method,
        url=request.url,
        sent_headers=request.headers,
        sent=request.body or b"",
        status=answer.status if answer else None,
        headers=answer.headers if answer else {},
        received=answer.body if answer else b"",
        renewed=proof.renewed,
        error=found.error,
        again_at=again_at,
        secrets=frozenset(proof.secrets),
    )


__all__ = ["Attempt", "OutboundFailed", "Outcome", "call"]
