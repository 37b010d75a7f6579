"""ETag and If-Match (RFC 9110 §8.8.3, §13.1): nobody overwrites what they haven't seen.

A tag has two halves: what people and programs set, and what Bursar itself notes beside it, such as a key's last use.
If-None-Match compares both. If-Match compares the first: that a key was used meanwhile is no change that anybody could
overwrite, and a key that is used every second could never be changed.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.http import HttpRequest, HttpResponse

from ..clock import rfc3339
from ..errors import BursarError, Temporary


class PreconditionFailed(BursarError):
    """412: it was changed since it was read."""

    default_code = "changed_meanwhile"
    http_status = 412


NOTED = frozenset({"last_used_at", "last_used_from", "last_sign_in", "next_run_at"})


def tag_of(shown: Mapping[str, Any]) -> str:
    """A strong tag of a representation."""
    return f'"{_hash(shown, noted=False)}-{_hash(shown, noted=True)}"'


def _hash(shown: Mapping[str, Any], *, noted: bool) -> str:
    half = {name: value for name, value in shown.items() if (name in NOTED) is noted}
    text = json.dumps(half, sort_keys=True, default=_plain, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24]


def tagged(request: HttpRequest, response: HttpResponse, shown: Mapping[str, Any]) -> Any:
    """`shown`, with its tag in the answer; an empty 304 where the client has it already."""
    tag = tag_of(shown)
    response["ETag"] = tag
    if request.method in ("GET", "HEAD") and {tag, "*"} & _tags(request.headers.get("If-None-Match", "")):
        return HttpResponse(status=304, headers={"ETag": tag})
    return shown


def check(request: HttpRequest, shown: Mapping[str, Any]) -> None:
    """Raises PreconditionFailed where the request names a tag (If-Match) that isn't of `shown`."""
    wanted = request.headers.get("If-Match")
    if wanted is None or wanted.strip() == "*" or _set_half(tag_of(shown)) in map(_set_half, _tags(wanted)):
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


def _set_half(tag: str) -> str:
    return tag.partition("-")[0]


def _plain(value: Any) -> Any:
    return rfc3339(value) if hasattr(value, "astimezone") else str(value)
