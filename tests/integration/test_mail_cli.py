"""`bursar mail` as a script sees it: output, JSON and exit codes."""

import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from bursar.testing import FakeProvider, RegisteredClient
from tests.counterparts.dovecot import Dovecot, Introspecting, message
from tests.counterparts.home import BursarHome
from tests.integration.documents import as_yaml, consent_document, credentials_document

pytestmark = pytest.mark.counterpart

USER = "support@bursar.test"


@pytest.fixture
def home(bursar_home: BursarHome, provider: FakeProvider) -> BursarHome:
    """A home with three configurations: one that works, one that awaits its consent, one that isn't valid."""
    provider.register(RegisteredClient("collector", "secret", email=USER))
    invalid = credentials_document("Retired", provider, "collector", "secret")
    invalid["ValidID"] = 2
    document = as_yaml(
        credentials_document("Mailboxes", provider, "collector", "secret"),
        consent_document("Sales", provider, "client", "secret"),
        invalid,
    )
    bursar_home.cli("config", "import", "-", input=document, check=0)
    bursar_home.cli("setting", "set", "Outbound::AllowedNetworks", "127.0.0.0/8,::1,localhost", check=0)
    return bursar_home


@pytest.fixture
def mailserver(provider: FakeProvider, start_dovecot: Callable[[Introspecting], Dovecot]) -> Dovecot:
    return start_dovecot(provider)


def add(home: BursarHome, maildir: Path, check: int = 0, **options: str) -> str:
    usual = {
        "name": "Support",
        "type": "IMAP",
        "host": "localhost",
        "login": USER,
        "token": "Mailboxes",
        "deliver": f"maildir:{maildir}",
    }
    words = [word for key, value in (usual | options).items() for word in (f"--{key}", value)]
    return home.cli("mail", "add", *words, check=check).stderr


def test_an_account_is_added_listed_fetched_tested_and_deleted(
    home: BursarHome, mailserver: Dovecot, tmp_path: Path
) -> None:
    sent = [message(number) for number in range(5)]
    mailserver.deliver(USER, sent)
    add(home, tmp_path / "mail", port=str(mailserver.imaps), type="IMAPS", ca=str(mailserver.ca))

    (listed,) = json.loads(home.cli("mail", "list", "--json", check=0).stdout)
    assert listed.pop("created_at").endswith("Z")
    assert listed.pop("next_run_at").endswith("Z")
    assert listed == {
        "name": "Support",
        "type": "IMAPS",
        "host": "localhost",
        "port": mailserver.imaps,
        "login": USER,
        "token": "Mailboxes",
        "folder": "INBOX",
        "ca": str(mailserver.ca),
        "after": "delete",
        "deliver": f"maildir:{tmp_path / 'mail'}",
        "validity": "valid",
        "authentication": "token",
        "trusted": False,
        "recipients": {},
        "interval": "5m",
        "comment": "",
        "held": False,
    }
    assert "5 messages" in home.cli("mail", "test", "Support", check=0).stdout

    fetched = home.cli("mail", "fetch", "--json", check=0)
    assert json.loads(fetched.stdout) == [
        {"name": "Support", "fetched": 5, "delivered": 5, "skipped": 0, "error": None}
    ]
    assert sorted(path.read_bytes() for path in (tmp_path / "mail" / "new").iterdir()) == sorted(sent)
    assert mailserver.count(USER) == 0
    again = home.cli("mail", "fetch", "Support", check=0)
    assert again.stdout == "Support: 0 fetched, 0 delivered, 0 skipped\n"

    refused = home.cli("config", "delete", "Mailboxes", check=6)
    assert "Support" in refused.stderr
    home.cli("mail", "delete", "Support", check=2)
    home.cli("mail", "delete", "Support", "--yes", check=0)
    assert json.loads(home.cli("mail", "list", "--json", check=0).stdout) == []
    home.cli("config", "delete", "Mailboxes", "--yes", check=0)


def test_fetch_tries_every_account_and_says_by_its_exit_code_who_must_act(
    home: BursarHome, mailserver: Dovecot, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        closed = str(nobody.getsockname()[1])
    port = str(mailserver.imap)
    add(home, tmp_path / "a", name="A works", port=port)
    assert home.cli("mail", "fetch").returncode == 0
    add(home, tmp_path / "b", name="B is down", port=closed)
    down = home.cli("mail", "fetch", check=5)
    assert down.stdout.splitlines()[0] == "A works: 0 fetched, 0 delivered, 0 skipped"
    assert down.stdout.splitlines()[1].startswith("B is down: 0 fetched, 0 delivered, 0 skipped; ")
    add(home, tmp_path / "c", name="C needs a person", port=port, token="Sales")
    person = json.loads(home.cli("mail", "fetch", "--json", check=4).stdout)
    assert [entry["name"] for entry in person] == ["A works", "B is down", "C needs a person"]
    assert person[0]["error"] is None
    assert set(person[2]["error"]) == {"code", "sentence", "action"}
    assert home.cli("mail", "fetch", "A works").returncode == 0
    assert home.cli("mail", "fetch", "B is down").returncode == 5
    home.cli("mail", "fetch", "nobody", check=3)


def test_labels_are_made_by_adding_an_account(home: BursarHome, tmp_path: Path) -> None:
    add(home, tmp_path / "mail", token="Sales#returns")
    tokens = json.loads(home.cli("token", "list", "--json", check=0).stdout)
    assert ("Sales", "returns") in {(token["name"], token["label"]) for token in tokens}


def test_plain_imap_elsewhere_exits_6_and_sends_nothing(home: BursarHome, tmp_path: Path) -> None:
    """SEC-55."""
    add(home, tmp_path / "mail", host="192.0.2.1")
    assert "without encryption" in home.cli("mail", "fetch", check=6).stdout
    assert "without encryption" in home.cli("mail", "test", "Support", check=6).stdout


def test_loopback_that_was_not_admitted_exits_6_with_the_command_that_admits_it(
    home: BursarHome, tmp_path: Path
) -> None:
    home.cli("setting", "set", "Outbound::AllowedNetworks", "10.1.2.3", check=0)
    add(home, tmp_path / "mail", host="127.0.0.1")
    said = home.cli("mail", "fetch", check=6).stdout
    assert "bursar setting set Outbound::AllowedNetworks '10.1.2.3,127.0.0.1'" in said


def test_what_can_not_be_added_exits_by_the_rule(home: BursarHome, tmp_path: Path) -> None:
    add(home, tmp_path / "mail", name="Taken")
    for exit_code, options in (
        (2, {"type": "POP4"}),
        (2, {"type": "POP3", "after": "seen"}),
        (2, {"auth": "password"}),
        (2, {"interval": "1s"}),
        (2, {"after": "burn"}),
        (2, {"deliver": "maildir:relative"}),
        (2, {"deliver": "lmtp:localhost"}),
        (2, {"port": "0"}),
        (2, {"login": "a\nb"}),
        (3, {"token": "Nobody"}),
        (3, {"token": "Nobody#label"}),
        (6, {"token": "Retired"}),
        (6, {"token": "Retired#label"}),
        (6, {"name": "Taken"}),
    ):
        add(home, tmp_path / "mail", exit_code, **options)
    assert len(json.loads(home.cli("mail", "list", "--json", check=0).stdout)) == 1


def test_the_defaults_are_imaps_port_993_inbox_and_delete(home: BursarHome, tmp_path: Path) -> None:
    words = ["--name", "S", "--host", "h.example", "--login", USER, "--token", "Mailboxes"]
    home.cli("mail", "add", *words, "--deliver", f"maildir:{tmp_path}", check=0)
    (listed,) = json.loads(home.cli("mail", "list", "--json", check=0).stdout)
    assert [listed[key] for key in ("type", "port", "folder", "after", "ca")] == ["IMAPS", 993, "INBOX", "delete", None]


def test_the_host_comes_from_the_template_where_it_knows_one(home: BursarHome, tmp_path: Path) -> None:
    home.cli("config", "add", "--template", "google-mail", "--name", "G", "--set", "ClientID=1", check=0)
    words = ["--name", "S", "--login", USER, "--deliver", f"maildir:{tmp_path}"]
    home.cli("mail", "add", *words, "--token", "G", check=0)
    (listed,) = json.loads(home.cli("mail", "list", "--json", check=0).stdout)
    assert listed["host"] == "imap.gmail.com"
    assert "--host" in home.cli("mail", "add", *words, "--token", "Mailboxes", check=2).stderr


def test_testing_an_account_stops_at_the_step_that_fails(home: BursarHome, mailserver: Dovecot, tmp_path: Path) -> None:
    port = str(mailserver.imap)
    add(home, tmp_path / "a", name="folder", port=port, folder="Nowhere")
    add(home, tmp_path / "b", name="consent", port=port, token="Sales")
    add(home, tmp_path / "c", name="tls", port=str(mailserver.imaps), type="IMAPS")
    for name, step, exit_code in (("folder", "folder", 4), ("consent", "token", 4), ("tls", "TLS", 5)):
        steps = json.loads(home.cli("mail", "test", name, "--json", check=exit_code).stdout)
        assert [entry["step"] for entry in steps if not entry["ok"]] == [step]
        assert steps[-1]["error"]["sentence"]
    home.cli("mail", "test", "nobody", check=3)
