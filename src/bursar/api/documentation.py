"""The API's page for people, from its description: what to ask, what to send, what comes back, and an example of each.

The page is one of Bursar's: its frame, light and dark, with a keyboard, and no script of anybody's.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

Schema = Mapping[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter or a member of a body. `kind` is its type in a word or two, `limits` what bounds it."""

    name: str
    kind: str
    limits: str
    required: bool
    said: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One request. `anchor` is its `operationId`; `answers` are the states that aren't errors."""

    anchor: str
    method: str
    path: str
    said: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    answers: tuple[str, ...]
    answer: tuple[Field, ...]
    example: str


@dataclass(frozen=True, slots=True)
class Part:
    """The operations of one tag."""

    title: str
    operations: tuple[Operation, ...]

    @property
    def anchor(self) -> str:
        return self.title.lower().replace(" ", "-")


class Documentation(DocsBase):
    """`/api/v1/docs`."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        parts, errors, version = _described(api)
        values = {"parts": parts, "errors": errors, "version": version, "about": api.description.split("\n\n")}
        return render(request, "api/documentation.html", values | {"machine": self.get_openapi_url(api, kwargs)})


@cache
def _described(api: NinjaAPI) -> tuple[tuple[Part, ...], tuple[tuple[str, str], ...], str]:
    schema = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), default=str))
    named = schema["components"]["schemas"]
    tags: dict[str, list[Operation]] = {}
    errors: dict[str, str] = {}
    for path, asked in schema["paths"].items():
        for method in METHODS:
            if method in asked:
                found = asked[method]
                tags.setdefault(found.get("tags", ["Other"])[0], []).append(_operation(method, path, found, named))
                errors |= {
                    state: answer["description"] for state, answer in found["responses"].items() if state >= "400"
                }
    parts = tuple(Part(title, tuple(operations)) for title, operations in tags.items())
    return parts, tuple(sorted(errors.items())), schema["info"]["version"]


def _operation(method: str, path: str, found: Schema, named: Schema) -> Operation:
    sent = _content(found.get("requestBody", {}))
    good = {state: answer for state, answer in found["responses"].items() if state < "400"}
    body = tuple(_members(sent, named))
    answer = next((fields for each in good.values() if (fields := tuple(_members(_content(each), named)))), ())
    return Operation(
        anchor=found["operationId"],
        method=method.upper(),
        path=path,
        said=found.get("description", "") or found.get("summary", ""),
        parameters=tuple(_parameter(each, named) for each in found.get("parameters", ())),
        body=body,
        answers=tuple(f"{state} {each['description']}" for state, each in good.items()),
        answer=answer,
        example=_example(method, path, body),
    )


def _content(described: Schema) -> Schema:
    for kind, content in described.get("content", {}).items():
        if kind.endswith("json"):
            schema: Schema = content.get("schema", {})
            return schema
    return {}


def _members(schema: Schema, named: Schema) -> Iterator[Field]:
    """The members of an object; those of what a list holds; nothing for anything else."""
    schema = _plain(schema, named)
    if schema.get("type") == "array":
        schema = _plain(schema.get("items", {}), named)
    required = schema.get("required", ())
    for name, member in schema.get("properties", {}).items():
        yield _field(name, member, named, required=name in required)


def _parameter(found: Schema, named: Schema) -> Field:
    field = _field(found["name"], found.get("schema", {}), named, required=bool(found.get("required")))
    said = found.get("description", "") or field.said
    return Field(field.name, f"{field.kind}, {found['in']}", field.limits, field.required, said)


def _field(name: str, schema: Schema, named: Schema, *, required: bool) -> Field:
    bounds = {"minimum": "≥ {}", "maximum": "≤ {}", "maxLength": "at most {} characters", "maxItems": "at most {}"}
    inner = _plain(schema, named)
    limits = [words.format(inner[key]) for key, words in bounds.items() if key in inner]
    default = schema.get("default")
    if default not in (None, "", [], {}):
        limits.append(f"default {json.dumps(default)}")
    return Field(name, _kind(schema, named), ", ".join(limits), required, str(schema.get("description", "")))


def _kind(schema: Schema, named: Schema) -> str:
    if "enum" in schema:
        return " | ".join(json.dumps(each) for each in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"])
    if "$ref" in schema:
        inner = named[schema["$ref"].rpartition("/")[2]]
        return _kind(inner, named) if "enum" in inner else str(schema["$ref"].rpartition("/")[2])
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return " | ".join(dict.fromkeys(_kind(each, named) for each in schema[key]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}), named)}"
    return str(schema.get("format") or schema.get("type", "anything"))


def _plain(schema: Schema, named: Schema) -> Schema:
    """What a reference leads to, and of alternatives the one that isn't null."""
    if "$ref" in schema:
        return _plain(named[schema["$ref"].rpartition("/")[2]], named)
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return _plain(next((each for each in schema[key] if each.get("type") != "null"), {}), named)
    return schema


def _example(method: str, path: str, body: tuple[Field, ...]) -> str:
    """A command to copy; names in capitals are what its user fills in."""
    verb = "" if method == "get" else f" -X {method.upper()}"
    sent = ""
    if body:
        members = [field.name for field in body if field.required] or [body[0].name]
        inner = ", ".join(f'"{name}": …' for name in members)
        sent = f" -H 'Content-Type: application/json' -d '{{{inner}}}'"
    filled = path.replace("{", "").replace("}", "")
    return f'curl{verb} -H "Authorization: Bearer $KEY"{sent} ADDRESS{filled}'
