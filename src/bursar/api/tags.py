"""ETag and If-Match (RFC 9110 §8.8.3, §13.1): nobody overwrites what they haven't seen."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.http import HttpRequest, HttpResponse

from ..clock import rfc3339
from ..errors import BursarError, Temporary


class PreconditionFailed(BursarError):
    """412: it was changed since it was read."""

    default_code = "changed_meanwhile"
    http_status = 412


def tag_of(shown: Any) -> str:
    """A strong tag of a representation."""
    text = json.dumps(shown, sort_keys=True, default=_plain, ensure_ascii=False)
    return f'"{hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24]}"'


def tagged(request: HttpRequest, response: HttpResponse, shown: Any) -> Any:
    """`shown`, with its tag in the answer; an empty 304 where the client has it already."""
    tag = tag_of(shown)
    response["ETag"] = tag
    if request.method in ("GET", "HEAD") and tag in _tags(request.headers.get("If-None-Match", "")):
        return HttpResponse(status=304, headers={"ETag": tag})
    return shown


def check(request: HttpRequest, shown: Any) -> None:
    """Raises PreconditionFailed where the request names a tag (If-Match) that isn't of `shown`."""
    wanted = request.headers.get("If-Match")
    if wanted is None or wanted.strip() == "*" or tag_of(shown) in _tags(wanted):
        return
    raise _precondition_failed()


def names_tag(request: HttpRequest) -> bool:
    """Whether the request is to be carried out on what it saw alone."""
    return request.headers.get("If-Match", "*").strip() != "*"


@contextmanager
def in_one_step(request: HttpRequest) -> Iterator[None]:
    """Within it, a change that finds another one before it is 412 for who sent If-Match."""
    try:
        yield
    except Temporary as problem:
        if problem.code != "changed_meanwhile" or not names_tag(request):
            raise
        raise _precondition_failed() from None


def _precondition_failed() -> PreconditionFailed:
    return PreconditionFailed(
        "It was changed since you read it; nothing was done.", action="Read it again, and decide anew."
    )


def _tags(header: str) -> set[str]:
    return {part.strip().removeprefix("W/") for part in header.split(",")}


def _plain(value: Any) -> Any:
    return rfc3339(value) if hasattr(value, "astimezone") else str(value)
