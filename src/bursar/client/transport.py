"""The two ways to Bursar: HTTP with a key, and the socket on the same machine. Each gives the answer's members."""

import http.client
import json
import math
import os
import socket
import ssl
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from .errors import BursarError, NotPermitted, PersonMustAct, Temporary

LONGEST_ANSWER = 1_000_000


class Transport(Protocol):
    """`get` and `refresh` give access_token, token_type, expires_in, expires_at and scope. They raise BursarError."""

    def get(self, name: str, min_ttl: float) -> dict[str, Any]: ...

    def refresh(self, name: str, rejected_sha256: str) -> dict[str, Any]: ...


class HttpTransport:
    """One connection a question; redirects and the proxies of the environment are not followed."""

    def __init__(self, url: str, key: str, timeout: float, context: ssl.SSLContext | None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("the address of Bursar is http(s)://host[:port], or the path of its socket")
        self._base = parts.path.rstrip("/")
        self._host, self._port = parts.hostname, parts.port
        self._timeout = timeout
        self._context = (context or ssl.create_default_context()) if parts.scheme == "https" else None
        self._headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}

    def get(self, name: str, min_ttl: float) -> dict[str, Any]:
        query = f"?min_ttl={math.ceil(min_ttl)}" if min_ttl else ""
        return self._ask("GET", f"/api/v1/tokens/{quote(name, safe='')}{query}", None)

    def refresh(self, name: str, rejected_sha256: str) -> dict[str, Any]:
        body = json.dumps({"rejected_sha256": rejected_sha256})
        return self._ask("POST", f"/api/v1/tokens/{quote(name, safe='')}/refresh", body)

    def _ask(self, method: str, path: str, body: str | None) -> dict[str, Any]:
        connection: http.client.HTTPConnection
        if self._context is None:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        else:
            connection = http.client.HTTPSConnection(
                self._host, self._port, timeout=self._timeout, context=self._context
            )
        try:
            connection.request(method, self._base + path, body, self._headers)
            answer = connection.getresponse()
            content = answer.read(LONGEST_ANSWER)
        except (OSError, http.client.HTTPException) as problem:
            raise Temporary(
                f"Bursar at {self._host} can't be reached ({type(problem).__name__}).", code="unreachable"
            ) from problem
        finally:
            connection.close()
        told = _read(content)
        if answer.status == 200:
            return told
        raise _error(answer.status, told, answer.headers.get("Retry-After"))


class SocketTransport:
    """`$BURSAR_HOME/bursar.sock`: who may ask is who may open it; no key."""

    def __init__(self, path: str, timeout: float) -> None:
        self._path = path
        self._timeout = timeout

    def get(self, name: str, min_ttl: float) -> dict[str, Any]:
        return self._ask("--json", f"--min-ttl={min_ttl}", "--", name)

    def refresh(self, name: str, rejected_sha256: str) -> dict[str, Any]:
        return self._ask("--json", f"--rejected={rejected_sha256}", "--", name)

    def _ask(self, *words: str) -> dict[str, Any]:
        if any("\0" in word or not word for word in words):
            raise NotPermitted("There is no token of this name.", code="not_found")
        question = b"".join(os.fsencode(word) + b"\0" for word in words) + b"\0"
        parts = []
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(self._timeout)
                connection.connect(self._path)
                connection.sendall(question)
                while part := connection.recv(65536):
                    parts.append(part)
        except OSError as problem:
            raise Temporary(
                f"Bursar at {self._path} can't be reached ({type(problem).__name__}).",
                code="unreachable",
                action="Start `bursar serve`.",
            ) from problem
        head, _, rest = b"".join(parts).partition(b"\n")
        code, _, length = head.partition(b" ")
        if not (code.isdigit() and length.isdigit()):
            raise Temporary("Bursar's answer can't be read.", code="unreadable")
        if int(code) == 0:
            return _read(rest[: int(length)])
        raise _said(int(code), rest[int(length) :].decode(errors="replace").removeprefix("bursar: ").strip())


def _read(content: bytes) -> dict[str, Any]:
    try:
        told = json.loads(content)
    except ValueError:
        told = None
    return told if isinstance(told, dict) else {}


def _error(status: int, told: dict[str, Any], retry_after: str | None) -> BursarError:
    code = str(told.get("code") or f"http_{status}")
    sentence = str(told.get("detail") or f"Bursar answers {status}.")
    action = str(told.get("action") or "")
    if status in (400, 401, 403, 404, 422):
        return NotPermitted(sentence, code=code, action=action)
    if status == 409:
        return PersonMustAct(sentence, code=code, action=action)
    wait = float(retry_after) if retry_after is not None and retry_after.isdigit() else None
    return Temporary(sentence, code=code, action=action, retry_after=wait)


def _said(exit_code: int, sentence: str) -> BursarError:
    """By the exit codes of `bursar token get`."""
    match exit_code:
        case 2 | 3:
            return NotPermitted(sentence, code="not_found")
        case 4 | 6:
            return PersonMustAct(sentence, code="person_must_act")
        case _:
            return Temporary(sentence, code="temporary")
