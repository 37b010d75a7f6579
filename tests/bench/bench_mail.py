"""Collecting mail side by side with mbsync, fetchmail and getmail: the same messages, machine and minute.

Each program runs as a process of its own, start included, against a Dovecot on this machine, into a maildir on
disk with syncing on. Nothing is asserted but that every message arrived.
"""

import json
import os
import statistics
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
MESSAGES, FAR_MESSAGES, SLOW_MESSAGES, SIZE, MANY, TURNS = 10_000, 3_000, 500, 8_192, 100_000, 2
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


Turn = Callable[[], Cost]


def in_turns(turns: int, programs: dict[str, Turn]) -> dict[str, list[Cost]]:
    """Each program so many times, one after the other, round by round: what slows the machine down slows all."""
    costs: dict[str, list[Cost]] = {name: [] for name in programs}
    for _ in range(turns):
        for name, collect in programs.items():
            costs[name].append(collect())
            print(f"\n{name}: {costs[name][-1]}", flush=True)
    return costs


def rows_of(costs: dict[str, list[Cost]], count: int) -> list[list[str]]:
    """A row a program; the first is the yardstick of the others."""
    fastest = {name: min(cost.seconds for cost in some) for name, some in costs.items()}
    middle = {name: statistics.median(cost.seconds for cost in some) for name, some in costs.items()}
    first = next(iter(costs))
    return [
        [
            name,
            f"{fastest[name]:.1f}",
            f"{middle[name]:.1f}",
            f"{count / fastest[name]:,.0f}",
            f"{min(cost.processor for cost in some):.2f}",
            f"{max(cost.megabytes for cost in some):.0f}",
            f"{fastest[name] / fastest[first]:.2f}",
            f"{middle[name] / middle[first]:.2f}",
        ]
        for name, some in costs.items()
    ]


HEADS = ("", "fastest, s", "median, s", "messages a second", "CPU, s", "MB", "times mbsync, fastest", "and median")


def test_a_local_and_a_distant_mailbox(bench: Bench) -> None:
    server = bench.server
    bench.fill(MESSAGES)
    bench.bursar(MESSAGES, "IMAP", server.imap)  # Dovecot builds its index at the first look
    programs: dict[str, Turn] = {
        "mbsync, FSync on": lambda: bench.mbsync(MESSAGES, server.imap),
        "Bursar, IMAP": lambda: bench.bursar(MESSAGES, "IMAP", server.imap),
        "Bursar, POP3": lambda: bench.bursar(MESSAGES, "POP3", server.pop3),
    }
    local = in_turns(TURNS, programs)
    local["Bursar, IMAP, deleting"] = [bench.bursar(MESSAGES, "IMAP", server.imap, "delete")]
    bench.fill(FAR_MESSAGES)
    bench.bursar(FAR_MESSAGES, "IMAP", server.imap)
    with distant(server.imap) as imap, distant(server.pop3) as pop3:
        programs = {
            "mbsync, FSync on": lambda: bench.mbsync(FAR_MESSAGES, imap),
            "Bursar, IMAP": lambda: bench.bursar(FAR_MESSAGES, "IMAP", imap),
            "Bursar, POP3 pipelined": lambda: bench.bursar(FAR_MESSAGES, "POP3", pop3),
        }
        far = in_turns(TURNS, programs)
    text = (
        f"{machine()}. {MESSAGES:,} messages of about 8 KB from Dovecot on the same machine into a maildir, each file "
        f"synced, start of the program included; {TURNS} runs of each, in turns (deleting: one).\n\n"
        f"{table(HEADS, rows_of(local, MESSAGES))}\n\n"
        f"{FAR_MESSAGES:,} messages with a round trip of {ROUND_TRIP * 1000:.0f} ms between:\n\n"
        f"{table(HEADS, rows_of(far, FAR_MESSAGES))}"
    )
    print(f"\n{text}")
    section("mail", "Collecting mail", text)


def test_beside_fetchmail_and_getmail(bench: Bench) -> None:
    """With few messages, because these take long."""
    server = bench.server
    bench.fill(SLOW_MESSAGES)
    bench.bursar(SLOW_MESSAGES, "IMAP", server.imap)
    programs: dict[str, Turn] = {
        "mbsync, FSync on": lambda: bench.mbsync(SLOW_MESSAGES, server.imap),
        "fetchmail": lambda: bench.fetchmail(SLOW_MESSAGES, server.imap),
        "getmail6": lambda: bench.getmail(SLOW_MESSAGES, server.imap),
        "Bursar, IMAP": lambda: bench.bursar(SLOW_MESSAGES, "IMAP", server.imap),
    }
    text = (
        f"{machine()}. {SLOW_MESSAGES:,} messages of about 8 KB, IMAP, start of the program included; fetchmail and "
        f"getmail hand each message to a program that syncs it. {TURNS} runs of each, in turns.\n\n"
        f"{table(HEADS, rows_of(in_turns(TURNS, programs), SLOW_MESSAGES))}"
    )
    print(f"\n{text}")
    section("mail-fetchmail", "Collecting mail beside fetchmail and getmail", text)


def test_memory_does_not_grow_with_the_mailbox(bench: Bench) -> None:
    found = []
    for count in (1_000, MANY):
        bench.fill(count, 0)
        for kind, port in (("IMAP", bench.server.imap), ("POP3", bench.server.pop3)):
            cost = bench.bursar(count, kind, port)
            figures = [f"{cost.megabytes:.1f}", f"{cost.seconds:.1f}", f"{cost.processor:.1f}"]
            found.append([f"{kind}, {count:,} small messages", *figures])
            print(f"\n{found[-1]}", flush=True)
    text = f"{machine()}. The whole process at its largest.\n\n{table(('', 'MB', 'seconds', 'CPU seconds'), found)}"
    print(f"\n{text}")
    section("mail-memory", "Memory while collecting mail", text)


def test_two_hundred_accounts_at_an_interval_of_a_minute(bench: Bench) -> None:
    """One worker, every account with new mail now and then; how late the latest run began is printed, not asserted."""
    accounts, seconds = 200, 100.0
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
