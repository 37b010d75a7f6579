"""The management API as a program asks it, within this process."""

import json
from copy import copy
from typing import Any

from django.test import Client

from bursar.access import keys
from bursar.access.key_rules import Rules, Verb, parse_from
from bursar.context import Context
from tests.browser import scenes
from tests.unit.web_pages import HOST

MANAGE = frozenset({Verb.MANAGE})


class Api:
    """`get` and the like ask with a key for all names that may manage, unless another is given."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.key = self.new_key("everything")
        self._client = Client(raise_request_exception=False, headers={"host": HOST})

    def with_key(self) -> "Api":
        """Another caller with the same key, for another thread."""
        other = copy(self)
        other._client = Client(raise_request_exception=False, headers={"host": HOST})
        return other

    def fill(self) -> None:
        """A token in every state."""
        scenes.fill(self.ctx, self.ctx.clock.now())

    def new_key(self, name: str, *allow: str, verbs: frozenset[Verb] = MANAGE, networks: str = "") -> str:
        rules = Rules(allow or ("*",), verbs, parse_from([networks]))
        return keys.new_key(self.ctx, name, rules, None, "test")[1].reveal()

    def ask(self, method: str, path: str, body: Any = None, key: str | None = None, **headers: str) -> "Said":
        content: dict[str, Any] = {}
        if isinstance(body, bytes):
            content = {"data": body, "content_type": "application/yaml"}
        elif body is not None:
            content = {"data": json.dumps(body), "content_type": "application/json"}
        sent = {"authorization": f"Bearer {self.key if key is None else key}", **headers}
        return Said(self._client.generic(method, f"/api/v1{path}", headers=sent, **content))

    def id_of(self, name: str) -> str:
        [found] = self.ask("GET", f"/configurations?name={name}").json["items"]
        return str(found["id"])


class Said:
    """One answer; `code` is a problem's, and the test fails where it isn't one."""

    def __init__(self, response: Any) -> None:
        self.response = response
        self.status = int(response.status_code)
        self.headers = response.headers

    @property
    def json(self) -> Any:
        return json.loads(self.response.content)

    @property
    def code(self) -> str:
        assert self.headers["Content-Type"] == "application/problem+json", self.response.content[:300]
        assert self.json["status"] == self.status
        assert self.json["detail"]
        return str(self.json["code"])
