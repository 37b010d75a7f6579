"""Collecting mail side by side with mbsync, fetchmail and getmail: the same messages, machine and minute.

Each program runs as a process of its own, start included, against a Dovecot on this machine, into a maildir on
disk with syncing on. Nothing is asserted but that every message arrived.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bursar.testing import FakeProvider, RegisteredClient
from tests.bench.report import machine, section, table
from tests.counterparts.dovecot import Dovecot, message
from tests.counterparts.home import BursarHome
from tests.counterparts.processes import REPOSITORY
from tests.integration.documents import as_yaml, credentials_document

pytestmark = [pytest.mark.counterpart, pytest.mark.slow, pytest.mark.timeout(3600)]

USER = "support@bursar.test"
PASSWORD = "secret"
MESSAGES, SLOW_MESSAGES, SIZE, MANY = 10_000, 1_000, 8_192, 100_000
ROUND_TRIP = 0.04


@dataclass
class Cost:
    """What one process cost."""

    seconds: float
    processor: float
    megabytes: float


def measure(command: list[str], environ: dict[str, str] | None = None) -> Cost:
    """Run the command below a small process, whose memory doesn't count as the command's own."""
    launcher = [sys.executable, "-I", str(Path(__file__).with_name("launch.py")), *command]
    done = subprocess.run(launcher, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return Cost(*json.loads(done.stdout.splitlines()[-1]))


@contextmanager
def distant(port: int) -> Iterator[int]:
    """The server behind `port`, a round trip of 40 ms away."""
    command = [sys.executable, "-m", "tests.bench.delay", str(port), str(ROUND_TRIP)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as proxy:
        assert proxy.stdout is not None
        yield int(proxy.stdout.readline())
        proxy.kill()


class Bench:
    """A mail server with one full mailbox, and the programs that collect it."""

    def __init__(self, home: BursarHome, server: Dovecot, place: Path) -> None:
        self.home, self.server, self.place = home, server, place
        self._runs = 0

    def fill(self, count: int, size: int = SIZE) -> None:
        self.server.empty(USER)
        self.server.deliver(USER, (message(number, size) for number in range(count)))

    def _fresh(self) -> Path:
        self._runs += 1
        return self.place / f"box{self._runs}"

    def bursar(self, count: int, kind: str, port: int, after: str = "leave") -> Cost:
        box = self._fresh()
        words = ["--name", box.name, "--type", kind, "--host", "127.0.0.1", "--port", str(port), "--login", USER]
        words += ["--token", "Mailboxes", "--deliver", f"maildir:{box}", "--after", after, "--interval", "never"]
        self.home.cli("mail", "add", *words, check=0)
        cost = measure(self.home.command("mail", "fetch", box.name), self.home.environ)
        self.arrived(box, count)
        return cost

    def mbsync(self, count: int, port: int) -> Cost:
        box = self._fresh()
        box.mkdir()
        configuration = self.place / "mbsyncrc"
        configuration.write_text(
            f"FSync yes\nIMAPAccount a\nHost 127.0.0.1\nPort {port}\nUser {USER}\nPass {PASSWORD}\nSSLType None\n"
            f"AuthMechs PLAIN\n\nIMAPStore far\nAccount a\n\nMaildirStore near\nPath {box}/\nInbox {box}/INBOX\n"
            f"SubFolders Verbatim\n\nChannel c\nFar :far:\nNear :near:\nPatterns INBOX\nCreate Near\nSync PullNew\n"
            f"SyncState {box}/state-\n"
        )
        cost = measure(["mbsync", "-q", "-c", str(configuration), "c"])
        self.arrived(box / "INBOX", count)
        return cost

    def fetchmail(self, count: int, port: int) -> Cost:
        box = self._fresh()
        deliver = self._deliver(box)
        configuration = self.place / "fetchmailrc"
        configuration.write_text(
            f'poll 127.0.0.1 service {port} proto imap auth password user "{USER}" pass "{PASSWORD}" sslproto "" '
            f'keep fetchall mda "{deliver}"\n'
        )
        configuration.chmod(0o600)
        cost = measure(["fetchmail", "-s", "-f", str(configuration), "--pidfile", str(self.place / "pid"), "-i",
                        str(self.place / "ids")])  # fmt: skip
        self.arrived(box, count)
        return cost

    def getmail(self, count: int, port: int) -> Cost:
        box = self._fresh()
        own = self.place / f"getmail{self._runs}"
        own.mkdir()
        (own / "rc").write_text(
            f"[retriever]\ntype = SimpleIMAPRetriever\nserver = 127.0.0.1\nport = {port}\nusername = {USER}\n"
            f'password = {PASSWORD}\nmailboxes = ("INBOX",)\n[destination]\ntype = MDA_external\n'
            f"path = {self._deliver(box)}\nallow_root_commands = true\nignore_stderr = true\n"
            f"[options]\nverbose = 0\nread_all = true\ndelete = false\n"
        )
        cost = measure(["getmail", "-q", "-g", str(own), "-r", "rc"])
        self.arrived(box, count)
        return cost

    def _deliver(self, box: Path) -> Path:
        """A program that puts its input into the maildir, synced: neither fetchmail nor getmail as root does it."""
        for part in ("new", "cur", "tmp"):
            (box / part).mkdir(parents=True)
        program = self.place / f"deliver{self._runs}"
        program.write_text(f'#!/bin/sh\nn={box}/tmp/$$\ncat >"$n" && sync "$n" && mv "$n" {box}/new/$$.$(date +%N)\n')
        program.chmod(0o755)
        return program

    @staticmethod
    def arrived(box: Path, count: int) -> None:
        found = sum(len(os.listdir(box / part)) for part in ("new", "cur"))
        assert found == count, f"{found} of {count} messages arrived in {box}"


@pytest.fixture
def bench(
    bursar_home: BursarHome, provider: FakeProvider, start_dovecot: Callable[..., Dovecot], tmp_path: Path
) -> Bench:
    provider.register(RegisteredClient("collector", "secret", email=USER))
    document = as_yaml(credentials_document("Mailboxes", provider, "collector", "secret"))
    bursar_home.cli("config", "import", "-", input=document, check=0)
    bursar_home.cli("setting", "set", "Outbound::AllowedNetworks", "127.0.0.0/8", check=0)
    return Bench(bursar_home, start_dovecot(provider, password=PASSWORD), tmp_path)


def row(name: str, count: int, cost: Cost, yardstick: Cost) -> list[str]:
    print(f"\n{name}: {cost}", flush=True)
    ratio = cost.seconds / yardstick.seconds
    figures = [f"{cost.seconds:.2f}", f"{count / cost.seconds:,.0f}", f"{cost.processor:.2f}", f"{cost.megabytes:.0f}"]
    return [name, *figures, f"{ratio:.2f}"]


HEADS = ("", "seconds", "messages a second", "CPU seconds", "MB", "times mbsync")


def test_a_local_and_a_distant_mailbox(bench: Bench) -> None:
    server = bench.server
    bench.fill(MESSAGES)
    bench.mbsync(MESSAGES, server.imap)  # Dovecot builds its index at the first look
    local = bench.mbsync(MESSAGES, server.imap)
    rows = [row("mbsync, FSync on", MESSAGES, local, local)]
    rows.append(row("Bursar, IMAP", MESSAGES, bench.bursar(MESSAGES, "IMAP", server.imap), local))
    rows.append(row("Bursar, POP3", MESSAGES, bench.bursar(MESSAGES, "POP3", server.pop3), local))
    again = bench.mbsync(MESSAGES, server.imap)
    rows.append(row("mbsync once more", MESSAGES, again, local))
    with distant(server.imap) as imap, distant(server.pop3) as pop3:
        far = bench.mbsync(MESSAGES, imap)
        distant_rows = [row("mbsync, FSync on", MESSAGES, far, far)]
        distant_rows.append(row("Bursar, IMAP", MESSAGES, bench.bursar(MESSAGES, "IMAP", imap), far))
        distant_rows.append(row("Bursar, POP3 pipelined", MESSAGES, bench.bursar(MESSAGES, "POP3", pop3), far))
    rows.append(row("Bursar, IMAP, deleting", MESSAGES, bench.bursar(MESSAGES, "IMAP", server.imap, "delete"), local))
    text = (
        f"{machine()}. {MESSAGES:,} messages of about 8 KB from Dovecot on the same machine into a maildir, each file "
        f"synced, start of the program included.\n\n{table(HEADS, rows)}\n\n"
        f"With a round trip of {ROUND_TRIP * 1000:.0f} ms between:\n\n{table(HEADS, distant_rows)}"
    )
    print(f"\n{text}")
    section("mail", "Collecting mail", text)


def test_beside_fetchmail_and_getmail(bench: Bench) -> None:
    """With few messages, because these take long."""
    server = bench.server
    bench.fill(SLOW_MESSAGES)
    bench.mbsync(SLOW_MESSAGES, server.imap)
    base = bench.mbsync(SLOW_MESSAGES, server.imap)
    rows = [row("mbsync, FSync on", SLOW_MESSAGES, base, base)]
    for name, collect in (("fetchmail", bench.fetchmail), ("getmail6", bench.getmail)):
        rows.append(row(name, SLOW_MESSAGES, collect(SLOW_MESSAGES, server.imap), base))
    mine = bench.bursar(SLOW_MESSAGES, "IMAP", server.imap)
    rows.append(row("Bursar, IMAP", SLOW_MESSAGES, mine, base))
    text = (
        f"{machine()}. {SLOW_MESSAGES:,} messages of about 8 KB, IMAP, start of the program included; fetchmail and "
        f"getmail hand each message to a program that syncs it.\n\n{table(HEADS, rows)}"
    )
    print(f"\n{text}")
    section("mail-fetchmail", "Collecting mail beside fetchmail and getmail", text)


def test_memory_does_not_grow_with_the_mailbox(bench: Bench) -> None:
    found = []
    for count in (1_000, MANY):
        bench.fill(count, 0)
        for kind, port in (("IMAP", bench.server.imap), ("POP3", bench.server.pop3)):
            cost = bench.bursar(count, kind, port)
            found.append([f"{kind}, {count:,} small messages", f"{cost.megabytes:.0f}", f"{cost.seconds:.1f}"])
    text = f"{machine()}. The whole process at its largest.\n\n{table(('', 'MB', 'seconds'), found)}"
    print(f"\n{text}")
    section("mail-memory", "Memory while collecting mail", text)


def test_two_hundred_accounts_at_an_interval_of_a_minute(bench: Bench) -> None:
    """One worker, every account with new mail now and then; how late the latest run began is printed, not asserted."""
    accounts, seconds = 200, 150.0
    home, server = bench.home, bench.server
    home.cli("setting", "set", "MailAccount::IMAP::IdleConnections", "0", check=0)
    entries = [
        {"Name": f"a{n:03}", "Type": "IMAP", "Host": "127.0.0.1", "Port": server.imap, "Login": f"u{n}@bursar.test",
         "Password": PASSWORD, "Deliver": f"maildir:{bench.place}/many/{n}", "Interval": "1m"}
        for n in range(accounts)
    ]  # fmt: skip
    home.cli("mail", "import", "-", input=json.dumps(entries), check=0)
    for n in range(accounts):
        server.deliver(f"u{n}@bursar.test", [message(n, SIZE)])
    home.sql(f"UPDATE mail_account SET next_run_at = {int(time.time() * 1e6)}")
    worker = home.start("worker")
    used = Path(f"/proc/{worker.pid}/stat")
    time.sleep(seconds)
    fields = used.read_text().rpartition(")")[2].split()
    cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    resident = int(Path(f"/proc/{worker.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20
    [(served, runs)] = home.sql("SELECT COUNT(DISTINCT account_id), SUM(runs) FROM mail_run WHERE error_code IS NULL")
    [(late,)] = home.sql("SELECT MIN(next_run_at) FROM mail_account")
    lateness = max(0.0, time.time() - int(late) / 1e6)
    worker.terminate()
    worker.communicate(timeout=60)
    assert served == accounts
    assert sum(len(os.listdir(bench.place / "many" / str(n) / "new")) for n in range(accounts)) == accounts
    text = (
        f"{machine()}. {accounts} IMAP accounts at an interval of a minute, one worker, {seconds:.0f} seconds: "
        f"{runs} runs, the longest waiting account {lateness:.1f} s late at the end; "
        f"{100 * cpu / seconds:.0f} % of one core, {resident:.0f} MB."
    )
    print(f"\n{text}")
    section("mail-many", "Many mail accounts", text)
