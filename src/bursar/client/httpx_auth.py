"""httpx: the header, and one more try with a new token after a 401."""

from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING

import httpx

from .aio import AsyncBursar

if TYPE_CHECKING:
    from .tokens import Bursar


class BursarAuth(httpx.Auth):
    """A request whose body can be read only once isn't sent again: its 401 is the answer."""

    def __init__(self, bursar: "Bursar", name: str) -> None:
        self._bursar = bursar
        self._name = name

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = self._bursar.token(self._name)
        response = yield _with(request, token)
        if _is_refused(request, response):
            response.read()
            yield _with(request, self._bursar.refused(self._name, token))

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        bursar = AsyncBursar(bursar=self._bursar)
        token = await bursar.token(self._name)
        response = yield _with(request, token)
        if _is_refused(request, response):
            await response.aread()
            yield _with(request, await bursar.refused(self._name, token))


def _with(request: httpx.Request, token: str) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {token}"
    return request


def _is_refused(request: httpx.Request, response: httpx.Response) -> bool:
    # After a redirect to another host the answer isn't about our token: httpx did not send it there.
    asked, answered = request.url, response.request.url
    same = (asked.scheme, asked.host, asked.port) == (answered.scheme, answered.host, answered.port)
    return response.status_code == 401 and same and isinstance(request.stream, httpx.ByteStream)
