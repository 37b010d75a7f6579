"""A hundred kills of a collecting process: every message arrives exactly once, byte for byte, and none is lost."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bursar.testing import FakeProvider, RegisteredClient
from tests.counterparts.dovecot import Dovecot, Introspecting, message
from tests.counterparts.home import BursarHome
from tests.integration.documents import as_yaml, credentials_document

KILLS = 100
MESSAGES = 500
USER = "support@bursar.test"
SEED = 20261123

pytestmark = [pytest.mark.counterpart, pytest.mark.slow]


def test_a_hundred_kills_lose_nothing_and_repeat_nothing(
    bursar_home: BursarHome,
    provider: FakeProvider,
    start_dovecot: Callable[[Introspecting], Dovecot],
    tmp_path: Path,
) -> None:
    """SEC-59: killed at every step and at random moments, while mail arrives and a reader files it away."""
    dovecot = start_dovecot(provider)
    maildir = tmp_path / "mail"
    prepare(bursar_home, provider, dovecot, maildir)
    dice = random.Random(SEED)
    sent: list[bytes] = []

    def arrive(count: int) -> None:
        new = [message(len(sent) + n, size=dice.choice((0, 0, 3_000, 40_000))) for n in range(count)]
        dovecot.deliver(USER, new)
        sent.extend(new)

    arrive(50)
    killed = {"step": 0, "seconds": 0}
    with driver(bursar_home) as process:
        assert answer(process) == "ready"
        while sum(killed.values()) < KILLS:
            how = min(killed, key=killed.__getitem__)
            order = {"step": dice.randint(1, 40)} if how == "step" else {"seconds": dice.uniform(0.0, 0.2)}
            if tell(process, order) == "killed":
                killed[how] += 1
            arrive(4)
            read_some(maildir, dice)
        arrive(max(0, MESSAGES - len(sent)))
        assert tell(process, {}) == "0"
        assert tell(process, {}) == "0"
    print(f"{killed}, {len(sent)} messages, seed {SEED}")
    assert sorted(everything(maildir)) == sorted(sent)
    assert dovecot.count(USER) == 0
    assert os.listdir(maildir / "tmp") == []


def prepare(home: BursarHome, provider: FakeProvider, dovecot: Dovecot, maildir: Path, *more: str) -> None:
    provider.register(RegisteredClient("collector", "secret", email=USER))
    document = as_yaml(credentials_document("Mailboxes", provider, "collector", "secret"))
    home.cli("setting", "set", "Outbound::AllowedNetworks", "127.0.0.0/8,::1,localhost", check=0)
    home.cli("config", "import", "-", input=document, check=0)
    account = ["--name", "Support", "--type", "IMAP", "--host", "localhost", "--port", str(dovecot.imap)]
    target = ["--login", USER, "--token", "Mailboxes", "--deliver", f"maildir:{maildir}"]
    home.cli("mail", "add", *account, *target, *more, check=0)


def driver(home: BursarHome) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("mail_driver.py"))],
        env=home.environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def tell(process: subprocess.Popen[str], order: dict[str, float]) -> str:
    assert process.stdin is not None
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()
    return answer(process)


def answer(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def read_some(maildir: Path, dice: random.Random) -> None:
    """What a mail reader does meanwhile: it marks messages as seen, and files some of them away."""
    archive = maildir / ".Archive" / "cur"
    archive.mkdir(parents=True, exist_ok=True)
    for path in sorted((maildir / "new").glob("*")):
        if dice.random() < 0.3:
            place = archive if dice.random() < 0.5 else maildir / "cur"
            path.rename(place / f"{path.name}:2,S")


def everything(maildir: Path) -> list[bytes]:
    places = (maildir / "new", maildir / "cur", maildir / ".Archive" / "cur")
    return [path.read_bytes() for place in places for path in place.glob("*")]
