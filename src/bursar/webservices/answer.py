"""What an answer means: its body as plain values, whether it is a success, what of it is wanted."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from ..errors import BursarError, InvalidInput, PersonMustAct, Temporary
from ..oauth2.retry_after import seconds_until
from ..outbound import HttpAnswer
from .mapping import search
from .service import Invoker, Service
from .xml_body import from_xml

_AGAIN = frozenset((408, 425, 429))


@dataclass(frozen=True, slots=True)
class Read:
    """`output` is what the invoker wants of the answer; `error` why it is none."""

    body: Any
    output: Any
    error: BursarError | None


def read(service: Service, invoker: Invoker, answer: HttpAnswer, now: datetime) -> Read:
    """The answer, read."""
    good = 200 <= answer.status < 300
    try:
        body = decoded(answer)
    except ValueError as problem:
        if good:
            error = PersonMustAct(
                f"{service.host} answers {answer.status}, and its body can't be read: {problem}.",
                code="answer_unreadable",
                action="Look at the call in the log.",
            )
            return Read(None, None, error)
        body = answer.body.decode("utf-8", "replace")
    try:
        if invoker.success:
            whole = {"status": answer.status, "headers": dict(answer.headers), "body": body}
            good = bool(search(invoker.success, whole, "Success"))
        if not good:
            return Read(body, None, refusal(service, invoker, answer, now))
        return Read(body, search(invoker.output, body, "Output") if invoker.output else body, None)
    except InvalidInput as problem:
        said = PersonMustAct(problem.sentence, code=problem.code, action="Look at the call in the log.")
        return Read(body, None, said)


def refusal(service: Service, invoker: Invoker, answer: HttpAnswer, now: datetime) -> BursarError:
    """The answer as an error: Temporary where trying again may help."""
    status, host = answer.status, service.host
    if status in _AGAIN or status >= 500:
        wait = seconds_until(answer.headers.get("retry-after"), now)
        return Temporary(f"{host} answers {status}.", code="service_in_trouble", retry_after=wait)
    if 200 <= status < 300:
        return PersonMustAct(
            f"{host} answers {status}, but not what the success condition of {invoker.name} wants.",
            code="condition_failed",
            action="Look at the call in the log.",
        )
    if status == 401:
        return PersonMustAct(
            f"{host} refuses who calls: 401.",
            code="service_unauthorized",
            action="Look at what the service wants: another scope, audience or account for the token.",
        )
    return PersonMustAct(
        f"{host} answers {status}.", code="service_refused", action="Look at the call in the log, and correct it."
    )


def decoded(answer: HttpAnswer) -> Any:
    """The body as its content type says; text where it is none that Bursar knows. Raises ValueError."""
    if not answer.body:
        return None
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.endswith(("/json", "+json")):
        try:
            return json.loads(answer.body)
        except RecursionError:
            raise ValueError("nested too deep") from None
    if kind.endswith(("/xml", "+xml")) and kind != "application/xhtml+xml":
        return from_xml(answer.body)
    text = answer.body.decode("utf-8", "replace")
    if kind == "application/x-www-form-urlencoded":
        found = parse_qs(text, keep_blank_values=True, max_num_fields=10_000)
        return {name: values[0] if len(values) == 1 else values for name, values in found.items()}
    return text
