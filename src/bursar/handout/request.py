"""What the HTTP door reads of a request: path, key, query, body, address. No Django; nothing is trusted."""

import base64
import binascii
import hashlib
import json
import math
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LONGEST_KEY = 200
LONGEST_BODY = 10_000
LONGEST_QUERY = 8_000
MOST_FIELDS = 20
LONGEST_REFERENCE = 501  # NAME#LABEL, 250 characters each
FORBIDDEN = frozenset({"api_key", "apikey", "api-key", "key", "token", "access_token", "authorization"})


class Malformed(ValueError):
    """What was sent can't be read; the text says why."""


def header(scope: Scope, name: bytes) -> bytes | None:
    """The header's one value; None where it is missing or came more than once."""
    found = [value for key, value in scope["headers"] if key == name]
    return found[0] if len(found) == 1 else None


def bearer_digest(scope: Scope) -> bytes | None:
    """The SHA-256 of the key in `Authorization: Bearer` (RFC 6750 §2.1); None where there is none that could be one."""
    value = header(scope, b"authorization")
    if value is None or value[:7].lower() != b"bearer ":
        return None
    return _digest(value[7:].strip())


def basic_digest(scope: Scope) -> bytes | None:
    """The same for the password of `Authorization: Basic` (RFC 7617)."""
    value = header(scope, b"authorization")
    if value is None or value[:6].lower() != b"basic ":
        return None
    try:
        _, colon, password = base64.b64decode(value[6:].strip(), validate=True).partition(b":")
    except binascii.Error:
        return None
    return _digest(password) if colon else None


def _digest(key: bytes) -> bytes | None:
    return hashlib.sha256(key).digest() if 0 < len(key) <= LONGEST_KEY else None


def reference_of(segment: bytes) -> str | None:
    """The name in one segment of the path, percent-decoded; None where it is no UTF-8, or longer than any name."""
    try:
        found = (unquote_to_bytes(segment) if b"%" in segment else segment).decode()
    except UnicodeDecodeError:
        return None
    return found if len(found) <= LONGEST_REFERENCE else None


def query_of(scope: Scope) -> dict[str, str]:
    """The query's fields. Raises Malformed for one that comes twice, is nothing but noise, or is far too long."""
    raw: bytes = scope.get("query_string", b"")
    if not raw:
        return {}
    try:
        if len(raw) > LONGEST_QUERY:
            raise Malformed("The query is too long.")
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except Malformed:
        raise
    except ValueError:
        raise Malformed("The query can't be read.") from None
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("A field of the query comes twice.")
    return found


def min_ttl_of(query: dict[str, str]) -> float:
    """`min_ttl` in seconds, 0 where it isn't asked for. Raises Malformed; unknown fields are refused too."""
    unknown = set(query) - {"min_ttl"}
    if unknown:
        raise Malformed("The query knows only min_ttl.")
    text = query.get("min_ttl", "0")
    try:
        value = float(text) if text.isascii() else math.nan
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise Malformed("min_ttl is a number of seconds, 0 or more.")
    return value


async def body_of(receive: Receive) -> bytes | None:
    """The body, None where it is longer than it may be or its sender went away."""
    parts: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        part = message.get("body", b"")
        length += len(part)
        if length > LONGEST_BODY:
            return None
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def rejected_of(body: bytes) -> str:
    """`{"rejected_sha256": "…"}`. Raises Malformed for anything else."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("The body is not JSON.") from None
    digest = told.get("rejected_sha256") if isinstance(told, dict) and set(told) == {"rejected_sha256"} else None
    if not isinstance(digest, str) or len(digest) != 64 or not set(digest.lower()) <= set("0123456789abcdef"):
        raise Malformed(
            'The body is {"rejected_sha256": "…"}: the SHA-256 of the refused access token, in 64 hexadecimal digits.'
        )
    return digest.lower()
