"""Two doors of two processes before one database: what is ended by one command counts for both at once."""

import http.client
import json
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import quote

import pytest

from tests.counterparts.home import BursarHome
from tests.counterparts.oidc import OidcProvider
from tests.counterparts.processes import answers, free_port, wait_until
from tests.integration.documents import as_yaml, credentials_document

pytestmark = pytest.mark.counterpart

NAME = "ERP connector"


class Doors:
    """`bursar serve` and `bursar door` on one home; `ask` asks each of them."""

    def __init__(self, home: BursarHome, stack: ExitStack) -> None:
        self.home = home
        alone = free_port()
        process = stack.enter_context(home.start("door", "--listen", f"127.0.0.1:{alone}"))
        stack.callback(process.terminate)
        self.ports = (home.serve("--no-worker").port, alone)
        wait_until(lambda: answers(alone) or process.poll() is not None, "the door's start")

    def ask(self, key: str, name: str = NAME) -> list[tuple[int, str]]:
        """Status, and the token or the problem's code, from each door."""
        found = []
        for port in self.ports:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request(
                "GET", "/api/v1/tokens/" + quote(name, safe=""), headers={"Authorization": f"Bearer {key}"}
            )
            answer = connection.getresponse()
            told = json.loads(answer.read())
            found.append((answer.status, told.get("code") or told["access_token"]))
            connection.close()
        return found


@pytest.fixture
def doors(bursar_home: BursarHome, oidc_provider: OidcProvider) -> Iterator[Doors]:
    document = as_yaml(credentials_document(NAME, oidc_provider, "machine", "machine-secret"))
    bursar_home.cli("setting", "set", "Outbound::AllowedNetworks", "127.0.0.1", check=0)
    bursar_home.cli("config", "import", "-", input=document, check=0)
    with ExitStack() as stack:
        yield Doors(bursar_home, stack)


def test_what_one_command_ends_no_process_hands_out_any_more(doors: Doors, oidc_provider: OidcProvider) -> None:
    """SEC-44, SEC-47: a key, a configuration and a token, each ended by the command line between two requests."""
    cli = doors.home.cli
    key = cli("key", "new", "--name", "one", "--allow", "*", check=0).stdout.strip()
    [(status, token), second] = doors.ask(key)
    assert (status, second) == (200, (200, token)), token
    assert oidc_provider.counts()["granted"]["client_credentials"] == 1

    cli("key", "set", "one", "--allow", "mail-*", check=0)
    assert doors.ask(key) == [(404, "not_found")] * 2
    cli("key", "set", "one", "--allow", "*", check=0)
    assert doors.ask(key) == [(200, token)] * 2
    cli("config", "set", NAME, "Validity=invalid", check=0)
    assert doors.ask(key) == [(409, "configuration_invalid")] * 2
    cli("config", "set", NAME, "Validity=valid", check=0)
    assert doors.ask(key) == [(200, token)] * 2
    cli("token", "request", NAME, check=0)
    [(_, newer), other] = doors.ask(key)
    assert newer != token
    assert other == (200, newer)
    cli("token", "revoke", NAME, check=0)
    assert doors.ask(key) == [(409, "revoked")] * 2
    cli("token", "request", NAME, check=0)
    assert [status for status, _ in doors.ask(key)] == [200, 200]
    assert "--yes" in cli("token", "revoke", "--all", check=2).stderr
    assert "Revoked: 1 token" in cli("token", "revoke", "--all", "--yes", check=0).stderr
    assert doors.ask(key) == [(409, "revoked")] * 2
    cli("key", "revoke", "--yes", "one", check=0)
    assert doors.ask(key) == [(401, "unauthorized")] * 2

    def used() -> int:
        return sum(row[0] for row in doors.home.sql("SELECT count FROM handout_use WHERE kind = 'key'"))

    wait_until(lambda: used() == 10, "the record of ten hand-outs")
