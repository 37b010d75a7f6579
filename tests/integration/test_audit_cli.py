"""`bursar audit` beside a running server: what was tried is listed, and a database that was meddled with is named."""

import json
import urllib.error
import urllib.request

import pytest

from tests.conftest import Cli
from tests.counterparts.home import BursarHome


@pytest.mark.counterpart
def test_what_was_refused_is_listed_and_what_was_taken_out_is_named(cli: Cli, bursar_home: BursarHome) -> None:
    """SEC-65: the database that `bursar init` makes refuses it; without its guard the chain tells."""
    serving = bursar_home.serve("--no-worker")
    assert "0 entries" in cli("audit", "verify", check=0).stdout
    for path in ("/sign-in", "/keys/stop"):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(serving.url + path, data=b"login=eve%40evil.example&password=guess")
    found = json.loads(cli("audit", "list", "--json", check=0).stdout)
    assert [(each["number"], each["action"], each["outcome"]) for each in found] == [
        (2, "keys/stop", "refused"),
        (1, "sign-in", "refused"),
    ]
    assert "guess" not in json.dumps(found)
    assert len(json.loads(cli("audit", "list", "eve@evil.example", "--json", check=0).stdout)) == 1
    for statement in ("DELETE FROM audit_event WHERE id = 2", "UPDATE audit_event SET actor = 'ada'"):
        with pytest.raises(Exception, match="only ever added to"):
            bursar_home.sql(statement)
    assert "2 entries, each as it was written" in cli("audit", "verify", check=0).stdout
    on = " ON audit_event" if bursar_home.environ.get("BURSAR_DATABASE_URL") else ""
    bursar_home.sql(f"DROP TRIGGER audit_delete{on}")
    bursar_home.sql("DELETE FROM audit_event WHERE id = 2")
    refused = cli("audit", "verify", check=6)
    assert "2: cut off" in refused.stdout
    assert "Compare with a backup" in refused.stderr
