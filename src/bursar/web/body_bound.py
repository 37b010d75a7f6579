"""Bodies end at a bound, before anything of them is kept; lifespan is answered here, since Django knows none."""

from collections.abc import MutableMapping
from typing import Any

from .assets import Application, Receive, Scope, Send

LIMIT = 34 * 1024 * 1024  # an import of 32 MB and its form
TOO_LARGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Too large · Bursar</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/static/bursar.css">
<body class="entrance"><main><section class="card gate failure"><p class="number">413</p>
<h1>That is too large</h1><p>Bursar takes files of at most 32 MB. Nothing was changed.</p>
<p>Export fewer configurations at a time where it came from, and import the files one after the other.</p>
<a class="btn outlined main" href="/import">Back to the import</a></section></main></body></html>
""".encode()


class BodyBound:
    """413 where Content-Length says too much; a chunked body that grows too long ends as if the browser had gone."""

    def __init__(self, application: Application, limit: int = LIMIT) -> None:
        self._application = application
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > self._limit:
            headers = [
                (b"content-type", b"text/html; charset=utf-8"),
                (b"content-length", str(len(TOO_LARGE)).encode()),
                (b"content-security-policy", b"default-src 'none'; style-src 'self'; font-src 'self'"),
                (b"x-content-type-options", b"nosniff"),
                (b"cache-control", b"no-store"),
            ]
            await send({"type": "http.response.start", "status": 413, "headers": headers})
            await send({"type": "http.response.body", "body": TOO_LARGE})
            return
        received = 0

        async def bounded() -> MutableMapping[str, Any]:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            return message if received <= self._limit else {"type": "http.disconnect"}

        await self._application(scope, bounded, send)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
