"""The certified `oidc-provider` as a process, its control port, and a browser made of plain HTTP requests."""

import json
import os
import shutil
import signal
import subprocess
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from .processes import INSTALLED, directory, remove, wait_until

HERE = Path(__file__).parent / "oidc-provider"


class OidcProvider:
    """Runs until close(). Its clients are in server.mjs, from code-post to machine-basic."""

    def __init__(self) -> None:
        self.directory = directory("oidc")
        for script in HERE.glob("*.mjs"):
            shutil.copy(script, self.directory)
        (self.directory / "package.json").write_text('{"type": "module"}')
        (self.directory / "node_modules").symlink_to(INSTALLED / "oidc-provider" / "node_modules")
        self._process: subprocess.Popen[bytes] | None = None
        self.issuer = self.control_url = ""
        self.start()

    def start(self) -> None:
        """Start, on the port of before where there was one. All tokens are forgotten: its store is memory."""
        ready = self.directory / "ready"
        ready.unlink(missing_ok=True)
        environ = {**os.environ, "READY": str(ready), "NODE_ENV": "production"}
        if self.issuer:
            environ["PORT"] = str(urlsplit(self.issuer).port)
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [node(), "server.mjs"], cwd=self.directory, env=environ, stdin=subprocess.PIPE, stdout=log, stderr=log
            )
        wait_until(lambda: ready.exists() or self._ended(), "oidc-provider's start")
        if self._ended():
            raise RuntimeError(f"oidc-provider ended: {self.log()}")
        told = json.loads(ready.read_text())
        self.issuer, self.control_url = told["issuer"], told["control"]

    def stop(self) -> None:
        """End the process; start() brings it back."""
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait(10)
            self._process = None

    def close(self) -> None:
        """End for good, and remove its files."""
        self.stop()
        remove(self.directory)

    @property
    def running(self) -> bool:
        return not self._ended()

    def pause(self) -> None:
        """Stop answering without closing anything; go_on() ends it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def log(self) -> str:
        return (self.directory / "log").read_text()

    @property
    def authorization_url(self) -> str:
        return self.issuer + "/auth"

    @property
    def token_url(self) -> str:
        return self.issuer + "/token"

    @property
    def revocation_url(self) -> str:
        return self.issuer + "/token/revocation"

    @property
    def introspection_url(self) -> str:
        return self.issuer + "/token/introspection"

    @property
    def userinfo_url(self) -> str:
        return self.issuer + "/me"

    @property
    def resource_url(self) -> str:
        """A protected resource that echoes requests, for whatever is below this address."""
        return self.issuer + "/resource"

    def lifetimes(self, *, access: int | None = None, refresh: int | None = None) -> None:
        """How many seconds tokens issued from now on live."""
        asked = {"access": access, "refresh": refresh}
        self._control("POST", "/lifetimes", {k: v for k, v in asked.items() if v is not None})

    def delay(self, seconds: float) -> None:
        """Let every answer of the token endpoint wait."""
        self._control("POST", "/delay", {"milliseconds": round(seconds * 1000)})

    def end_access_tokens(self) -> None:
        """All access tokens end now, without the client's knowing; refresh tokens stay."""
        self._control("POST", "/end-access-tokens")

    def withdraw(self, login: str) -> None:
        """As if this account had withdrawn its consent: every token of it is gone."""
        self._control("POST", "/withdraw", {"login": login})

    def reset(self) -> None:
        """Forget tokens, sessions and counts; lifetimes and delay as at the start."""
        self._control("POST", "/reset")

    def counts(self) -> dict[str, Any]:
        """`asked`, `granted` and `refused` by grant type, and how many refresh and access tokens are alive."""
        found: dict[str, Any] = self._control("GET", "/counts")
        return found

    @property
    def refreshes(self) -> int:
        """How often a refresh token was redeemed with success."""
        return int(self.counts()["granted"].get("refresh_token", 0))

    def sign_in(self, authorization_url: str, login: str = "support@bursar.test", decision: str = "allow") -> str:
        """Go through sign-in and consent as a browser without a session; return the address it is sent back to."""
        cookies: dict[str, str] = {}
        address, form = authorization_url, None
        for _ in range(8):
            status, location, page = _visit(address, cookies, form)
            form = None
            if location:
                address = urljoin(address, location)
                if not address.startswith(self.issuer + "/"):
                    return address
            elif status == 200 and "/interaction/" in address:
                form = {"login": login, "decision": decision}
            else:
                raise AssertionError(f"the provider answered {status} to {address}: {page[:2000]}")
        raise AssertionError(f"no way back to the client, last at {address}")

    def _control(self, method: str, path: str, body: Any = None) -> Any:
        connection = HTTPConnection(urlsplit(self.control_url).netloc, timeout=10)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            told = json.loads(answer.read())
            assert answer.status == 200, told
            return told
        finally:
            connection.close()

    def _ended(self) -> bool:
        return self._process is None or self._process.poll() is not None


def node() -> str:
    """Node 20 or later: the one that the set-up put here because the machine's is older, else the machine's."""
    own = INSTALLED / "node" / "node_modules" / "node" / "bin" / "node"
    return str(own) if own.exists() else "node"


def _visit(address: str, cookies: dict[str, str], form: dict[str, str] | None) -> tuple[int, str, str]:
    target = urlsplit(address)
    connection = HTTPConnection(target.netloc, timeout=15)
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    try:
        path = f"{target.path}?{target.query}" if target.query else target.path
        if form is None:
            connection.request("GET", path, headers=headers)
        else:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request("POST", path, urlencode(form), headers)
        answer = connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie", []):
            name, _, value = line.partition(";")[0].partition("=")
            cookies[name] = value
        return answer.status, answer.headers.get("Location", ""), answer.read().decode()
    finally:
        connection.close()
