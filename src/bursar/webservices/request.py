"""From an invoker and data to what is sent. Data fill a path, a query, headers and a body; they choose no host.

A placeholder in the path becomes exactly one part of it: percent-encoded, never empty, never `.` or `..` (SEC-48).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from ..errors import InvalidInput
from .check import PLACEHOLDER
from .mapping import search, search_each
from .service import ContentType, Invoker, Service, origin_of
from .template import Template
from .xml_body import to_xml

LARGEST_BODY = 16 << 20
LONGEST_URL = 16_384
LONGEST_HEADER = 8192
_DATA_IN_QUERY = ("GET", "HEAD", "DELETE")


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, without the proof; `headers` may still hold the token's place."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None


def build(service: Service, invoker: Invoker, data: Any) -> Request:
    """Raises InvalidInput that says which value is missing, or can't be sent where it is wanted."""
    if invoker.input:
        data = search(invoker.input, data, "Input")
    path, used = fill(invoker.path, data)
    rest = {key: value for key, value in data.items() if key not in used} if isinstance(data, Mapping) else data
    url = service.base_url + path
    query = _query(invoker, data, rest)
    if query:
        url += "?" + urlencode(query)
    if len(url) > LONGEST_URL or origin_of(url) != service.origin:
        raise InvalidInput(f"The address gets longer than {LONGEST_URL} characters.", code="data_invalid")
    body = _body(service.content_type, invoker, data, rest)
    headers = {"Accept": "application/json, application/xml;q=0.9, */*;q=0.5"}
    if body is not None:
        headers["Content-Type"] = service.content_type.media_type
    headers = merged(headers, service.headers, _headers(invoker, data))
    return Request(invoker.method, url, headers, body)


def fill(path: str, data: Any) -> tuple[str, set[str]]:
    """The path with its placeholders filled, and the keys at the top of the data that went into it."""
    used: set[str] = set()
    pieces, end = [], 0
    for found in PLACEHOLDER.finditer(path):
        names = found[1].split(".")
        used.add(names[0])
        pieces += [path[end : found.start()], quote(_part(found[1], names, data), safe="")]
        end = found.end()
    filled = "".join([*pieces, path[end:]])
    if any(part in (".", "..") for part in filled.split("/")):
        raise InvalidInput("The data would lead out of the path.", code="path_refused")
    return filled, used


def merged(*several: Mapping[str, str]) -> dict[str, str]:
    """One set of headers; a later one replaces an earlier one whatever the case of its name."""
    found: dict[str, tuple[str, str]] = {}
    for headers in several:
        found |= {name.lower(): (name, value) for name, value in headers.items()}
    return dict(found.values())


def _part(dotted: str, names: list[str], data: Any) -> str:
    value = data
    for name in names:
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, list) and name.isascii() and name.isdigit():
            value = value[int(name)] if int(name) < len(value) else None
        else:
            value = None
    if isinstance(value, bool):
        value = "true" if value else "false"
    if not isinstance(value, str | int | float) or value == "":
        raise InvalidInput(f"The data have no text or number {dotted}, which the path needs.", code="data_missing")
    text = str(value)
    if any(ord(sign) < 32 or ord(sign) == 127 or "\ud800" <= sign <= "\udfff" for sign in text):
        raise InvalidInput(f"{dotted} carries control characters, so it can't be in a path.", code="path_refused")
    return text


def _query(invoker: Invoker, data: Any, rest: Any) -> list[tuple[str, str]]:
    if invoker.query is not None:
        return _pairs(search_each(invoker.query, data, "Query"))
    if invoker.method in _DATA_IN_QUERY and invoker.body is None and not invoker.template:
        return _pairs(rest) if isinstance(rest, Mapping) else []
    return []


def _body(kind: ContentType, invoker: Invoker, data: Any, rest: Any) -> bytes | None:
    if invoker.template:
        text = Template(invoker.template, kind).render(data)
        if kind is ContentType.JSON:
            _check_json(text)
        body = text.encode()
    elif invoker.body is not None:
        body = _encoded(kind, search_each(invoker.body, data, "Body"))
    elif invoker.method in _DATA_IN_QUERY or rest is None:
        return None
    else:
        body = _encoded(kind, rest)
    if len(body) > LARGEST_BODY:
        raise InvalidInput(f"The body gets larger than {LARGEST_BODY} bytes.", code="data_invalid")
    return body


def _encoded(kind: ContentType, value: Any) -> bytes:
    match kind:
        case ContentType.JSON:
            return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
        case ContentType.XML:
            return to_xml(value)
        case _:
            if not isinstance(value, Mapping):
                raise InvalidInput("A form is made of a mapping of names and values.", code="data_invalid")
            return urlencode(_pairs(value)).encode()


def _headers(invoker: Invoker, data: Any) -> dict[str, str]:
    found = {}
    for name, value in search_each(invoker.headers, data, "Headers").items():
        text = _text(value)
        if len(text) > LONGEST_HEADER or not text.isascii() or any(ord(sign) < 32 or ord(sign) == 127 for sign in text):
            raise InvalidInput(f"Headers.{name} must be one line of ASCII.", code="data_invalid")
        found[name] = text.replace("{token}", "").replace("<OTRS_OAUTH2_TOKEN>", "")
    return found


def _pairs(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A list repeats its name; what is nested otherwise is written as JSON."""
    pairs = []
    for name, value in values.items():
        for each in value if isinstance(value, list) else [value]:
            if each is not None:
                pairs.append((str(name), _text(each).encode("utf-8", "replace").decode()))
    return pairs


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _check_json(text: str) -> None:
    try:
        json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise InvalidInput(
            f"The template doesn't make JSON: {problem}.",
            code="template_failed",
            action='Write values without quotes around them, as in {"title": {{ subject }}}: each becomes JSON itself.',
        ) from None
