"""`Bursar`: valid access tokens by name, kept in memory until shortly before they end. Threads may share one."""

import hashlib
import os
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .errors import Temporary
from .transport import HttpTransport, SocketTransport, Transport

if TYPE_CHECKING:
    import httpx
    import requests.auth

    from .mail import Session

DEFAULT_SOCKET = "~/.local/share/bursar/bursar.sock"


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token with its dates; `value` stays out of its repr. `expires_in` was the rest of its life when it came."""

    value: str = field(repr=False)
    token_type: str
    expires_in: float
    expires_at: datetime | None
    scope: str | None


@dataclass(slots=True)
class _Kept:
    token: AccessToken
    fresh_until: float
    ends_at: float


class Bursar:
    """`where` is the address of Bursar (http or https) or the path of its socket, `key` the API key for the former.

    Left out, they come from BURSAR_URL and BURSAR_API_KEY, else the socket in BURSAR_HOME is used. A token that
    lives for `min_ttl` seconds more is given from memory. `timeout` in seconds is for one question; a question may
    wait for a provider. `clock` is a count of seconds, for tests. Raises ValueError for an address that is none.
    """

    def __init__(
        self,
        where: str | os.PathLike[str] | None = None,
        key: str | None = None,
        *,
        min_ttl: float = 60.0,
        timeout: float = 60.0,
        ssl_context: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = _transport(where, key, timeout, ssl_context)
        self._min_ttl = min_ttl
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def token(self, name: str) -> str:
        """A valid access token of NAME or NAME#LABEL. Raises BursarError."""
        return self.access(name).value

    def access(self, name: str) -> AccessToken:
        """The same with its dates. Several threads that ask for one name ask Bursar once."""
        if (found := self.kept(name)) is not None:
            return found
        with self._lock_of(name):
            kept = self._kept.get(name)
            now = self._clock()
            if kept is not None and now < kept.fresh_until:
                return kept.token
            try:
                return self._keep(name, self._transport.get(name, self._min_ttl), now)
            except Temporary:
                if kept is not None and now < kept.ends_at:
                    return kept.token  # Bursar can't be reached, and this one is still good
                self._kept.pop(name, None)
                raise
            except Exception:
                self._kept.pop(name, None)
                raise

    def kept(self, name: str) -> AccessToken | None:
        """The token in memory where it is fresh; asks nobody."""
        kept = self._kept.get(name)
        return kept.token if kept is not None and self._clock() < kept.fresh_until else None

    def refused(self, name: str, token: str) -> str:
        """A server refused this token: the one after it. Asked once, Bursar asks the provider for a new one."""
        with self._lock_of(name):
            kept = self._kept.get(name)
            if kept is not None and kept.token.value != token and self._clock() < kept.ends_at:
                return kept.token.value  # another thread has reported it already
            self._kept.pop(name, None)
            now = self._clock()
            digest = hashlib.sha256(token.encode()).hexdigest()
            return self._keep(name, self._transport.refresh(name, digest), now).value

    def forget(self, name: str | None = None) -> None:
        """Forget what is in memory, of one name or of all."""
        if name is None:
            self._kept.clear()
        else:
            self._kept.pop(name, None)

    def httpx_auth(self, name: str) -> "httpx.Auth":
        """For `httpx.get(url, auth=…)` and httpx's clients, asyncio's too. Needs httpx."""
        from .httpx_auth import BursarAuth

        return BursarAuth(self, name)

    def requests_auth(self, name: str) -> "requests.auth.AuthBase":
        """For `requests.get(url, auth=…)` and sessions. Needs requests."""
        from .requests_auth import BursarAuth

        return BursarAuth(self, name)

    def log_in(self, session: "Session", user: str, name: str) -> None:
        """Log in to IMAP, POP3 or SMTP by XOAUTH2; `session` is one of imaplib, poplib or smtplib, connected, with TLS.

        Where the server refuses the token, one new one is asked for and tried. Raises what the library raises for a
        refused login, BursarError where there is no token, ValueError for a user with control characters.
        """
        from .mail import log_in

        log_in(self, session, user, name)

    def _lock_of(self, name: str) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(name, threading.Lock())

    def _keep(self, name: str, told: dict[str, Any], asked_at: float) -> AccessToken:
        try:
            token = _token(told)
        except (KeyError, TypeError, ValueError):
            raise Temporary("Bursar's answer can't be read.", code="unreadable") from None
        ends_at = asked_at + token.expires_in
        # Where the provider gives no longer life, half of what is left is as good as it gets.
        fresh_until = max(ends_at - self._min_ttl, asked_at + token.expires_in / 2)
        self._kept[name] = _Kept(token, min(fresh_until, ends_at), ends_at)
        return token


def _token(told: dict[str, Any]) -> AccessToken:
    ends = told.get("expires_at")
    return AccessToken(
        value=str(told["access_token"]),
        token_type=str(told.get("token_type") or "Bearer"),
        expires_in=float(told["expires_in"]),
        expires_at=datetime.fromisoformat(ends) if isinstance(ends, str) else None,
        scope=told.get("scope"),
    )


def _transport(
    where: str | os.PathLike[str] | None, key: str | None, timeout: float, context: ssl.SSLContext | None
) -> Transport:
    if where is None:
        home = os.environ.get("BURSAR_HOME")
        where = os.environ.get("BURSAR_URL") or (f"{home}/bursar.sock" if home else DEFAULT_SOCKET)
    address = os.fspath(where)
    if address.startswith(("http://", "https://")):
        key = key or os.environ.get("BURSAR_API_KEY")
        if not key:
            raise ValueError("an API key is needed for http(s): give it, or set BURSAR_API_KEY")
        return HttpTransport(address, key, timeout, context)
    return SocketTransport(os.path.expanduser(address), timeout)
