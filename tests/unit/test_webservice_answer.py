"""What is made of an answer: its body by its content type, success, output, and what may be tried again."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bursar.errors import Temporary
from bursar.outbound import HttpAnswer
from bursar.webservices.answer import Read, read
from bursar.webservices.service import Service

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def answered(status: int, body: bytes = b"", kind: str = "application/json", **more: Any) -> Read:
    headers = more.pop("headers", {})
    invokers = {"call": {"Path": "/", "Method": "POST", **more}}
    service = Service.parse({"Name": "T", "BaseURL": "https://tickets.example.org", "Invokers": invokers})
    answer = HttpAnswer(status, {"content-type": kind} | headers, body)
    return read(service, service.invoker("call"), answer, NOW)


def code(found: Read) -> str | None:
    return found.error.code if found.error else None


@pytest.mark.parametrize(
    ("kind", "body", "wanted"),
    [
        ("application/problem+json; charset=utf-8", b'{"a": 1}', {"a": 1}),
        ("text/xml", b"<a><b>1</b></a>", {"a": {"b": "1"}}),
        ("application/atom+xml", b"<a x='1'>t</a>", {"a": {"@x": "1", "#text": "t"}}),
        ("application/x-www-form-urlencoded", b"a=1&b=x&b=y&c=", {"a": "1", "b": ["x", "y"], "c": ""}),
        ("text/html", b"<p>", "<p>"),
        ("application/xhtml+xml", b"<p>", "<p>"),
        ("application/json", b"", None),
    ],
)
def test_a_body_is_read_as_its_content_type_says(kind: str, body: bytes, wanted: Any) -> None:
    assert answered(200, body, kind).output == wanted


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b"[" * 100_000),
        ("text/xml", b"<a>" * 60 + b"</a>" * 60),
        ("text/xml", b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>"),
        ("text/xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
    ],
)
def test_what_cant_be_read_is_no_success_and_no_crash(kind: str, body: bytes) -> None:
    """SEC-52: nested too deep, document types and entities; where the status says enough, that is what is told."""
    assert code(answered(200, body, kind)) == "answer_unreadable"
    assert code(answered(404, body, kind)) == "service_refused"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 599])
def test_what_passes_by_itself_may_be_tried_again_when_the_other_side_says(status: int) -> None:
    date = "Wed, 25 Nov 2026 12:02:00 GMT"
    for header, wanted in (("90", 90.0), (date, 120.0), ("soon", None)):
        error = answered(status, b"{}", headers={"retry-after": header}).error
        assert isinstance(error, Temporary)
        assert error.retry_after == wanted


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422, 304])
def test_what_needs_a_person_is_not_tried_again(status: int) -> None:
    error = answered(status, b"{}", headers={"retry-after": "5"}).error
    assert error is not None
    assert not isinstance(error, Temporary)


def test_the_condition_decides_over_status_headers_and_body() -> None:
    gone = {"Success": "status == `404` || headers.\"x-state\" == 'done' || body.ok"}
    assert answered(404, b"{}", **gone).error is None
    assert answered(500, b"{}", headers={"x-state": "done"}, **gone).error is None
    assert answered(200, b'{"ok": true}', **gone).error is None
    assert code(answered(200, b'{"ok": false}', **gone)) == "condition_failed"
    assert code(answered(500, b"{}", **gone)) == "service_in_trouble"
    assert code(answered(200, b"{}", Success="contains(`1`, 'a')")) == "mapping_failed"


def test_the_output_is_what_the_expression_finds() -> None:
    found = answered(201, b'{"ticket": {"number": 7}}', Output="ticket.number")
    assert (found.output, found.body) == (7, {"ticket": {"number": 7}})
    assert answered(200, b"{}", Output="ticket.number").output is None
    broken = answered(200, b"{}", Output="contains(`1`, 'a')")
    assert code(broken) == "mapping_failed"
    assert "log" in (broken.error.action if broken.error else "")
