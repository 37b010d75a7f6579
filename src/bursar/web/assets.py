"""The static door: a bare ASGI application that serves the vendored files from memory, in front of Django.

Every file has an ETag and an address with the hash of its content, so that browsers keep it for a year and still see
a new version at once. Tabler's sheet and ours are one file: the first paint then needs none of Tabler's `data:`
images, which the policy forbids.
"""

import gzip
import hashlib
import re
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

ROOT = Path(__file__).parent / "static"
PREFIX = "/static/"
FIRST = ("vendor/tabler.min.css", "css/tokens.css", "css/frame.css", "css/parts.css")
LAST = ("css/narrow.css",)
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
}
_REFERENCE = re.compile(r"url\(\"?(?P<path>/static/[a-z0-9./-]+)\"?\)")


@dataclass(frozen=True)
class Asset:
    """One file: what is sent, and how it is known."""

    content: bytes
    media_type: str

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()[:16]

    @cached_property
    def squeezed(self) -> bytes | None:
        """Gzip, where that saves anything; made when it is first asked for."""
        return None if self.media_type == "font/woff2" else gzip.compress(self.content, 6, mtime=0)


@cache
def assets() -> dict[str, Asset]:
    """Every file by its name below `/static/`; `bursar.css` is the sheets in one."""
    found = {name: Asset(file.read_bytes(), TYPES[file.suffix]) for name, file in _files() if file.suffix != ".css"}
    text = "\n".join((ROOT / sheet).read_text("utf-8") for sheet in sheets())
    text = _REFERENCE.sub(lambda match: f'url("{_versioned(match["path"], found)}")', text)
    found["bursar.css"] = Asset(text.encode(), TYPES[".css"])
    return found


def sheets() -> list[str]:
    """The sheets in their order: what others build on first, a sheet for each page, what narrows all of them last."""
    between = sorted(f"css/{file.name}" for file in (ROOT / "css").glob("*.css"))
    return [*FIRST, *(sheet for sheet in between if sheet not in FIRST + LAST), *LAST]


def address(name: str) -> str:
    """The address of a file, with the hash of its content. Raises KeyError for a name that isn't there."""
    return _versioned(PREFIX + name, assets())


def _files() -> Iterator[tuple[str, Path]]:
    for file in sorted(ROOT.rglob("*")):
        if file.is_file():
            yield file.relative_to(ROOT).as_posix(), file


def _versioned(path: str, found: dict[str, Asset]) -> str:
    return f"{path}?v={found[path.removeprefix(PREFIX)].digest}"


class Assets:
    """Answers below `/static/` itself, and hands everything else on."""

    def __init__(self, application: Application) -> None:
        self._application = application
        assets()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not (path.startswith(PREFIX) or path == "/favicon.ico"):
            await self._application(scope, receive, send)
            return
        name = "favicon.svg" if path == "/favicon.ico" else path.removeprefix(PREFIX)
        status, headers, body = self._answer(scope, assets().get(name))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _answer(self, scope: Scope, asset: Asset | None) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        common = [
            (b"x-content-type-options", b"nosniff"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
        ]
        if scope["method"] not in ("GET", "HEAD"):
            return 405, [*common, (b"allow", b"GET, HEAD"), (b"content-length", b"0")], b""
        if asset is None:
            return 404, [*common, (b"content-length", b"0")], b""
        asked: dict[bytes, bytes] = dict(scope["headers"])
        digest = asset.digest.encode()
        current = scope.get("query_string", b"") == b"v=" + digest
        kept = b"public, max-age=31536000, immutable" if current else b"no-cache"
        common += [(b"etag", b'"' + digest + b'"'), (b"cache-control", kept), (b"vary", b"accept-encoding")]
        if digest in asked.get(b"if-none-match", b""):
            return 304, common, b""
        body = asset.content
        if b"gzip" in asked.get(b"accept-encoding", b"") and asset.squeezed is not None:
            body = asset.squeezed
            common.append((b"content-encoding", b"gzip"))
        common += [(b"content-type", asset.media_type.encode()), (b"content-length", str(len(body)).encode())]
        return 200, common, body
