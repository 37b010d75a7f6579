"""Every error as a problem detail (RFC 9457), whoever raised it: our tree, the framework, or a surprise."""

import logging
import re
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from ..errors import BursarError, InvalidInput
from ..problem import Headers, problem, problem_of, retry_after
from .auth import Forbidden, NotKnown, Slower

log = logging.getLogger("bursar.api")

Answer = tuple[int, Headers, bytes]
_OPTION = re.compile(r"--([a-z]+(?:-[a-z]+)*)")
_NAMES = {"by-recipient": "recipients", "password-file": "password", "from": "networks"}


def answer(found: Answer) -> HttpResponse:
    """A problem as Django sends it."""
    status, headers, body = found
    response = HttpResponse(body, status=status)
    for name, value in headers:
        if name != b"content-length":
            response[name.decode()] = value.decode("latin-1")
    return response


def register(api: NinjaAPI) -> None:
    """Let `api` answer all of them so."""
    handlers: dict[type[Exception], Callable[[HttpRequest, Any], Answer]] = {
        InvalidInput: lambda _, error: problem_of(in_members(error)),
        BursarError: lambda _, error: problem_of(error),
        ValidationError: lambda _, error: _invalid(error),
        NotKnown: lambda _, __: unauthorized(),
        Forbidden: lambda _, error: problem(403, error.code, error.sentence, error.action),
        Slower: lambda _, error: problem(
            429,
            "too_many_tries",
            "Too many wrong keys came from this address.",
            headers=[retry_after(error.seconds)],
        ),
        HttpError: lambda _, error: problem(error.status_code, "bad_request", str(error)),
        Http404: lambda _, __: not_found(),
        BadRequest: lambda _, __: problem(400, "bad_request", "The request can't be read."),
        SuspiciousOperation: lambda _, __: problem(
            400, "bad_request", "The request is larger than any that makes sense."
        ),
        RequestDataTooBig: lambda _, __: problem(413, "body_too_long", "The body is longer than 34 MB."),
        Exception: _surprise,
    }
    for kind, handler in handlers.items():
        api.exception_handler(kind)(_handling(handler))


def in_members(error: InvalidInput) -> InvalidInput:
    """The same error in the words of the API, where the core names options of the command line; commands stay."""
    action = "Give `token` or `password`." if error.code == "authentication_missing" else _members(error.action)
    return InvalidInput(_members(error.sentence), code=error.code, action=action)


def _members(text: str) -> str:
    """`--by-recipient` is `recipients` here; what stands in backticks is a command."""
    parts = text.split("`")
    parts[::2] = [_OPTION.sub(lambda found: f"`{_NAMES.get(found[1], found[1])}`", part) for part in parts[::2]]
    return "`".join(parts)


def unauthorized() -> Answer:
    """401, the same for every reason."""
    return problem(
        401,
        "unauthorized",
        "This needs a valid API key.",
        "Send it as `Authorization: Bearer …`; `bursar key list` shows the keys and their state.",
        headers=[(b"www-authenticate", b'Bearer realm="Bursar"')],
    )


def not_found() -> Answer:
    """404"""
    return problem(404, "not_found", "There is nothing at this address that this key may see.")


def bare(status: int) -> Answer:
    """What Django itself refuses before an operation is found."""
    sentences = {
        400: ("bad_request", "The request can't be read."),
        404: ("not_found", "There is nothing at this address."),
        405: ("method_not_allowed", "This address takes no such request."),
        413: ("body_too_long", "The body is longer than 34 MB."),
    }
    code, sentence = sentences.get(status, ("refused", "The request is refused."))
    return problem(status, code, sentence, "The whole API is described at /api/v1/docs.")


def _handling(handler: Callable[[HttpRequest, Any], Answer]) -> Callable[[HttpRequest, Any], HttpResponse]:
    return lambda request, error: answer(handler(request, error))


def _invalid(error: ValidationError) -> Answer:
    """422 with every broken rule and its place; what was sent is never repeated: it may be a secret."""
    found = [{"at": _place(each.get("loc", ())), "rule": str(each.get("msg", ""))} for each in error.errors]
    first = found[0] if found else {"at": "body", "rule": "invalid"}
    return problem(422, InvalidInput.default_code, f"{first['at']}: {first['rule']}", errors=found)


def _place(steps: Sequence[Any]) -> str:
    """`body.name`, `query.limit`: where, and the steps to it. A body comes as the operation's argument of that name."""
    return ".".join(map(str, steps[1:] if list(steps[:2]) == ["body", "body"] else steps))


def _surprise(request: HttpRequest, error: Exception) -> Answer:
    reference = secrets.token_hex(4)
    log.error("unexpected failure %s at %s", reference, request.path, exc_info=error)
    return problem(
        500,
        "unexpected",
        "Bursar met something it did not expect. Nothing is known to be lost.",
        f"The log of the server tells more under the reference {reference}.",
    )
