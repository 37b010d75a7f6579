"""`bursar token get` by the socket: the same words and exit codes as by the database, and nobody else gets in."""

import os
import pwd
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.counterparts.home import BursarHome, Serving
from tests.counterparts.oidc import OidcProvider
from tests.counterparts.processes import REPOSITORY, wait_until
from tests.integration.documents import as_yaml, consent_document, credentials_document

pytestmark = pytest.mark.counterpart

NAME = "ERP connector"
LAUNCHER = Path(sys.executable).with_name("bursar")


@pytest.fixture
def served(bursar_home: BursarHome, oidc_provider: OidcProvider) -> Serving:
    documents = as_yaml(
        credentials_document(NAME, oidc_provider, "machine", "machine-secret"),
        consent_document("never", oidc_provider, "code-post", "code-post-secret"),
        credentials_document("-odd #ä", oidc_provider, "machine", "machine-secret"),
    )
    bursar_home.cli("setting", "set", "Outbound::AllowedNetworks", "127.0.0.1", check=0)
    bursar_home.cli("config", "import", "-", input=documents, check=0)
    return bursar_home.serve("--no-worker")


def launched(home: BursarHome, *arguments: str, **environ: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [str(LAUNCHER), *arguments], env=home.environ | environ, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_the_installed_launcher_is_this_one() -> None:
    assert LAUNCHER.read_bytes() == (REPOSITORY / "scripts" / "bursar").read_bytes(), "run `make .venv/.dev`"


def test_the_socket_says_what_the_command_says(bursar_home: BursarHome, served: Serving) -> None:
    """Formats, refusals and mistakes: each asked by both ways; the database's way runs without the socket's home."""
    for arguments in (
        [NAME],
        ["--header", NAME],
        ["--sasl", "a@example.org", NAME],
        ["--min-ttl", "30", NAME],
        ["--min-ttl=30", NAME],
        ["--rejected", "0" * 64, NAME],
        ["--sasl", "a\nb", NAME],
        ["--", "-odd #ä"],
        ["none such"],
        ["never"],
        ["--min-ttl", "-1", NAME],
        ["--min-ttl", "x", NAME],
        ["--rejected", "abc", NAME],
        ["--json", "--header", NAME],
        ["--what", NAME],
        [NAME, "more"],
        [""],
        [],
        ["--help"],
    ):
        done = bursar_home.cli("token", "get", *arguments)
        assert launched(bursar_home, "token", "get", *arguments) == (done.returncode, done.stdout, done.stderr), (
            arguments
        )
    uncounted = re.compile(r'"expires_in": \d+')
    code, out, _ = launched(bursar_home, "token", "get", "--json", NAME)
    assert uncounted.sub("", out) == uncounted.sub("", bursar_home.cli("token", "get", "--json", NAME, check=0).stdout)
    assert code == 0
    assert served.process.poll() is None


def test_the_warm_path_imports_nothing_that_is_not_needed(bursar_home: BursarHome, served: Serving) -> None:
    code, token, _ = launched(bursar_home, "token", "get", NAME)
    assert code == 0
    # PYTHONPATH and PYTHONHOME lead the whole command line astray; the launcher reads neither.
    astray = {"PYTHONPATH": "/nowhere", "PYTHONHOME": "/nowhere"}
    assert launched(bursar_home, "token", "get", NAME, **astray) == (0, token, "")
    traced = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "importtime", str(LAUNCHER), "token", "get", NAME],
        env=bursar_home.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    bare = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "importtime", "-c", "pass"], capture_output=True, text=True, check=True
    )

    def imported(told: str) -> set[str]:
        return {line.rpartition("|")[2].strip() for line in told.splitlines() if line.startswith("import time:")}

    assert imported(traced.stderr) - imported(bare.stderr) <= {"_socket"}
    assert traced.stdout == token
    assert served.process.poll() is None


def test_without_a_server_the_database_answers(bursar_home: BursarHome, served: Serving) -> None:
    token = launched(bursar_home, "token", "get", NAME)
    socket = bursar_home.path / "bursar.sock"
    assert socket.stat().st_mode & 0o777 == 0o600
    count = "SELECT SUM(count) FROM handout_use WHERE kind = 'user'"
    wait_until(lambda: bursar_home.sql(count) == [(1,)], "the record of the first hand-out")
    served.stop(signal.SIGKILL)
    assert socket.exists(), "a killed server leaves its socket behind"
    assert launched(bursar_home, "token", "get", NAME) == token
    again = bursar_home.serve("--no-worker")
    assert launched(bursar_home, "token", "get", NAME) == token
    again.stop()
    assert not socket.exists()
    assert launched(bursar_home, "token", "get", NAME) == token
    assert launched(bursar_home, "--version")[1].startswith("bursar ")
    assert bursar_home.sql(count) == [(4,)]


def test_only_the_owner_root_and_the_named_group_may_ask(bursar_home: BursarHome, served: Serving) -> None:
    """SEC-45: the kernel says who is at the other end."""
    if os.getuid() != 0:  # only root can become somebody else: ask as the owner, whom the tests of the group admit too
        assert launched(bursar_home, "token", "get", NAME)[0] == 0
        return
    nobody = pwd.getpwnam("nobody")
    group = "nogroup"
    home = bursar_home.path

    def asked_by_nobody() -> bytes:
        return subprocess.run(
            ["perl", "-MIO::Socket::UNIX", "-e", ASK, str(home / "bursar.sock")],
            user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[], capture_output=True, check=False,
        ).stdout  # fmt: skip

    for parent in [home, *home.parents[:-1]]:
        if parent.owner() == "root" and parent != home:
            parent.chmod(parent.stat().st_mode | 0o011)
    assert asked_by_nobody() == b"Permission denied"
    home.chmod(0o711)
    (home / "bursar.sock").chmod(0o666)
    assert asked_by_nobody().startswith(b"6 0\nbursar: You may not use this socket.")
    served.stop()
    home.chmod(0o700)
    bursar_home.cli("setting", "set", "HandOut::SocketGroup", "no such group", check=2)
    bursar_home.cli("setting", "set", "HandOut::SocketGroup", group, check=0)
    bursar_home.serve("--no-worker")
    assert (home.stat().st_mode & 0o777, (home / "bursar.sock").stat().st_mode & 0o777) == (0o710, 0o660)
    assert asked_by_nobody().startswith(b"0 ")
    name = bursar_home.sql("SELECT DISTINCT name FROM handout_use WHERE kind = 'user'")
    wait_until(lambda: ("nobody",) in name or ("nobody",) in bursar_home.sql(USERS), "the record of who asked")


USERS = "SELECT DISTINCT name FROM handout_use WHERE kind = 'user'"
# In Perl, because every Debian has it and nobody may read the Python of the tests.
ASK = r"""
my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or do { print "$!"; exit };
print $s "ERP connector\0\0"; $s->flush; print <$s>;
"""
