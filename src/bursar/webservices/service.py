"""A web service and its invokers as typed values: parsed once from the document that administrators write."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..errors import InvalidInput
from ..unseen import unseen_sign
from . import check
from .fields import Fields, span_text

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
TOKEN_PLACES = ("{token}", "<OTRS_OAUTH2_TOKEN>")
MOST_INVOKERS = 200
LONGEST_TIMEOUT = 3600.0
_INVOKER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
# What the connection itself is made of is not an administrator's to set.
_OWN_HEADERS = {"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "te", "upgrade"}


class Authentication(StrEnum):
    """How a call proves itself: not at all, Basic (RFC 7617), Bearer (RFC 6750), or a header made of the token."""

    NONE = "None"
    BASIC = "Basic"
    OAUTH2 = "OAuth2"
    HEADER = "Header"


class ContentType(StrEnum):
    """In which form a body is sent."""

    JSON = "JSON"
    FORM = "FORM"
    XML = "XML"

    @property
    def media_type(self) -> str:
        return {
            "JSON": "application/json",
            "FORM": "application/x-www-form-urlencoded",
            "XML": "application/xml; charset=utf-8",
        }[self]


@dataclass(frozen=True, slots=True)
class Retry:
    """When a call is tried again: after `first` seconds, each pause `factor` times the one before, `maximum` at most;
    no more than `count` times, and not longer than `period` seconds after the first try. `count` 0: never."""

    first: int = 10
    factor: float = 2.0
    maximum: int = 3600
    count: int = 0
    period: int = 86_400

    def pause(self, tries: int) -> float:
        """Seconds to wait after this many tries."""
        return float(min(self.first * self.factor ** min(max(tries - 1, 0), 60), self.maximum))


@dataclass(frozen=True, slots=True)
class Invoker:
    """One call of a service. `query`, `headers`, `body` map names to JMESPath expressions over the data; None for
    query and body: what the path doesn't use goes to the query of a GET, HEAD or DELETE, else to the body."""

    name: str
    path: str
    method: str
    input: str = ""
    query: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, str] | None = None
    template: str = ""
    output: str = ""
    success: str = ""
    schedule: str = ""
    sample: Any = None
    comment: str = ""

    @property
    def is_safe(self) -> bool:
        """RFC 9110 §9.2.1: asking changes nothing."""
        return self.method in ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Service:
    """What a web service is, without its secrets. `timeout` is in seconds and total."""

    name: str
    base_url: str
    method: str
    timeout: float
    content_type: ContentType
    authentication: Authentication
    token: str
    user: str
    header_template: str
    headers: Mapping[str, str]
    proxy: str
    no_proxy: tuple[str, ...]
    client_certificate: str
    ca: str
    allowed_hosts: tuple[str, ...]
    retry: Retry
    validity: str
    comment: str
    invokers: Mapping[str, Invoker]

    @property
    def host(self) -> str:
        return (urlsplit(self.base_url).hostname or "").lower()

    @property
    def origin(self) -> tuple[str, str, int]:
        return origin_of(self.base_url)

    @classmethod
    def parse(cls, document: Any) -> "Service":
        """Raises InvalidInput that names the key and the rule."""
        found = Fields(document)
        service = _service(found)
        found.end()
        return service

    def document(self) -> dict[str, Any]:
        """What `parse` reads back, without what is empty or the default."""
        retry = self.retry
        whole: dict[str, Any] = {
            "Name": self.name,
            "BaseURL": self.base_url,
            "Method": self.method if self.method != "POST" else None,
            "Timeout": self.timeout if self.timeout != 30 else None,
            "ContentType": str(self.content_type),
            "Authentication": str(self.authentication),
            "Token": self.token,
            "User": self.user,
            "HeaderTemplate": self.header_template,
            "Headers": dict(self.headers),
            "Proxy": self.proxy,
            "NoProxy": list(self.no_proxy),
            "ClientCertificate": self.client_certificate,
            "CA": self.ca,
            "AllowedHosts": list(self.allowed_hosts),
            "Retry": {
                "First": span_text(retry.first),
                "Factor": _plain(retry.factor),
                "Maximum": span_text(retry.maximum),
                "Count": retry.count,
                "Period": span_text(retry.period),
            }
            if retry.count
            else None,
            "Validity": self.validity,
            "Comment": self.comment,
            "Invokers": {name: _invoker_document(each) for name, each in self.invokers.items()},
        }
        if whole["Timeout"] is not None:
            whole["Timeout"] = _plain(self.timeout)
        return {key: value for key, value in whole.items() if value not in (None, "", [], {})}

    def invoker(self, name: str) -> Invoker:
        """The invoker of that name. Raises NotFound."""
        found = self.invokers.get(name)
        if found is None:
            raise check.no_invoker(self.name, name, list(self.invokers))
        return found


def origin_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port (RFC 6454 §4)."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)


def _service(found: Fields) -> Service:
    authentication = found.choice("Authentication", Authentication, Authentication.NONE)
    service = Service(
        name=found.text("Name", required=True),
        base_url=check.base_url(found, found.text("BaseURL", required=True)),
        method=_method(found, "POST"),
        timeout=found.number("Timeout", 30, 1, LONGEST_TIMEOUT),
        content_type=found.choice("ContentType", ContentType, ContentType.JSON),
        authentication=authentication,
        token=found.text("Token"),
        user=found.text("User"),
        header_template=found.text("HeaderTemplate"),
        headers=_headers(found, found.texts("Headers")),
        proxy=check.proxy(found, found.text("Proxy")),
        no_proxy=found.words("NoProxy"),
        client_certificate=found.text("ClientCertificate", lines=True).strip(),
        ca=found.text("CA"),
        allowed_hosts=check.hosts(found, found.words("AllowedHosts")),
        retry=_retry(found.part("Retry")),
        validity=found.text("Validity", "valid"),
        comment=found.text("Comment", lines=True),
        invokers={},
    )
    if len(service.name) > 250:
        found.wrong("Name", "must have 1 to 250 characters")
    if sign := unseen_sign(service.name):
        found.wrong("Name", f"must not contain {sign}, which can't be seen")
    if service.validity not in ("valid", "invalid", "invalid-temporarily"):
        found.wrong("Validity", "must be valid, invalid or invalid-temporarily")
    _check_proof(found, service)
    if service.ca and not Path(service.ca).is_absolute():
        found.wrong("CA", "must be the absolute path of a PEM file")
    check.certificate(found, service.client_certificate)
    invokers = {name: _invoker(name, part, service) for name, part in found.parts("Invokers").items()}
    if len(invokers) > MOST_INVOKERS:
        found.wrong("Invokers", f"must be at most {MOST_INVOKERS}")
    return Service(**{name: getattr(service, name) for name in Service.__slots__} | {"invokers": invokers})


def _check_proof(found: Fields, service: Service) -> None:
    """A service configured for OAuth2 never calls unauthenticated, so it has a token; the others say what they need."""
    uses_token = service.authentication in (Authentication.OAUTH2, Authentication.HEADER)
    if uses_token and not service.token:
        found.wrong("Token", f"is missing: {service.authentication} needs a token configuration, NAME or NAME#LABEL")
    if service.token and not uses_token:
        found.wrong("Token", "belongs to the authentications OAuth2 and Header")
    if (service.authentication is Authentication.BASIC) != bool(service.user):
        found.wrong("User", "and the authentication Basic belong together")
    if ":" in service.user:
        found.wrong("User", "must not hold a colon (RFC 7617)")
    if service.authentication is Authentication.HEADER:
        name, colon, value = service.header_template.partition(":")
        if not colon or not _HEADER.fullmatch(name.strip()) or not any(place in value for place in TOKEN_PLACES):
            found.wrong("HeaderTemplate", "must be a header with the token in it, as in Authorization: Bearer {token}")
        if name.strip().lower() in _OWN_HEADERS:
            found.wrong("HeaderTemplate", f"can't be {name.strip()}, which the connection sets itself")
    elif service.header_template:
        found.wrong("HeaderTemplate", "belongs to the authentication Header")
    places = any(place in value for value in service.headers.values() for place in TOKEN_PLACES)
    if places and not uses_token:
        found.wrong("Headers", "hold the token's place, and the authentication gives no token")


def _invoker(name: str, found: Fields, service: Service) -> Invoker:
    if not _INVOKER.fullmatch(name):
        found.wrong("", "is no name of an invoker: letters, digits, dots, dashes and underscores")
    query, body = found.part("Query"), found.part("Body")
    made = Invoker(
        name=name,
        path=check.path(found, found.text("Path", "/")),
        method=_method(found, service.method),
        input=check.expression(found, "Input"),
        query=None if query is None else check.expressions(query),
        headers=_headers(found, check.expressions(found.part("Headers"))),
        body=None if body is None else check.expressions(body),
        template=check.template(found, service.content_type),
        output=check.expression(found, "Output"),
        success=check.expression(found, "Success"),
        schedule=check.cron(found, found.text("Schedule")),
        sample=found.anything("Sample"),
        comment=found.text("Comment", lines=True),
    )
    if made.body is not None and made.template:
        found.wrong("Template", "and Body exclude each other")
    if (made.body is not None or made.template) and made.is_safe:
        found.wrong("Method", f"{made.method} sends no body")
    if len(json.dumps(made.sample)) > LONGEST_SAMPLE:
        found.wrong("Sample", "is too large")
    found.end()
    return made


LONGEST_SAMPLE = 100_000


def _invoker_document(each: Invoker) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "Path": each.path,
        "Method": each.method,
        "Input": each.input,
        "Query": None if each.query is None else dict(each.query),
        "Headers": dict(each.headers) or None,
        "Body": None if each.body is None else dict(each.body),
        "Template": each.template,
        "Output": each.output,
        "Success": each.success,
        "Schedule": each.schedule,
        "Sample": each.sample,
        "Comment": each.comment,
    }
    return {key: value for key, value in whole.items() if value is not None and value != ""}


def _retry(found: Fields | None) -> Retry:
    if found is None:
        return Retry()
    made = Retry(
        first=found.span("First", 10, 86_400),
        factor=found.number("Factor", 2, 1, 10),
        maximum=found.span("Maximum", 3600, 86_400),
        count=int(found.number("Count", 10, 0, 1000)),
        period=found.span("Period", 86_400, 30 * 86_400),
    )
    found.end()
    return made


def _method(found: Fields, default: str) -> str:
    method = found.text("Method", default).upper()
    if method not in METHODS:
        found.wrong("Method", f"must be one of {', '.join(METHODS)}")
    return method


def _headers(found: Fields, headers: Mapping[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not _HEADER.fullmatch(name):
            found.wrong(f"Headers.{name}", "is no name of a header")
        if name.lower() in _OWN_HEADERS:
            found.wrong(f"Headers.{name}", "is set by the connection itself")
        if "\n" in value or "\r" in value or not value.isascii():
            found.wrong(f"Headers.{name}", "must be one line of ASCII")
    return dict(headers)


def _plain(number: float) -> int | float:
    return int(number) if number == int(number) else number


__all__ = ["Authentication", "ContentType", "InvalidInput", "Invoker", "Retry", "Service", "origin_of"]
