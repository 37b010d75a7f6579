"""Errors over HTTP: one shape for all, the problem details of RFC 9457, with Bursar's stable `code`."""

import json
import math
from http import HTTPStatus
from typing import Any

from .errors import BursarError, Temporary

MEDIA_TYPE = "application/problem+json"
USUAL_WAIT = 5  # seconds a client should wait where nobody knows better

Headers = list[tuple[bytes, bytes]]


def problem(
    status: int,
    code: str,
    detail: str,
    action: str = "",
    *,
    headers: Headers | None = None,
    **extensions: Any,
) -> tuple[int, Headers, bytes]:
    """Status, headers and body. `action` is the next step for a person; empty members are left out."""
    told: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "action": action,
        **extensions,
    }
    body = json.dumps({name: value for name, value in told.items() if value not in ("", None)}, ensure_ascii=False)
    content = body.encode("utf-8", "replace")
    return status, [*(headers or []), *_common(MEDIA_TYPE, content)], content


def problem_of(error: BursarError) -> tuple[int, Headers, bytes]:
    """The same for an error of the one tree; what passes by itself says when to come back (RFC 9110 §10.2.3)."""
    headers: Headers = []
    if isinstance(error, Temporary):
        headers.append(retry_after(error.retry_after))
    return problem(error.http_status, error.code, error.sentence, error.action, headers=headers)


def retry_after(seconds: float | None) -> tuple[bytes, bytes]:
    """The header, in whole seconds, at least one."""
    wait = USUAL_WAIT if seconds is None else max(1, math.ceil(seconds))
    return b"retry-after", str(wait).encode()


def _common(media_type: str, body: bytes) -> Headers:
    return [
        (b"content-type", media_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
