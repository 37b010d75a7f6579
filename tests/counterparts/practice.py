"""A browser made of plain HTTP requests, for the pages of the practice provider."""

import json
import re
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

BILLING = "billing@practice.example"


def press(authorization_url: str, decision: str = "allow", person: str = BILLING, lifetime: int = 120) -> str:
    """Open the consent page, choose, press a button; return the address that the browser is sent back to."""
    page = _ask("GET", authorization_url)[1]
    found = re.search(r'name="request" value="([^"]+)"', page)
    assert found, page
    form = {"request": found[1], "person": person, "lifetime": str(lifetime), "decision": decision}
    target = urlsplit(authorization_url)
    return _ask("POST", f"{target.scheme}://{target.netloc}/consent", form)[2]


def withdraw(url: str) -> None:
    """Press "Withdraw all consents"."""
    found = re.search(r'name="key" value="([^"]+)"', _ask("GET", url + "/")[1])
    assert found
    assert _ask("POST", url + "/take-back", {"key": found[1], "what": "consents"})[0] == 303


def echo(url: str, token: str) -> tuple[int, dict[str, Any]]:
    """What the protected resource answers to this token."""
    status, body, _ = _ask("GET", url + "/echo", bearer=token)
    return status, json.loads(body)


def _ask(method: str, address: str, form: dict[str, str] | None = None, bearer: str = "") -> tuple[int, str, str]:
    target = urlsplit(address)
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    connection = HTTPConnection(target.netloc, timeout=10)
    try:
        path = f"{target.path}?{target.query}" if target.query else target.path
        connection.request(method, path, None if form is None else urlencode(form), headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers.get("Location", "")
    finally:
        connection.close()
