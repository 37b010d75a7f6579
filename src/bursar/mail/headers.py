"""Headers that steer a ticket system, removed from what an account that isn't trusted collects (X-OTRS-Queue ...).

Bytes only: nothing is decoded or written anew, so all other bytes stay as they came.
"""

import re
from collections.abc import Collection

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_HEAD_ENDS = re.compile(rb"\A\r?\n|\n\r?\n")


def without(body: bytes, prefixes: Collection[str]) -> bytes:
    """The message without the header fields whose names begin with one of `prefixes`, their folded lines included.

    Programs differ in where they see a line end and the end of the head. So a bare CR counts as a line end, blanks
    before the colon don't matter, and the head goes on until every program agrees that it has ended.
    """
    starts = tuple(prefix.lower().encode() for prefix in prefixes if prefix)
    end = _HEAD_ENDS.search(body)
    head = body[: end.end()] if end else body
    lowered = head.lower()
    if not starts or not any(start in lowered for start in starts):
        return body
    kept: list[bytes] = []
    dropping = False
    at = 0
    while at < len(head):
        found = _LINE.match(head, at)
        assert found is not None
        line, at = found[0], found.end()
        if line[:1] not in (b" ", b"\t"):
            dropping = line.lstrip(b"\0\x0b\x0c").lower().startswith(starts)
        if not dropping:
            kept.append(line)
    return b"".join(kept) + body[len(head) :]
