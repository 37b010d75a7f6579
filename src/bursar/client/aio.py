"""The same for asyncio. What is in memory is given at once; a question to Bursar waits in a thread."""

import asyncio
from typing import TYPE_CHECKING, Any

from .tokens import AccessToken, Bursar

if TYPE_CHECKING:
    import httpx


class AsyncBursar:
    """Takes what `Bursar` takes, or one that is there already as `bursar`."""

    def __init__(self, *arguments: Any, bursar: Bursar | None = None, **options: Any) -> None:
        self.bursar = bursar or Bursar(*arguments, **options)

    async def token(self, name: str) -> str:
        """A valid access token. Raises BursarError."""
        return (await self.access(name)).value

    async def access(self, name: str) -> AccessToken:
        """The same with its dates."""
        found = self.bursar.kept(name)
        return found if found is not None else await asyncio.to_thread(self.bursar.access, name)

    async def refused(self, name: str, token: str) -> str:
        """A server refused this token: the one after it."""
        return await asyncio.to_thread(self.bursar.refused, name, token)

    def httpx_auth(self, name: str) -> "httpx.Auth":
        """For httpx's AsyncClient. Needs httpx."""
        return self.bursar.httpx_auth(name)
