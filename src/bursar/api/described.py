"""The OpenAPI description, with the hand-out in it, which is answered before the API is asked, and every error."""

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

_NAME = {
    "name": "name",
    "in": "path",
    "required": True,
    "description": "NAME or NAME#LABEL, percent-encoded whole: `/` is %2F and `#` is %23.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 501},
}
_TOKEN: dict[str, Any] = {
    "type": "object",
    "required": ["access_token", "token_type", "expires_in", "expires_at", "scope"],
    "properties": {
        "access_token": {"type": "string"},
        "token_type": {"type": "string"},
        "expires_in": {"type": "integer", "minimum": 0, "description": "Seconds."},
        "expires_at": {"type": "string", "format": "date-time"},
        "scope": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
}
_WHY = {
    400: "The request can't be read.",
    401: "No key, or none that is good from here.",
    403: "The key lacks the verb, or is not for all names.",
    404: "There is none that this key may see.",
    405: "This address takes no such request.",
    409: "A person must act, or a rule forbids it: `code` says which.",
    412: "It was changed since it was read (If-Match).",
    413: "The body is too long.",
    422: "What was sent breaks a rule; `errors` name the places.",
    429: "Too many wrong keys came from this address.",
    500: "Bursar met something it did not expect.",
    503: "It passes by itself: see Retry-After.",
}
_PROBLEM = {"$ref": "#/components/schemas/Problem"}


class HandOutToo(NinjaAPI):
    """Adds what the door answers, and the errors, to the description."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> OpenAPISchema:
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        prefix = "/api/v1"
        schema["paths"] |= {
            f"{prefix}/tokens/{{name}}": {"get": _hand_out()},
            f"{prefix}/tokens/{{name}}/refresh": {"post": _replacement()},
            f"{prefix}/emailengine": {"get": _emailengine()},
            f"{prefix}/revoke-all": {"post": _revoke_all()},
        }
        schemas = schema["components"].setdefault("schemas", {})
        schemas["Problem"] = _problem()
        schemas["AccessToken"] = _TOKEN
        schema["components"]["securitySchemes"]["AnyKeyAsPassword"] = {
            "type": "http",
            "scheme": "basic",
            "description": "Any name, and an API key as the password.",
        }
        for operations in schema["paths"].values():
            for method, operation in operations.items():
                operation.setdefault("security", [{"ManagerKey": []}])
                for status, why in _WHY.items():
                    operation["responses"].setdefault(str(status), _refusal(why))
                _with_conditions(method, operation)
        return schema


def _with_conditions(method: str, operation: dict[str, Any]) -> None:
    parameters = operation.setdefault("parameters", [])
    if method in ("patch", "put", "delete"):
        parameters.append(_header("If-Match", "The ETag that was read: 412 where it was changed since."))
    elif "304" in {str(status) for status in operation["responses"]}:
        parameters.append(_header("If-None-Match", "The ETag that is known: 304 where it still holds."))


def _header(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "description": description, "schema": {"type": "string"}}


def _refusal(why: str) -> dict[str, Any]:
    return {"description": why, "content": {"application/problem+json": {"schema": _PROBLEM}}}


def _problem() -> dict[str, Any]:
    return {
        "type": "object",
        "title": "Problem",
        "description": "RFC 9457, with a stable code and, where a person can do something, the action.",
        "required": ["type", "title", "status", "code", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "code": {"type": "string"},
            "detail": {"type": "string"},
            "action": {"type": "string"},
            "reason": {"type": "string"},
            "errors": {"type": "array", "items": {"type": "object"}},
        },
    }


def _hand_out() -> dict[str, Any]:
    return {
        "operationId": "hand_out_token",
        "summary": "Get a valid access token",
        "description": "Needs the verb `read`. A token with less than `min_ttl` seconds is refreshed first.",
        "tags": ["Hand-out"],
        "parameters": [
            _NAME,
            {"name": "min_ttl", "in": "query", "required": False, "schema": {"type": "number", "minimum": 0}},
        ],
        "responses": {"200": _given()},
    }


def _replacement() -> dict[str, Any]:
    return {
        "operationId": "replace_rejected_token",
        "summary": "Report a token that a server refused, and get the next one",
        "description": "Needs the verb `refresh`. Where the token was replaced already, nobody is asked.",
        "tags": ["Hand-out"],
        "parameters": [_NAME],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["rejected_sha256"],
                        "properties": {"rejected_sha256": {"type": "string", "pattern": "^[0-9a-fA-F]{64}$"}},
                    }
                }
            },
        },
        "responses": {"200": _given()},
    }


def _emailengine() -> dict[str, Any]:
    told = {"user": {"type": "string"}, "accessToken": {"type": "string"}}
    shape = {"type": "object", "required": list(told), "properties": told}
    account = {"name": "account", "in": "query", "required": True, "schema": {"type": "string", "minLength": 1}}
    return {
        "operationId": "answer_emailengine",
        "summary": 'EmailEngine\'s "authentication server"',
        "description": "Login and access token of a mail account, by its name. Needs the verb `read`.",
        "tags": ["Hand-out"],
        "security": [{"AnyKeyAsPassword": []}],
        "parameters": [account, {"name": "proto", "in": "query", "required": False, "schema": {"type": "string"}}],
        "responses": {"200": {"description": "Both", "content": {"application/json": {"schema": shape}}}},
    }


def _revoke_all() -> dict[str, Any]:
    names = {"type": "array", "items": {"type": "string"}}
    told = {
        "revoked": {"type": "integer", "minimum": 0, "description": "How many tokens ended."},
        "untold": names | {"description": "Names whose provider has yet to hear of it; Bursar goes on telling."},
        "unreachable": names | {"description": "Names whose provider can't be told."},
    }
    shape = {"type": "object", "required": list(told), "properties": told}
    return {
        "operationId": "revoke_everything",
        "summary": "Stop everything",
        "description": "Forget every token and tell the providers. Needs the verb `manage`, and a key for all names.",
        "tags": ["Hand-out"],
        "parameters": [],
        "responses": {"200": {"description": "Done", "content": {"application/json": {"schema": shape}}}},
    }


def _given() -> dict[str, Any]:
    token = {"$ref": "#/components/schemas/AccessToken"}
    return {"description": "A valid token", "content": {"application/json": {"schema": token}}}
