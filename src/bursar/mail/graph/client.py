"""One request to Microsoft Graph: the token on it, throttling obeyed, what it means when it fails."""

import json
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any
from urllib.parse import quote, urlsplit

from ...context import Context
from ...errors import Temporary
from ...oauth2.retry_after import seconds_until
from ...outbound import HttpAnswer
from ..connect import BYTES_A_SECOND
from ..dialogue import CommandRefused, ConnectionLost
from ..login import Credentials, Target
from . import explain

AT_ONCE = 4  # requests for one mailbox: Microsoft's limit, and so as many connections
SECONDS = 60.0
ANSWER_LIMIT = 8 << 20
LONGEST_WAIT = 120.0  # seconds that are waited within a run; a longer hint ends it
TRIES = 5
IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}


class Graph:
    """Speaks for one mailbox, over as many connections as may ask at once; `close` ends them. Threads may share it.

    Raises ConnectionLost, OutboundFailed, CommandRefused, BursarError with what a person must do.
    """

    def __init__(self, ctx: Context, target: Target, credentials: Credentials) -> None:
        self._ctx = ctx
        self._target = target
        self._credentials = credentials
        self._open = ExitStack()
        self._door = self._open.enter_context(ctx.door.keeping(AT_ONCE))
        self._lock = threading.Lock()
        self._token = credentials.secret()
        self._not_before = 0.0
        port = "" if target.port == 443 else f":{target.port}"
        self._origin = f"https://{target.host}{port}"
        self.mailbox = f"{self._origin}/v1.0/{_user(target.login)}"

    def close(self) -> None:
        """Hang up."""
        self._open.close()

    def get(self, url: str, headers: Mapping[str, str] = IMMUTABLE) -> dict[str, Any]:
        """The JSON object at an address."""
        return self.read(self.request("GET", url, headers=headers), "GET")

    def post(self, url: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON object that a POST answers with."""
        return self.read(self.request("POST", url, body), "POST")

    def request(
        self,
        method: str,
        url: str,
        body: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] = IMMUTABLE,
        size: int = 0,
        limit: int = ANSWER_LIMIT,
    ) -> HttpAnswer:
        """The answer, whatever its status but 401 and throttling. A 401 costs one renewal of the token (SEC-57)."""
        self._same_origin(url)
        data = None if body is None else json.dumps(body).encode()
        sent = {"Accept": "application/json", **headers} | ({"Content-Type": "application/json"} if data else {})
        renewed = False
        for _ in range(TRIES):
            self._wait()
            token = self._token
            sent["Authorization"] = f"Bearer {token.reveal()}"
            seconds = SECONDS + size / BYTES_A_SECOND
            answer = self._door.http(
                method, url, headers=sent, body=data, timeout=seconds, limit=limit, ca_file=self._target.ca_file or None
            )
            if answer.status == 401 and not renewed:
                renewed = True
                if (wrong := self._credentials.misdirected(self._target)) is not None:
                    raise wrong
                with self._lock:
                    if self._token is token:
                        if not self._credentials.refused():
                            break
                        self._token = self._credentials.secret()
                continue
            if answer.status == 401:
                break
            if answer.status not in (429, 503, 504):
                return answer
            self._throttled(answer)
        if answer.status == 401:
            raise explain.mailbox_refused(answer, self._target.login, self._target.reference, self._target.step)
        raise self._too_busy(answer, None)

    def refused(self, answer: HttpAnswer) -> Exception:
        """What it means that the mailbox or its folders can't be read."""
        return explain.mailbox_refused(answer, self._target.login, self._target.reference, self._target.step)

    def read(self, answer: HttpAnswer, what: str) -> dict[str, Any]:
        if not 200 <= answer.status < 300:
            raise CommandRefused(what, explain.words(answer))
        try:
            found = json.loads(answer.body)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise ConnectionLost("Microsoft Graph answered with something that is no JSON object")
        return found

    def _same_origin(self, url: str) -> None:
        """The token goes to this host alone, whatever a nextLink says."""
        if not url.startswith(f"{self._origin}/") or urlsplit(url).netloc != urlsplit(self._origin).netloc:
            raise ConnectionLost("Microsoft Graph named an address at another host for the next page")

    def _wait(self) -> None:
        left = self._not_before - self._ctx.clock.monotonic()
        if left > 0 and self._ctx.stop.wait(left):
            raise Temporary("Bursar is shutting down.", code="shutting_down")

    def _throttled(self, answer: HttpAnswer) -> None:
        wait = seconds_until(answer.headers.get("retry-after"), self._ctx.clock.now())
        wait = 5.0 if wait is None else wait
        if wait > LONGEST_WAIT:
            raise self._too_busy(answer, wait)
        with self._lock:
            self._not_before = max(self._not_before, self._ctx.clock.monotonic() + wait)

    def _too_busy(self, answer: HttpAnswer, wait: float | None) -> Temporary:
        when = f"in {wait:.0f} seconds" if wait is not None else "in a few minutes"
        return Temporary(
            f'Microsoft Graph limits how much is asked of it ("{explain.words(answer)}").',
            code="throttled",
            action=f"Fetch again {when}.",
            retry_after=wait,
        )


def _user(login: str) -> str:
    if login.lower() == "me":
        return "me"
    return login if login.startswith("users/") else f"users/{quote(login, safe='@')}"
