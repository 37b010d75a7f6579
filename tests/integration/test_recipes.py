"""The recipes of docs/how-to/hand-out.md, as they stand there, with the programs themselves, against a real Dovecot."""

import os
import pty
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.counterparts.dovecot import message
from tests.counterparts.home import BursarHome
from tests.counterparts.oidc import OidcProvider
from tests.counterparts.processes import REPOSITORY, directory, remove, unprivileged, wait_until
from tests.counterparts.submission import Submission
from tests.integration.documents import as_yaml, credentials_document

pytestmark = [pytest.mark.once, pytest.mark.counterpart, pytest.mark.slow]

USER = "machine@bursar.test"
PAGE = REPOSITORY / "docs" / "how-to" / "hand-out.md"


@dataclass
class Desk:
    """A user of this machine: a home directory, the programs, and Bursar's socket."""

    home: BursarHome
    mail: Submission
    place: Path

    def recipe(self, language: str, **replaced: str) -> str:
        """The block of the page, with this test's names. Every replacement has to be there."""
        found = re.search(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
        assert found, language
        text = found[1]
        for theirs, ours in {"sales@example.org": USER, **replaced}.items():
            assert theirs in text or theirs == "sales@example.org", theirs
            text = text.replace(theirs, ours)
        return text

    def run(self, *command: str, input: str = "") -> str:
        """What it printed. The test fails where it fails."""
        done = subprocess.run(
            command,
            env=self.environ,
            cwd=self.place,
            input=input,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    @property
    def environ(self) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin"
        kept = {name: value for name, value in self.home.environ.items() if not name.startswith("PYTHON")}
        # The command line is the installed one, as a user has it.
        return {**kept, "HOME": str(self.place), "PATH": path, "TERM": "xterm"}

    def write(self, name: str, text: str) -> Path:
        path = self.place / name
        path.write_text(text)
        path.chmod(0o600)
        return path


@pytest.fixture
def desk(bursar_home: BursarHome, oidc_provider: OidcProvider, tmp_path: Path) -> Iterator[Desk]:
    documents = as_yaml(
        *[
            credentials_document(name, oidc_provider, "machine", "machine-secret")
            for name in ("Sales inbox", "ERP connector", "Git server")
        ]
    )
    bursar_home.cli("setting", "set", "Outbound::AllowedNetworks", "127.0.0.1", check=0)
    bursar_home.cli("config", "import", "-", input=documents, check=0)
    bursar_home.serve("--no-worker")
    server = Submission(oidc_provider)
    place = tmp_path / "user"
    place.mkdir()
    yield Desk(bursar_home, server, place)
    server.close()


def test_mutt(desk: Desk) -> None:
    desk.mail.deliver(USER, [message(1)])
    configuration = desk.recipe("muttrc", **{"imap.example.org/": f"localhost:{desk.mail.imaps}/"})
    desk.write("muttrc", configuration + f'set ssl_ca_certificates_file = "{desk.mail.ca}"\nset copy = no\n')
    kept = desk.place / "kept"
    keys = f"push '<copy-message>{kept}<enter><exit>'"
    settings = ["-e", "set confirmappend=no confirmcreate=no quit=yes delete=no", "-e", keys]
    master, slave = pty.openpty()
    mutt = subprocess.Popen(
        ["mutt", "-n", "-F", "muttrc", *settings],
        env=desk.environ, cwd=desk.place, stdin=slave, stdout=slave, stderr=slave,
    )  # fmt: skip
    os.close(slave)
    threading.Thread(target=_drain, args=(master,), daemon=True).start()
    try:
        wait_until(lambda: kept.exists() and b"Ticket 1" in kept.read_bytes(), "mutt's copy of the message")
    finally:
        mutt.kill()
        mutt.wait()


def _drain(descriptor: int) -> None:
    try:
        while os.read(descriptor, 4096):
            pass
    except OSError:
        pass


def test_msmtp(desk: Desk) -> None:
    where = {"smtp.example.org": "localhost", "587": str(desk.mail.submission)}
    configuration = desk.recipe("msmtp", **where) + f"tls_trust_file {desk.mail.ca}\n"
    path = desk.write("msmtprc", configuration)
    desk.run("msmtp", "-C", str(path), "-a", "sales", "a@bursar.test", input="Subject: by msmtp\n\nBody\n")
    assert b"Subject: by msmtp" in desk.mail.sink.messages[0]


def test_getmail(desk: Desk) -> None:
    desk.mail.deliver(USER, [message(1), message(2)])
    # getmail delivers no mail as root, so it does it as somebody else who may enter the place.
    box, owner = directory("getmail"), unprivileged()
    for place in (box, *(box / part for part in ("cur", "new", "tmp"))):
        place.mkdir(exist_ok=True)
        os.chown(place, owner.pw_uid, owner.pw_gid)
    server = f"localhost\nport = {desk.mail.imaps}\nca_certs = {desk.mail.ca}"
    path = f"{box}/\nuser = {owner.pw_name}" if os.getuid() == 0 else f"{box}/"
    desk.write("getmailrc", desk.recipe("getmail", **{"imap.example.org": server, "~/Maildir/": path}))
    desk.run("getmail", "--getmaildir", str(desk.place), "--rcfile", "getmailrc")
    assert len(list((box / "new").iterdir())) == 2
    remove(box)


def test_mbsync(desk: Desk) -> None:
    desk.mail.deliver(USER, [message(1), message(2)])
    (desk.place / "Mail").mkdir()
    text = desk.recipe(
        "mbsync", **{"imap.example.org": f"localhost\nPort {desk.mail.imaps}\nCertificateFile {desk.mail.ca}"}
    )
    desk.write("mbsyncrc", text)
    desk.run("mbsync", "-c", "mbsyncrc", "sales")
    assert len(list((desk.place / "Mail" / "INBOX" / "new").iterdir())) == 2


@pytest.fixture
def service() -> Iterator[tuple[str, list[str]]]:
    """A web service, and the Authorization headers that it was sent."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers.get("Authorization", ""))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/", asked
    server.shutdown()
    server.server_close()


def test_curl_git_and_shell(desk: Desk, service: tuple[str, list[str]]) -> None:
    url, asked = service
    token = desk.home.cli("token", "get", "ERP connector", check=0).stdout.strip()
    scripts = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(scripts) == 3
    for script in scripts[:2]:
        desk.run("sh", "-ec", script.replace("https://api.example.org/orders", url))
    assert asked == [f"Bearer {token}"] * 2
    newer = desk.run("sh", "-ec", scripts[2] + 'printf %s "$token"')
    assert newer not in ("", token)
    desk.write(".gitconfig", desk.recipe("gitconfig"))
    filled = desk.run("git", "credential", "fill", input="protocol=https\nhost=git.example.org\n\n")
    expected = desk.home.cli("token", "get", "Git server", check=0).stdout.strip()
    assert f"username=oauth2\npassword={expected}\n" in filled


def test_every_recipe_is_tried() -> None:
    """A new block on the page needs a test above; Python is tried in test_client.py."""
    languages: Callable[[str], list[str]] = lambda text: re.findall(r"^```(\w+)$", text, re.MULTILINE)  # noqa: E731
    tried = {"muttrc", "msmtp", "getmail", "mbsync", "sh", "gitconfig", "python"}
    assert set(languages(PAGE.read_text())) == tried
