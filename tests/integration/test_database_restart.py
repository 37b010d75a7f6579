"""PostgreSQL is restarted under a running process: what asks next finds its way back by itself (SEC-68)."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bursar.testing import FakeProvider
from tests.counterparts.home import BursarHome
from tests.counterparts.postgres import Postgres
from tests.integration.documents import as_yaml, credentials_document

NAME = "ERP connector"

pytestmark = pytest.mark.counterpart


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["in order", "like a crash"])
def test_fifty_callers_get_their_token_after_a_restart(
    tmp_path: Path, postgres_server: Postgres, postgres_url: str, provider: FakeProvider, how: signal.Signals
) -> None:
    home = BursarHome(tmp_path / "home", postgres_url)
    home.cli("init", check=0)
    home.cli("setting", "set", "Outbound::AllowedNetworks", "127.0.0.1", check=0)
    document = as_yaml(credentials_document(NAME, provider, "client", "secret"))
    home.cli("config", "import", "-", input=document, check=0)
    worker = Path(__file__).with_name("race_worker.py")
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, str(worker), NAME], env=home.environ, stdin=pipe, stdout=pipe, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
        for _ in range(2):
            process.stdin.write("go\n")
            process.stdin.flush()
            [answer] = json.loads(process.stdout.readline()).items()
            assert answer[1] == 50
            assert not answer[0].startswith("refused")
            postgres_server.stop(how)
            postgres_server.start()
            # Both reading and writing have to find the server again.
            home.sql("UPDATE tokens_token SET issued_at = 1000000, expires_at = 2000000")
    home.close()
