"""From data to a request: placeholders, query, headers, bodies, templates; and what data can never do."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bursar.errors import InvalidInput
from bursar.webservices.redact import HIDDEN, redacted, redacted_headers
from bursar.webservices.request import Request, build
from bursar.webservices.service import Service, origin_of
from bursar.webservices.template import Template
from bursar.webservices.xml_body import from_xml

BASE = "https://tickets.example.org/api"


def request(data: Any, *, kind: str = "JSON", headers: dict[str, str] | None = None, **invoker: Any) -> Request:
    document = {"Name": "T", "BaseURL": BASE, "ContentType": kind, "Invokers": {"call": invoker}}
    service = Service.parse(document | ({"Headers": headers} if headers else {}))
    return build(service, service.invoker("call"), data)


def test_the_path_takes_nested_values_and_the_rest_goes_to_the_query_or_the_body() -> None:
    data = {"queue": {"id": 7, "names": ["a b", "ä/ö"]}, "title": "Hello", "tags": ["x", "y"], "deep": {"a": 1}}
    made = request(data, Path="/queues/:queue.id/:queue.names.1", Method="POST")
    assert made.url == f"{BASE}/queues/7/%C3%A4%2F%C3%B6"
    assert json.loads(made.body or b"") == {"title": "Hello", "tags": ["x", "y"], "deep": {"a": 1}}
    asked = request(data, Path="/queues/:queue.id", Method="GET")
    assert asked.url == f"{BASE}/queues/7?title=Hello&tags=x&tags=y&deep=%7B%22a%22%3A+1%7D"
    assert asked.body is None


@pytest.mark.parametrize("value", ["..", ".", "", None, {}, [], "a\r\nHost: x", "\ud800"])
def test_a_value_that_would_leave_the_path_is_refused(value: Any) -> None:
    """SEC-48."""
    with pytest.raises(InvalidInput):
        request({"id": value}, Path="/tickets/:id")


@given(st.text(min_size=1))
def test_no_value_changes_the_host_or_adds_a_part_to_the_path(value: str) -> None:
    """SEC-48: host never from data."""
    try:
        made = request({"id": value}, Path="/tickets/:id/notes", Method="GET")
    except InvalidInput:
        return
    assert origin_of(made.url) == ("https", "tickets.example.org", 443)
    assert made.url.startswith(f"{BASE}/tickets/")
    assert made.url.endswith("/notes")
    assert made.url.count("/") == BASE.count("/") + 3
    assert not set(made.url) & set("?#\\ @")


def test_mappings_choose_what_goes_where() -> None:
    data = {"mail": {"subject": "Broken", "from": {"address": "a@b.example"}}}
    made = request(
        data,
        Input="mail",
        Method="PUT",
        Query={"notify": "`true`", "none": "missing"},
        Headers={"X-From": "from.address"},
        Body={"title": "subject", "who": "from.address"},
        headers={"X-Tenant": "kestrel"},
    )
    assert made.url == f"{BASE}/?notify=true"
    assert (made.headers["X-From"], made.headers["X-Tenant"]) == ("a@b.example", "kestrel")
    assert json.loads(made.body or b"") == {"title": "Broken", "who": "a@b.example"}
    with pytest.raises(InvalidInput, match=r"Headers\.X-From must be one line"):
        request({"from": "a\r\nX-Admin: 1"}, Headers={"X-From": "from"})
    assert request({"t": "{token}"}, Headers={"X-T": "t"}).headers["X-T"] == "", "data can't ask for the token"


def test_bodies_as_form_and_as_xml() -> None:
    data = {"a": "1 & 2", "b": ["x", "y"]}
    assert request(data, kind="FORM").body == b"a=1+%26+2&b=x&b=y"
    made = request({"Ticket": {"Title": "<b>", "Tag": ["x", "y"], "Open": True}}, kind="XML").body or b""
    assert made.endswith(b"<Ticket><Title>&lt;b&gt;</Title><Tag>x</Tag><Tag>y</Tag><Open>true</Open></Ticket>")
    assert from_xml(made) == {"Ticket": {"Title": "<b>", "Tag": ["x", "y"], "Open": "true"}}
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    with pytest.raises(ValueError):
        from_xml(bomb)


@pytest.mark.parametrize(
    ("kind", "text", "wanted"),
    [
        ("JSON", '{"title": {{ "Mail: " ~ subject }}, "n": {{ items | length }}}', '{"title": "Mail: a\\"b", "n": 2}'),
        ("JSON", "[{% for i in items %}{{ i }}{% if not loop.last %},{% endif %}{% endfor %}]", '["x", "y"]'),
        ("XML", "<t>{{ '<' ~ subject }}</t>", "<t>&lt;a&#34;b</t>"),
        ("FORM", "q={{ items | join('&') }}", "q=x%26y"),
    ],
)
def test_a_template_escapes_what_it_writes(kind: str, text: str, wanted: str) -> None:
    made = Template(text, kind).render({"subject": 'a"b', "items": ["x", "y"]})
    assert (json.loads(made) == json.loads(wanted)) if kind == "JSON" else made == wanted


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ data.__class__ }}",
        "{{ '%s' | format(1) }}",
        "{{ '{0.__class__}'.format(1) }}",
        "{{ self.__init__.__globals__ }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ '%1000000000d' % 1 }}",
        "{% include 'x' %}",
        "{% for a in rows %}{% for b in rows %}{% endfor %}{% endfor %}",
        "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
        "{% set x = 'aaaaaaaaaaaaaaaa' ~ big %}{% for a in rows %}{{ x ~ x }}{% endfor %}",
        "{{ missing }}",
        "{{ range(1000000000) | list }}",
        "{{ _step }}",
        "{{ ''.__class__ | string }}",
        "{{ data.__class__ | string }}",
        "{{ 'a'.encode() | string }}",
        "{{ '{:>9}'.format(1) }}",
        "{{ '{x:>9}'.format_map({'x': 1}) }}",
        "{{ data.pop('big') }}",
        "{{ range(3) | list }}",
        "{{ lipsum(1) }}",
        "{% set a = big ~ big %}"
        + "".join(f"{{% set {b} = {a} ~ {a} %}}" for a, b in zip("abcdefg", "bcdefgh", strict=True)),
        "{{ ['a' * 3] | string * 9 }}",
    ],
)
def test_a_template_neither_leaves_its_sandbox_nor_runs_on(text: str) -> None:
    """SEC-52: bounded in steps and in size."""
    with pytest.raises(InvalidInput):
        Template(text, "JSON").render({"rows": list(range(1000)), "big": "x" * 100_000})


@pytest.mark.parametrize(
    "text", ["{% include 'x' %}", "{% extends 'x' %}", "{% import 'x' as x %}", "{% from 'x' import y %}"]
)
def test_a_template_takes_in_no_other(text: str) -> None:
    """SEC-52: said when it is written, not when it is called."""
    with pytest.raises(InvalidInput, match="can't take in other files"):
        Template(text, "JSON")


@pytest.mark.parametrize(
    ("kind", "invoker", "data", "said"),
    [
        ("JSON", {}, {"text": "x" * (17 << 20)}, "larger than"),
        ("JSON", {"Method": "GET", "Path": "/:id"}, {"id": "x" * 20_000}, "longer than"),
        ("JSON", {"Method": "GET"}, {"q": ["x" * 9000, "y" * 9000]}, "longer than"),
        ("FORM", {}, ["no", "names"], "mapping of names and values"),
        ("XML", {}, {"a b": 1}, "can't be the name of an XML element"),
        ("XML", {}, {"a><b": 1}, "can't be the name of an XML element"),
        ("JSON", {"Headers": {"X-Long": "h"}}, {"h": "x" * 9000}, "one line of ASCII"),
        ("JSON", {"Headers": {"X-Long": "h"}}, {"h": "ü"}, "one line of ASCII"),
        ("JSON", {"Input": "contains(`1`, 'a')"}, {}, "Input can't be worked out"),
        ("JSON", {"Query": {"q": "contains(`1`, 'a')"}}, {}, "Query.q can't be worked out"),
    ],
)
def test_data_that_cant_be_sent_are_refused_with_the_reason(
    kind: str, invoker: dict[str, Any], data: Any, said: str
) -> None:
    """SEC-52: what is sent is bounded, too."""
    with pytest.raises(InvalidInput) as found:
        request(data, kind=kind, **invoker)
    assert said in found.value.sentence


def test_xml_is_bounded_in_depth_and_holds_no_control_character() -> None:
    """SEC-52."""
    deep: dict[str, Any] = {}
    for _ in range(60):
        deep = {"a": deep}
    with pytest.raises(InvalidInput, match="nested too deep"):
        request({"x": 1, "deep": deep}, kind="XML")
    made = request({"a": {"b": "x\x00y\x1bz"}}, kind="XML").body or b""
    assert from_xml(made) == {"a": {"b": "x\ufffdy\ufffdz"}}


def test_what_a_template_makes_must_be_json() -> None:
    with pytest.raises(InvalidInput) as found:
        request({"subject": "x"}, Template='{"title": "{{ subject }}"}')
    assert found.value.code == "template_failed"
    assert "without quotes" in found.value.action


def test_the_log_holds_no_secret() -> None:
    text = '{"access_token": "cnry-1", "n": 1} password=cnry-2&x=1 <ApiKey>cnry-3</ApiKey> cnry-known'
    assert "cnry" not in redacted(text.replace(" password", "?password"), ["cnry-known"])
    for each in ('{"api_key": "cnry"}', "https://h.example/?a=1&client_secret=cnry", "<Token a='1'>cnry</Token>"):
        assert "cnry" not in redacted(each, [])
    headers = {"Authorization": "Bearer cnry", "X-API-Key": "cnry", "Set-Cookie": "cnry", "X-Note": "is cnry-known"}
    shown = redacted_headers(headers | {"Idempotency-Key": "abc"}, ["cnry-known"])
    assert "cnry" not in str(shown)
    assert shown["Idempotency-Key"] == "abc"
    assert shown["X-Note"] == f"is {HIDDEN}"
