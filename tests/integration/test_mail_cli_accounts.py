"""`bursar mail add|set|show|log|export|import` as a script sees them: all fields, both ways of logging in."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bursar.testing import FakeProvider
from tests.counterparts.dovecot import PASSWORD, Dovecot, Introspecting, message
from tests.counterparts.home import BursarHome
from tests.integration.test_mail_cli import USER, add, home

__all__ = ["home"]

pytestmark = pytest.mark.counterpart


@pytest.fixture
def password_file(tmp_path: Path) -> str:
    (tmp_path / "password").write_text(PASSWORD + "\n")
    return str(tmp_path / "password")


def shown(home: BursarHome, name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(home.cli("mail", "show", name, "--json", check=0).stdout)
    return found


def test_an_account_with_every_field_travels_as_yaml(home: BursarHome, tmp_path: Path, password_file: str) -> None:
    """SEC-62: one whose token would go where nobody has confirmed it is held until it is confirmed."""
    table = tmp_path / "table"
    table.write_text(
        f"# who gets what\nSales@bursar.test maildir:{tmp_path}/sales\n\nb@bursar.test maildir:{tmp_path}/b\n"
    )
    words = ["--name", "Old", "--type", "POP3S", "--host", "pop.example.org", "--login", "old", "--auth", "password"]
    words += [
        "--password-file",
        password_file,
        "--deliver",
        f"maildir:{tmp_path}/old",
        "--trusted",
        "--interval",
        "90s",
    ]
    words += ["--after", "leave", "--by-recipient", str(table), "--validity", "invalid-temporarily", "--comment", "ü x"]
    home.cli("mail", "add", *words, check=0)
    add(home, tmp_path / "mail", port="993", type="IMAPS", folder="Entwürfe", after="move:Done")
    old = shown(home, "Old")
    assert (old["authentication"], old["token"], old["folder"], old["port"], old["interval"]) == (
        "password",
        None,
        "",
        995,
        "90s",
    )
    assert old["recipients"] == {
        "sales@bursar.test": f"maildir:{tmp_path}/sales",
        "b@bursar.test": f"maildir:{tmp_path}/b",
    }
    before = [shown(home, name) for name in ("Old", "Support")]
    exported = home.cli("mail", "export", check=0).stdout
    assert PASSWORD not in exported
    secret = home.cli("mail", "export", "--with-passwords", "--name", "Old", check=0).stdout
    assert "Password: " in secret

    phrase = tmp_path / "phrase"
    phrase.write_text("several words in a row\n")
    closed = ("--age-passphrase-file", str(phrase))
    command = home.command("mail", "export", "--with-passwords", *closed)
    sealed = subprocess.run(command, env=home.environ, capture_output=True, check=True).stdout
    (tmp_path / "a.age").write_bytes(sealed)
    assert PASSWORD.encode() not in sealed
    assert "Add --age-identity-file F" in home.cli("mail", "import", str(tmp_path / "a.age"), check=2).stderr
    opened = home.cli("mail", "import", str(tmp_path / "a.age"), "--overwrite", *closed, check=0).stderr
    assert '"Old" overwritten' in opened, "its password comes along, and none is shown to be the same"
    said = json.loads(home.cli("mail", "import", "-", "--json", input=exported, check=0).stdout)
    assert (said["added"], said["overwritten"], said["skipped"]) == ([], [], ["Old", "Support"])
    assert '"Old" unchanged.' in home.cli("mail", "import", "-", "--overwrite", input=exported, check=0).stderr
    for name in ("Old", "Support"):
        home.cli("mail", "delete", name, "--yes", check=0)
    assert "password" in home.cli("mail", "import", "-", input=exported, check=2).stderr
    assert json.loads(home.cli("mail", "list", "--json", check=0).stdout) == [], "all or nothing"
    both = exported[exported.index("- Name: Support") :] + secret
    assert "would be added" in home.cli("mail", "import", "-", "--dry-run", input=both, check=0).stderr
    assert json.loads(home.cli("mail", "list", "--json", check=0).stdout) == []
    imported = home.cli("mail", "import", "-", input=both, check=0).stderr
    assert '"Support" is held: it isn\'t collected until `bursar mail confirm Support`.' in imported
    assert '"Old" is held' not in imported, "a password is entered for its server"
    assert "valid, held" in home.cli("mail", "list", check=0).stdout
    assert "bursar mail confirm 'Support'" in home.cli("mail", "fetch", "Support", check=4).stdout
    home.cli("mail", "set", "Support", "--port", "993", check=0)
    assert shown(home, "Support")["held"], "who changes something beside it hasn't said yes to the server"
    assert "Say so with --yes" in home.cli("mail", "confirm", "Support", check=2).stderr
    said_twice = home.cli("mail", "confirm", "Support", "Old", "--yes", check=0).stderr
    assert 'Confirmed "Support".' in said_twice
    assert '"Old" isn\'t held.' in said_twice
    volatile = ("created_at", "next_run_at")
    after = [shown(home, name) for name in ("Old", "Support")]
    for account in (*before, *after):
        for key in volatile:
            account.pop(key)
    assert after == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- Name: a\n  Login: b\n", "Deliver is missing"),
        ("- Name: a\n  Colour: b\n", "Colour is not known"),
        ("- Name: a\n  Port: x\n", "line 2: Port has the wrong kind"),
        ("- Name: a\n  Name: b\n", "line 2"),
        ("- [a]\n", "is a mapping"),
        ("- Name: {a: b}\n", "wrong kind"),
        ("- {Name: a, Login: b, Deliver: 'maildir:/x', Token: Mailboxes, Host: h, Type: POP4}\n", "POP4"),
    ],
)
def test_a_broken_file_is_told_with_its_place(home: BursarHome, text: str, said: str) -> None:
    assert said in home.cli("mail", "import", "-", input=text, check=2).stderr


@pytest.mark.parametrize(
    ("deliver", "table", "said"),
    [
        ("webhook:http://tickets.example.org/in", "", "Outbound::AllowedNetworks"),
        ("maildir:/x", "# comment\na@b.example ftp:/x\n", "--by-recipient: line 2: "),
        ("maildir:/x", "a@b.example mbox:/x\n\nb.example mbox:/x\n", '--by-recipient: line 3: "b.example" is no'),
        ("maildir:/x", "a@b.example\n", "line 1: a@b.example has no destination"),
    ],
)
def test_what_can_never_work_is_refused_with_its_place(
    home: BursarHome, tmp_path: Path, deliver: str, table: str, said: str
) -> None:
    (tmp_path / "table").write_text(table)
    words = ["--name", "x", "--host", "h", "--login", USER, "--token", "Mailboxes", "--deliver", deliver]
    assert said in home.cli("mail", "add", *words, "--by-recipient", str(tmp_path / "table"), check=2).stderr
    assert '"x"' not in home.cli("mail", "list", "--json").stdout


def test_types_logins_and_destinations_are_taken_as_they_are_spelled(
    home: BursarHome, tmp_path: Path, password_file: str
) -> None:
    """All seven types with the port each is at, both ways to log in, and every kind of destination."""
    program = tmp_path / "file mail"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (tmp_path / "table").write_text(f"a@bursar.test mbox:{tmp_path}/a\n")
    ports = {"IMAP": 143, "IMAPS": 993, "IMAPTLS": 143, "POP3": 110, "POP3S": 995, "POP3TLS": 110, "MSGraph": 443}
    places = [
        f"maildir:{tmp_path}/m",
        f"mbox:{tmp_path}/m.mbox",
        "lmtp:mail.example.org:24",
        "smtp:mail.example.org:25",
        f"pipe:'{program}' --queue A",
        "webhook:https://tickets.example.org/mail",
        f"maildir:{tmp_path}/again",
    ]
    for (kind, port), place in zip(ports.items(), places, strict=True):
        words = ["--name", kind, "--type", kind, "--login", USER, "--deliver", place, "--interval", "5m"]
        words += ["--validity", "valid", "--by-recipient", str(tmp_path / "table")]
        words += ["--host", "mail.example.org"] if kind != "MSGraph" else []
        token = ["--auth", "token", "--token", "Mailboxes"]
        password = ["--auth", "password", "--password-file", password_file]
        home.cli("mail", "add", *words, *(password if kind == "POP3TLS" else [*token, "--trusted"]), check=0)
        found = shown(home, kind)
        assert (found["type"], found["port"], found["deliver"], found["interval"]) == (kind, port, place, "5m")
        assert found["host"] == ("graph.microsoft.com" if kind == "MSGraph" else "mail.example.org")
        assert (found["authentication"], found["trusted"]) == (
            ("password", False) if kind == "POP3TLS" else ("token", True)
        )
        assert found["recipients"] == {"a@bursar.test": f"mbox:{tmp_path}/a"}


def test_what_is_refused_waits_in_quarantine_until_somebody_tries_it_again(
    home: BursarHome, provider: FakeProvider, start_dovecot: Callable[[Introspecting], Dovecot], tmp_path: Path
) -> None:
    """From the command line alone; nothing of it leaves the server before it is delivered."""
    mailserver = start_dovecot(provider)
    mailserver.deliver(USER, [message(0), message(1)])
    program, out = tmp_path / "file-mail", tmp_path / "out"
    program.write_text("#!/bin/sh\necho no such queue >&2\nexit 67\n")
    program.chmod(0o755)
    add(home, tmp_path, port=str(mailserver.imap), deliver=f"pipe:{program}")
    assert "bursar mail quarantine" in home.cli("mail", "fetch", check=4).stdout
    held = json.loads(home.cli("mail", "quarantine", "Support", "--json", check=0).stdout)
    assert sorted(each["subject"] for each in held) == ["Ticket 0", "Ticket 1"]
    listed = home.cli("mail", "quarantine", check=0).stdout
    assert "no such queue" in listed
    home.cli("mail", "fetch", check=0)
    assert mailserver.count(USER) == 2
    program.write_text(f"#!/bin/sh\ncat >> {out}\n")
    number = next(str(each["id"]) for each in held if each["subject"] == "Ticket 1")
    assert "One message is tried again" in home.cli("mail", "retry", "Support", number, check=0).stderr
    home.cli("mail", "fetch", check=0)
    assert (out.read_bytes(), mailserver.messages(USER)) == (message(1), [message(0)])
    home.cli("mail", "retry", "Support", check=0)
    home.cli("mail", "fetch", check=0)
    assert (out.read_bytes(), mailserver.count(USER)) == (message(1) + message(0), 0)


def test_processes_that_collect_at_once_deliver_each_message_once(
    home: BursarHome, provider: FakeProvider, start_dovecot: Callable[[Introspecting], Dovecot], tmp_path: Path
) -> None:
    """SEC-59: one collects, the others are told so."""
    mailserver = start_dovecot(provider)
    sent = [message(number) for number in range(200)]
    mailserver.deliver(USER, sent)
    add(home, tmp_path / "mail", port=str(mailserver.imap))
    running = [home.start("mail", "fetch") for _ in range(3)]
    said = [process.communicate(timeout=60) for process in running]
    codes = [process.returncode for process in running]
    assert set(codes) <= {0, 5}, said
    assert 0 in codes
    assert [out for (out, _), each in zip(said, codes, strict=True) if each == 5 and "Another run" not in out] == []
    assert sorted(path.read_bytes() for path in (tmp_path / "mail" / "new").iterdir()) == sorted(sent)
    assert mailserver.count(USER) == 0


def test_what_is_forgotten_is_said(home: BursarHome) -> None:
    """What leads on: the token's name before the server's, what could be given, and that there is nothing."""
    words = ("mail", "add", "--name", "N", "--login", USER, "--deliver", "maildir:/tmp/x")
    assert "Add --token NAME, or --auth password" in home.cli(*words, check=2).stderr
    assert 'There is no token configuration "Nobody"' in home.cli(*words, "--token", "Nobody", check=3).stderr
    assert "There is no mail account yet" in home.cli("mail", "list", check=0).stderr
    assert "There is no valid mail account" in home.cli("mail", "fetch", check=0).stderr
    home.cli(*words, "--token", "Mailboxes", "--host", "h", check=0)
    assert "Nothing to change is given." in home.cli("mail", "set", "N", check=2).stderr
    assert 'Nothing of "N" is in quarantine.' in home.cli("mail", "retry", "N", check=0).stderr
    assert home.cli("mail", "import", "-", input="- Name: X", check=2).stderr.startswith(
        "bursar: standard input: entry"
    )


def test_adding_a_webhook_names_what_is_missing_still(home: BursarHome) -> None:
    words = ["--name", "x y", "--host", "h", "--login", USER, "--token", "Mailboxes"]
    added = home.cli("mail", "add", *words, "--deliver", "webhook:https://tickets.example.org/in", check=0)
    assert "`bursar mail signing-secret 'x y'`" in added.stderr


def test_a_change_counts_at_once_and_a_kept_password_goes_nowhere_else(
    home: BursarHome,
    provider: FakeProvider,
    start_dovecot: Callable[[Introspecting], Dovecot],
    tmp_path: Path,
    password_file: str,
) -> None:
    mailserver = start_dovecot(provider)
    mailserver.deliver(USER, [message(0)])
    add(home, tmp_path / "mail", port=str(mailserver.imap))
    home.cli("mail", "set", "Support", "--password-file", password_file, "--trusted", "--interval", "never", check=0)
    assert shown(home, "Support")["authentication"] == "password"
    assert shown(home, "Support")["next_run_at"] is None
    assert json.loads(home.cli("mail", "fetch", "--json", check=0).stdout)[0]["delivered"] == 1
    again = home.cli("mail", "set", "Support", "--host", "elsewhere.example", check=2)
    assert "Enter the password again" in again.stderr
    home.cli("mail", "set", "Support", "--type", "POP3", "--port", str(mailserver.pop3), check=2)
    home.cli("mail", "set", "Support", "--name", "Neu", "--comment", "x", "--not-trusted", "--after", "leave", check=0)
    assert home.cli("mail", "set", "Neu", "--after", "burn", check=2).returncode == 2
    home.cli("mail", "set", "Neu", "--type", "POP3", "--port", str(mailserver.pop3), "--token", "Mailboxes", check=0)
    neu = shown(home, "Neu")
    assert (neu["type"], neu["authentication"], neu["folder"], neu["after"]) == ("POP3", "token", "", "leave")
    mailserver.deliver(USER, [message(1)])
    assert json.loads(home.cli("mail", "fetch", "--json", check=0).stdout)[0]["delivered"] == 1
    home.cli("mail", "set", "Neu", "--validity", "invalid", check=0)
    assert home.cli("mail", "fetch", "Neu").returncode == 4
    (newest, oldest) = json.loads(home.cli("mail", "log", "Neu", "--json", check=0).stdout)
    assert (newest["delivered"], oldest["delivered"]) == (1, 1)
    assert any("logged in at 127.0.0.1 with PLAIN" in line for line in oldest["notes"])
    assert "logged in" in home.cli("mail", "log", "Neu", "--notes", check=0).stdout
    assert "FETCHED" in home.cli("mail", "log", "Neu", check=0).stdout
    home.cli("mail", "show", "nobody", check=3)
    home.cli("mail", "set", "nobody", check=3)
