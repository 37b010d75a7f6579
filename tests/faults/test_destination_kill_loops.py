"""Kills of a collecting process at every step, for each destination beside the maildir.

An mbox holds each message exactly once. Where nobody can be asked afterwards, nothing is lost, a kill repeats at most
one message, under the same id, and the log counts it.
"""

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bursar.testing import FakeProvider
from tests.counterparts.dovecot import Dovecot, Introspecting, message
from tests.counterparts.home import BursarHome
from tests.counterparts.postfix import Postfix
from tests.counterparts.processes import wait_until
from tests.faults.test_maildir_kill_loop import USER, answer, driver, prepare, tell
from tests.integration.webhook_receiver import WebhookReceiver
from tests.integration.webservice_server import Service

KILLS = 12
SEED = 20261125
ARCHIVE = "archive@bursar.test"

pytestmark = [pytest.mark.once, pytest.mark.counterpart, pytest.mark.slow]


@dataclass
class Place:
    """A destination and what has arrived there: the delivery id (empty for an mbox) and the number of each message."""

    deliver: str
    steps: int  # how many failpoints a message passes, about
    arrived: Callable[[], list[tuple[str, str]]]
    service: str = ""  # the document of the web service that it needs


@pytest.fixture
def mailserver(provider: FakeProvider, start_dovecot: Callable[[Introspecting], Dovecot]) -> Dovecot:
    return start_dovecot(provider)


@pytest.fixture(params=["mbox", "lmtp", "smtp", "pipe", "webhook", "invoker"])
def place(request: pytest.FixtureRequest, mailserver: Dovecot, tmp_path: Path) -> Iterator[Place]:
    match request.param:
        case "mbox":
            yield Place(f"mbox:{tmp_path / 'mbox'}", 1, lambda: read((tmp_path / "mbox").read_bytes()))
        case "lmtp":
            yield Place(
                f"lmtp:127.0.0.1:{mailserver.lmtp}",
                4,
                lambda: [one for mail in mailserver.messages(ARCHIVE) for one in read(mail)],
            )
        case "smtp":
            postfix = Postfix()

            def taken() -> list[tuple[str, str]]:
                wait_until(postfix.is_idle, "Postfix's deliveries")
                return [one for mail in postfix.messages() for one in read(mail)]

            yield Place(f"smtp:127.0.0.1:{postfix.smtp}", 4, taken)
            postfix.close()
        case "pipe":
            program, out = tmp_path / "file", tmp_path / "out"
            out.mkdir()
            program.write_text(f'#!/bin/sh\nexec cat > "{out}/$BURSAR_DELIVERY.$$"\n')
            program.chmod(0o755)
            yield Place(
                f"pipe:{program}",
                4,
                lambda: [
                    (path.name.rpartition(".")[0], number)
                    for path in out.iterdir()
                    for _, number in read(path.read_bytes())
                ],
            )
        case "invoker":
            with Service() as running:
                yield Place(
                    "invoker:Tickets/from-mail",
                    4,
                    lambda: [
                        (each.headers["idempotency-key"], json.loads(each.body)["title"].removeprefix("Ticket "))
                        for each in running.received
                    ],
                    f"- {{Name: Tickets, BaseURL: '{running.url}', Invokers: {{from-mail: "
                    "{Path: /t, Method: POST, Body: {title: subject}}}}",
                )
        case _:
            with WebhookReceiver() as receiver:
                yield Place(
                    f"webhook:{receiver.url}",
                    4,
                    lambda: [
                        (headers["webhook-id"], number)
                        for headers, body in receiver.received
                        for _, number in read(body)
                    ],
                )


def read(text: bytes) -> list[tuple[str, str]]:
    """Delivery id, where it is a header, and number of each message in `text`."""
    ids = re.findall(rb"^X-Bursar-Delivery: (\S+)", text, re.MULTILINE) or [b""]
    numbers = re.findall(rb"^Subject: Ticket (\d+)", text, re.MULTILINE)
    return [(ids[0].decode(), number.decode()) for number in numbers]


def test_kills_lose_nothing_and_repeat_at_most_one_each(
    bursar_home: BursarHome, provider: FakeProvider, mailserver: Dovecot, place: Place, tmp_path: Path
) -> None:
    """SEC-59."""
    table = tmp_path / "table"
    table.write_text(f"{ARCHIVE} {place.deliver}\n")
    if place.service:
        bursar_home.cli("setting", "set", "Outbound::AllowedNetworks", "127.0.0.0/8,::1,localhost", check=0)
        bursar_home.cli("webservice", "import", "-", input=place.service, check=0)
    prepare(bursar_home, provider, mailserver, tmp_path / "nobody", "--by-recipient", str(table))
    bursar_home.cli("mail", "signing-secret", "Support", check=0)
    dice = random.Random(SEED)
    sent = killed = 0
    with driver(bursar_home) as process:
        assert answer(process) == "ready"
        while killed < KILLS:
            count = dice.randint(1, 7)
            mails = (message(sent + n).replace(b"To: support@", b"To: archive@") for n in range(count))
            mailserver.deliver(USER, mails)
            sent += count
            killed += tell(process, {"step": dice.randint(1, place.steps * count)}) == "killed"
            assert tell(process, {}) == "0"
        repeated = int(tell(process, {"count": 1}))
    arrived = place.arrived()
    times = Counter(number for _, number in arrived)
    extra = sum(times.values()) - len(times)
    print(f"{killed} kills, {sent} messages, {extra} repeated, {repeated} said so, seed {SEED}")
    assert sorted(times, key=int) == [str(number) for number in range(sent)], "none is lost"
    assert mailserver.count(USER) == 0
    assert len({(key, number) for key, number in arrived}) == len(times), "a repetition has the same id"
    if place.deliver.startswith("mbox"):
        assert (extra, repeated) == (0, 0)
    else:
        assert 0 < extra <= repeated <= killed
