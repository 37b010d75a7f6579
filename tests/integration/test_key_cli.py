"""`bursar key` as a person types it."""

import json
import re

from tests.conftest import Cli


def test_a_key_is_printed_alone_listed_changed_and_revoked(cli: Cli) -> None:
    """SEC-44: shown once."""
    made = cli("key", "new", "--name", "reader", "--allow", "mail-*", "--expires", "90d", check=0)
    assert re.fullmatch(r"bursar_[A-Za-z0-9_-]{43}\n", made.stdout)
    assert made.stderr == ""
    [listed] = json.loads(cli("key", "list", "--json", check=0).stdout)
    assert (listed["name"], listed["allow"], listed["verbs"]) == ("reader", ["mail-*"], ["read", "refresh"])
    assert listed["hint"] == made.stdout[:11]
    assert made.stdout.strip() not in json.dumps(listed)
    assert cli("key", "new", "--name", "reader", "--allow", "*", check=6).stdout == ""
    cli("key", "set", "reader", "--verbs", "read", "--from", "10.0.0.0/8", check=0)
    [listed] = json.loads(cli("key", "list", "--json", check=0).stdout)
    assert (listed["allow"], listed["verbs"], listed["networks"]) == (["mail-*"], ["read"], ["10.0.0.0/8"])
    assert "10.0.0.0/8" in cli("key", "show", "reader", check=0).stdout
    assert "--yes" in cli("key", "revoke", "reader", check=2).stderr
    cli("key", "revoke", "--yes", "reader", check=0)
    assert json.loads(cli("key", "list", "--json", check=0).stdout) == []
    assert "revoked" in cli("key", "list", "--revoked", check=0).stdout
    cli("key", "show", "reader", check=3)
    for wrong in (["--allow", ""], [], ["--allow", "*", "--verbs", "write"], ["--allow", "*", "--from", "here"]):
        assert cli("key", "new", "--name", "other", *wrong, check=2).stdout == ""
