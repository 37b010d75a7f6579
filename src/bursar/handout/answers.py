"""What the HTTP door says, apart from tokens themselves: refusals in the shape of RFC 9457."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..problem import Headers, problem, retry_after
from .ready import COMMON

if TYPE_CHECKING:
    from ..tokens.outcome import Refusal
    from .counter import Given

Answer = tuple[int, Headers, bytes]

# What a program can tell apart where a person must act; the exact cause is in `reason`.
PERSON_CODES = frozenset({"authorization_required", "misconfigured", "configuration_invalid", "held", "revoked"})

# One answer for a missing, a wrong, an ended and a revoked key, and for one from another network (SEC-44).
UNAUTHORIZED: Answer = problem(
    401,
    "unauthorized",
    "This needs a valid API key.",
    "Send it as `Authorization: Bearer …`; `bursar key list` shows the keys and their state.",
    headers=[(b"www-authenticate", b'Bearer realm="Bursar"')],
)
UNAUTHORIZED_BASIC: Answer = (
    UNAUTHORIZED[0],
    [(b"www-authenticate", b'Basic realm="Bursar", charset="UTF-8"'), *UNAUTHORIZED[1][1:]],
    UNAUTHORIZED[2],
)
NOT_FOUND: Answer = problem(404, "not_found", "There is no token of this name that this key may have.")
KEY_IN_QUERY: Answer = problem(
    400,
    "key_in_query",
    "Keys and tokens don't belong in an address: proxies and logs keep those.",
    "Send the key as `Authorization: Bearer …`, and replace it if it was a real one.",
)
BODY_TOO_LONG: Answer = problem(413, "body_too_long", "The body is longer than anything that is asked for here.")


def json_answer(value: Any) -> Answer:
    """200 with a JSON body."""
    body = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    return 200, [*COMMON, (b"content-length", str(len(body)).encode())], body


def token_answer(given: "Given", now: float) -> Answer:
    """A token that came the long way; the same members as `Ready.body`."""
    return json_answer(
        {
            "access_token": given.token,
            "token_type": given.token_type,
            "expires_in": max(0, int(given.expires_at - now)),
            "expires_at": datetime.fromtimestamp(given.expires_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "scope": given.scope,
        }
    )


def refusal_answer(refusal: "Refusal") -> Answer:
    """409 where a person must act, 503 with Retry-After where time helps, 404 else."""
    kind = refusal.kind.value
    if kind == "not_found":
        return NOT_FOUND
    if kind == "temporary":
        wait = [retry_after(refusal.retry_after)]
        return problem(503, refusal.code, refusal.sentence, refusal.action, headers=wait)
    code = refusal.code if refusal.code in PERSON_CODES else "misconfigured"
    reason = None if code == refusal.code else refusal.code
    return problem(409, code, refusal.sentence, refusal.action, reason=reason)


def verb_missing(verb: str) -> Answer:
    """403: everything else is right."""
    return problem(
        403,
        "verb_missing",
        f"This key lacks the verb {verb}.",
        "An administrator can add it: `bursar key set NAME --verbs …`.",
    )


def not_allowed(allow: str) -> Answer:
    """405"""
    return problem(
        405, "method_not_allowed", "This address takes no such request.", headers=[(b"allow", allow.encode())]
    )


def invalid(detail: str, action: str = "") -> Answer:
    """422: the request breaks a rule; nothing was done."""
    return problem(422, "invalid_input", detail, action)


def too_many(seconds: float) -> Answer:
    """429"""
    return problem(429, "too_many_tries", "Too many wrong keys came from this address.", headers=[retry_after(seconds)])
