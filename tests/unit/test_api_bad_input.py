"""Bad input of every kind, to every operation of the API as it is described: always a problem, never a surprise."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bursar.api.app import api as described
from tests.unit.api_scene import Api, Said

pytestmark = pytest.mark.django_db(transaction=True)

DEEP = b'{"set":' * 2000 + b"1" + b"}" * 2000
BODIES: tuple[tuple[bytes, str], ...] = (
    (b"", "application/json"),
    (b"\x00", "application/json"),
    (b"\xff\xfe{}", "application/json"),
    (b"{", "application/json"),
    (b"null", "application/json"),
    (b"[]", "application/json"),
    (b'"text"', "application/json"),
    (b"NaN", "application/json"),
    (b"1" * 5000, "application/json"),
    (DEEP, "application/json"),
    (b"[" * 100_000, "application/json"),
    (b'{"unknown": 1}', "application/json"),
    (b'{"__proto__": {}, "__class__": 1}', "application/json"),
    (b"a=b&c=d", "application/x-www-form-urlencoded"),
    (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n', "multipart/form-data; boundary=x"),
    (b"--x", "multipart/form-data; boundary="),
    (b"{}", "application/json; charset=utf-16"),
    (b"{}", "application/json; charset=nothing"),
    (b"a: &a [*a]\n", "application/yaml"),
)
VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    2**63,
    10**400,
    1e308,
    "",
    " ",
    "a\x00b",
    "\ud800",
    "‮evil",
    "x" * 30_000,
    "%00",
    "../../etc/passwd",
    [],
    [None],
    ["\x00"],
    [["x"]],
    {},
    {"\x00": "\x00"},
    {"\ud800": 1},
    {"a": {"a": {"a": []}}},
)
TEXTS = ("%00", "%FF", "%ED%A0%80", "x" * 2000, "-1", "9" * 400, "%2e%2e%2f", "1e999")


@pytest.fixture
def api(api: Api) -> Api:
    api.fill()
    return api


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path without prefix, description; without what the door answers before."""
    for path, found in described.get_openapi_schema()["paths"].items():
        for method, operation in found.items():
            if operation["tags"] != ["Hand-out"]:
                yield method.upper(), path.removeprefix("/api/v1"), operation


@pytest.fixture
def there(api: Api) -> dict[str, str]:
    """What may stand in a path, with what is there."""
    service = {"document": {"Name": "Tickets", "BaseURL": "https://tickets.example.org", "Authentication": "None"}}
    key = api.ask("POST", "/keys", {"name": "other", "allow": ["x"]}).json["id"]
    return {
        "configuration_id": api.id_of("Support"),
        "token_id": api.ask("GET", "/tokens?limit=1").json["items"][0]["id"],
        "account_id": api.ask("GET", "/mail-accounts?limit=1").json["items"][0]["id"],
        "service_id": api.ask("POST", "/webservices", service).json["id"],
        "key_id": key,
        "name": "FQDN",
        "email": "nobody@x.example",
        "slug": "any-app",
        "test_id": "x",
        "job_id": "x",
        "call_id": "x",
    }


def good(said: Said, *asked: object) -> None:
    assert said.status < 500 or (said.status == 503 and said.headers["Retry-After"]), asked
    if said.status >= 400:
        assert said.code, asked


def test_bodies_that_are_none(api: Api, there: dict[str, str]) -> None:
    """SEC-42, SEC-66"""
    for method, path, operation in operations():
        if "requestBody" not in operation:
            continue
        for body, kind in BODIES:
            said = api.ask(method, path.format(**there), body, **{"content-type": kind})
            good(said, method, path, body[:50], kind)
            assert said.status in (400, 404, 422) or body == b"{}", (method, path, body[:50], said.status)


def test_members_that_are_wrong(api: Api, there: dict[str, str]) -> None:
    """SEC-42, SEC-66: each member of each body in turn is what it may not be, or only just may."""
    schemas = described.get_openapi_schema()["components"]["schemas"]
    for method, path, operation in operations():
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            continue
        shape = schemas[content["schema"]["$ref"].rpartition("/")[2]]
        where = path.format(**there)
        usual = {name: usual_of(name) for name in shape.get("required", ())}
        for name in shape["properties"]:
            for value in VALUES:
                said = api.ask(method, where, json.dumps(usual | {name: value}).encode(), **JSON)
                good(said, method, path, name, repr(value)[:50])
        assert api.ask(method, where, usual | {"is_admin": True}).status in (404, 422)


JSON = {"content-type": "application/json"}


def usual_of(name: str) -> Any:
    known: dict[str, Any] = {
        "template": "any-app",
        "validity": "valid",
        "configurations": ["x"],
        "messages": [1],
        "document": {"Name": "x", "BaseURL": "https://x.example"},
        "email": "new@x.example",
        "role": "auditor",
        "deliver": "maildir:/var/mail/x",
        "issuer": "https://10.0.0.1/",
        "client_secret": "secret",
    }
    return known.get(name, "x")


def test_documents_that_are_wrong(api: Api) -> None:
    """SEC-42, SEC-66: each key of a web service, and of its invoker."""
    invoker = {"Path": "/x", "Method": "GET"}
    usual = {"Name": "x", "BaseURL": "https://x.example", "Authentication": "None", "Invokers": {"read": invoker}}
    keys = ("Name", "Validity", "Comment", "BaseURL", "Authentication", "Token", "User", "Password", "Header", "CA")
    for value in VALUES:
        documents = [usual | {key: value} for key in (*keys, "ClientKey", "Invokers", "\x00", "\ud800")]
        documents += [usual | {"Authentication": "OAuth2", "Token": value}, usual | {"Invokers": {"read": value}}]
        inner = ("Path", "Method", "Query", "Body", "Output", "Schedule", "Sample")
        documents += [usual | {"Invokers": {"read": invoker | {key: value}}} for key in inner]
        for number, document in enumerate(documents):
            said = api.ask("POST", "/webservices", json.dumps({"document": document}).encode(), **JSON)
            good(said, number, repr(value)[:50])


def test_paths_and_queries_that_are_wrong(api: Api, there: dict[str, str]) -> None:
    """SEC-42, SEC-66"""
    for method, path, operation in operations():
        for place in operation["parameters"]:
            name = place["name"]
            for text in TEXTS:
                if place["in"] == "path":
                    good(api.ask(method, path.format(**there | {name: text})), method, path, name, text[:20])
                elif place["in"] == "query":
                    good(api.ask(method, f"{path.format(**there)}?{name}={text}"), method, path, name, text[:20])


@pytest.mark.parametrize(
    "tag", ["", '"', '""', "*", "W/", '"x"', "x" * 5000, '"a", "b"', ",,,", "\xff", "%00", '"a"-"b"']
)
def test_tags_that_nobody_gave(api: Api, tag: str) -> None:
    where = f"/configurations/{api.id_of('Support')}"
    status = 200 if tag == "*" else 412
    assert api.ask("PATCH", where, {"set": {}}, **{"if-match": tag}).status == status
    assert api.ask("GET", where, **{"if-none-match": tag}).status == (304 if tag == "*" else 200)
