"""A message as JSON, for an invoker: what people see of it by name, the headers, and the attachments in base64."""

import base64
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default as default_policy
from email.utils import getaddresses
from typing import Any

LARGEST_TEXT = 1 << 20  # characters
LARGEST_ATTACHMENTS = 8 << 20  # bytes, all together
MOST_HEADERS = 500
_ODD = (ValueError, LookupError, IndexError, AttributeError, TypeError, UnicodeError)  # what odd mail makes of a parser


def as_json(delivery_id: str, recipient: str, body: bytes) -> dict[str, Any]:
    """Everything is there whatever the message lacks. `content` of an attachment is null where all are too large."""
    message = BytesParser(policy=default_policy).parsebytes(body)
    assert isinstance(message, EmailMessage)
    return {
        "id": delivery_id,
        "recipient": recipient,
        "size": len(body),
        "message_id": _header(message, "Message-ID"),
        "date": _header(message, "Date"),
        "subject": _header(message, "Subject"),
        "from": (_addresses(message, "From") or [{"name": "", "address": ""}])[0],
        "to": _addresses(message, "To"),
        "cc": _addresses(message, "Cc"),
        "reply_to": _addresses(message, "Reply-To"),
        "headers": _headers(message),
        "text": _text(message, "plain"),
        "html": _text(message, "html"),
        "attachments": _attachments(message),
    }


def _header(message: EmailMessage, name: str) -> str:
    try:
        return _clean(str(message.get(name, "")))
    except _ODD:
        return ""


def _addresses(message: EmailMessage, name: str) -> list[dict[str, str]]:
    try:
        found = getaddresses([str(text) for text in message.get_all(name, [])])
    except _ODD:
        return []
    return [{"name": _clean(called), "address": _clean(address)} for called, address in found if address]


def _headers(message: EmailMessage) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in list(message.raw_items())[:MOST_HEADERS]:
        found.setdefault(_clean(name).lower(), []).append(_clean(str(value)))
    return found


def _text(message: EmailMessage, kind: str) -> str:
    try:
        part = message.get_body((kind,))
        return _clean(part.get_content())[:LARGEST_TEXT] if isinstance(part, EmailMessage) else ""
    except _ODD:
        return ""


def _attachments(message: EmailMessage) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    left = LARGEST_ATTACHMENTS
    try:
        for part in message.iter_attachments():
            data = part.get_payload(decode=True)
            if not isinstance(data, bytes):  # a message within the message
                data = part.as_bytes()
            left -= len(data)
            content = base64.b64encode(data).decode() if left >= 0 else None
            name = _clean(part.get_filename() or "")
            found.append({"name": name, "type": part.get_content_type(), "size": len(data), "content": content})
    except _ODD:
        return found
    return found


def _clean(text: str) -> str:
    """The text without half characters and NULs, which no JSON reader and no database takes."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
