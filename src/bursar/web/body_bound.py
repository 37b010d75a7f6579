"""Bodies end at a bound, before anything of them is kept; lifespan is answered here, since Django knows none."""

from collections.abc import MutableMapping
from typing import Any

from .assets import Application, Receive, Scope, Send
from .too_large import too_large

LIMIT = 34 * 1024 * 1024  # an import of 32 MB and its form


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
            page = too_large(scope["headers"])
            headers = [
                (b"content-type", b"text/html; charset=utf-8"),
                (b"content-length", str(len(page)).encode()),
                (b"content-security-policy", b"default-src 'none'; style-src 'self'; font-src 'self'"),
                (b"x-content-type-options", b"nosniff"),
                (b"cache-control", b"no-store"),
            ]
            await send({"type": "http.response.start", "status": 413, "headers": headers})
            await send({"type": "http.response.body", "body": page})
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
