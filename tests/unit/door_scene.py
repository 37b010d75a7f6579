"""The HTTP door within this process, as a program on the network asks it: ASGI in a thread, without a server."""

import asyncio
import hashlib
import json
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from django.db import connections

from bursar.access import keys
from bursar.access.key_rules import Rules, Verb, parse_from
from bursar.context import Context
from bursar.handout.doors import Doors, nothing_else

T = TypeVar("T")
ALL = frozenset(Verb)
READ = frozenset({Verb.READ})


@dataclass(frozen=True)
class Said:
    """One answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of a problem; the test fails where it isn't one."""
        assert self.headers["content-type"] == "application/problem+json", self
        told = self.json
        assert (told["status"], self.headers["cache-control"]) == (self.status, "no-store")
        assert told["detail"]
        return str(told["code"])


class Door:
    """`get` and the like ask with the key given, or with the scene's own key for everything."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        database = connections["default"].settings_dict
        self.doors = Doors(ctx, database, nothing_else, now=lambda: ctx.clock.now().timestamp())
        self._run(self.doors.__aenter__())
        self.key = self.new_key("everything", verbs=ALL)

    def close(self) -> None:
        self._run(self.doors.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def new_key(self, name: str, *allow: str, verbs: frozenset[Verb] = READ, networks: str = "", **more: Any) -> str:
        rules = Rules(allow or ("*",), verbs, parse_from([networks]))
        _, secret = keys.new_key(self.ctx, name, rules, more.get("expires_at"), "test")
        return secret.reveal()

    def get(self, name: str, query: str = "", key: str | None = None, **more: Any) -> Said:
        return self.ask("GET", "/api/v1/tokens/" + quote(name, safe=""), query, key, **more)

    def token(self, name: str, query: str = "", key: str | None = None) -> str:
        """The access token; the test fails where there is none."""
        said = self.get(name, query, key)
        assert said.status == 200, said
        return str(said.json["access_token"])

    def refresh(self, name: str, rejected: str, key: str | None = None) -> Said:
        body = json.dumps({"rejected_sha256": hashlib.sha256(rejected.encode()).hexdigest()}).encode()
        return self.ask("POST", f"/api/v1/tokens/{quote(name, safe='')}/refresh", "", key, body=body)

    def ask(self, *arguments: Any, **more: Any) -> Said:
        return self.begin(*arguments, **more).result(60)

    def begin(
        self,
        method: str,
        path: str,
        query: str = "",
        key: str | None = None,
        *,
        peer: str = "127.0.0.1",
        headers: list[tuple[str, str]] | None = None,
        body: bytes = b"",
    ) -> "Future[Said]":
        """Ask, and go on without waiting for the answer."""
        given = [("authorization", f"Bearer {self.key if key is None else key}")] if headers is None else headers
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in given],
            "client": (peer, "1234"),
        }
        return asyncio.run_coroutine_threadsafe(self._ask(scope, body), self._loop)

    async def _ask(self, scope: dict[str, Any], body: bytes) -> Said:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.doors.application(scope, receive, send)
        start, content = sent
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        assert len(headers) == len(start["headers"])
        assert int(headers["content-length"]) == len(content["body"]) or scope["method"] == "HEAD"
        return Said(start["status"], headers, content["body"])

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)
