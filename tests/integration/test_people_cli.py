"""`bursar people` as scripts call it, and the links it prints in a running server."""

import json
import re
import urllib.error
import urllib.request

import pytest

from tests.conftest import Cli
from tests.counterparts.home import BursarHome


def roles(cli: Cli) -> dict[str, tuple[str, bool]]:
    found = json.loads(cli("people", "list", "--json", check=0).stdout)
    return {each["email"]: (each["role"], each["may_sign_in"]) for each in found}


def add(cli: Cli, email: str) -> None:
    options = ("--role", "admin", "--password-file", "-")
    cli("people", "add", email, *options, input="a long enough sentence", check=0)


@pytest.mark.counterpart
def test_people_come_by_a_link_change_and_go(cli: Cli, bursar_home: BursarHome) -> None:
    """SEC-36, SEC-42: the link is good in the server beside; the last administrator stays, with an exit code."""
    cli(
        "people",
        "add",
        "jana@kestrel.example",
        "--role",
        "admin",
        "--password-file",
        "-",
        input="a long sentence here",
        check=0,
    )
    serving = bursar_home.serve("--no-worker")
    link = cli("people", "invite", "ada@kestrel.example", "--role", "auditor", "--name", "Ada", check=0).stdout.strip()
    assert re.fullmatch(rf"{serving.url}/join/[\w-]{{43}}", link)
    with urllib.request.urlopen(link) as page:
        assert "You sign in as ada@kestrel.example" in page.read().decode()
    assert "withdrawn" in cli("people", "withdraw", "ada@kestrel.example", check=0).stdout
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(link)
    for command in (("disable", "jana@kestrel.example"), ("role", "jana@kestrel.example", "auditor")):
        assert "last administrator" in cli("people", *command, check=6).stderr
    cli(
        "people",
        "add",
        "tom@kestrel.example",
        "--role",
        "admin",
        "--password-file",
        "-",
        input="another long sentence",
        check=0,
    )
    cli("people", "role", "jana@kestrel.example", "auditor", check=0)
    cli("people", "disable", "jana@kestrel.example", check=0)
    assert roles(cli) == {"jana@kestrel.example": ("auditor", False), "tom@kestrel.example": ("admin", True)}
    cli("people", "password-link", "jana@kestrel.example", check=6)
    cli("people", "enable", "jana@kestrel.example", check=0)
    assert "/join/" in cli("people", "password-link", "jana@kestrel.example", check=0).stdout
    cli("people", "end-sessions", "jana@kestrel.example", check=0)
    cli("people", "delete", "jana@kestrel.example", check=2)
    cli("people", "delete", "jana@kestrel.example", "--yes", check=0)
    assert list(roles(cli)) == ["tom@kestrel.example"]
    cli("people", "disable", "eve@evil.example", check=3)
