"""Where mail goes, in a real Chromium: every kind of destination, the table by recipient, progress, quarantine."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from bursar.testing import FakeProvider
from tests.browser.test_pages import Desk, desk, overflow
from tests.counterparts.dovecot import PASSWORD, Dovecot, Introspecting, message

__all__ = ["desk"]

pytestmark = pytest.mark.counterpart

USER = "support@bursar.test"
KINDS = (
    "maildir:{place}/in", "mbox:{place}/mbox", "lmtp:127.0.0.1:24", "smtp:mail.example.org:25",
    "webhook:https://tickets.example.org/in", "pipe:{place}/program",
)  # fmt: skip
WRONG = {
    "ftp:/x": "maildir:PATH",
    "maildir:here": "absolute",
    "lmtp:nowhere": "lmtp:",
    "pipe:/nowhere/at/all": "is no program that can be run here",
    "webhook:http://tickets.example.org/": "Outbound::AllowedNetworks",
    "invoker:Tickets/create": "Tickets",
}


def test_messages_that_are_refused_are_seen_and_tried_again(
    desk: Desk, provider: FakeProvider, start_dovecot: Callable[[Introspecting], Dovecot], tmp_path: Path
) -> None:
    """SEC-40: with a clean console all the way."""
    mailserver = start_dovecot(provider)
    desk.home.cli("setting", "set", "Outbound::AllowedNetworks", "127.0.0.0/8,::1,localhost", check=0)
    desk.people_and_sign_in()
    page = desk.page
    program, gate = tmp_path / "program", tmp_path / "gate"
    program.write_text(f"#!/bin/sh\nwhile ! [ -e {gate} ]; do sleep 0.1; done\necho 'no such queue'\nexit 67\n")
    program.chmod(0o755)

    desk.goto("/mail/add")
    page.get_by_label("Name").fill("Support")
    page.get_by_label("Login", exact=True).fill(USER)
    page.get_by_label("It logs in with").select_option("password")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Type").select_option("IMAP")
    page.get_by_label("Host").fill("127.0.0.1")
    page.get_by_label("Port").fill(str(mailserver.imap))
    page.get_by_label("How often").select_option("never")
    page.get_by_label("Destination").fill(KINDS[0].format(place=tmp_path))
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Support")

    for deliver, said in WRONG.items():
        page.goto(f"{page.url.partition('/edit')[0]}/edit")
        page.get_by_label("Destination").fill(deliver)
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".problem")).to_contain_text(said)
    desk.browsing.complaints.clear()
    page.get_by_label("By recipient").fill(f"sales@bursar.test mbox:{tmp_path}/sales\nnobody\n")
    page.get_by_label("Destination").fill(KINDS[0].format(place=tmp_path))
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".problem")).to_contain_text("Line 2: write an address, a blank and a destination.")
    desk.browsing.complaints.clear()
    page.get_by_label("By recipient").fill(f"sales@bursar.test mbox:{tmp_path}/sales")
    desk.browsing.screenshot(page, "mail-form-table")
    for kind in KINDS:
        page.get_by_label("Destination").fill(kind.format(place=tmp_path))
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".own-facts").first).to_contain_text(kind.format(place=tmp_path))
        expect(page.locator(".own-facts").nth(1)).to_contain_text("sales@bursar.test")
        expect(page.get_by_role("link", name="Signing secret")).to_have_count(int(kind.startswith("webhook")))
        page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_role("link", name="Cancel").click()

    mails = [message(1), message(2), message(3).replace(b"support@", b"sales@")]
    mailserver.deliver(USER, mails)
    page.get_by_role("button", name="Fetch now").click()
    expect(page.locator("#live [role=status]")).to_contain_text("3 messages transferred so far")
    desk.browsing.screenshot(page, "mail-progress")
    page.get_by_role("button", name="Fetch now").click()
    expect(page.get_by_text("Support is being collected already.")).to_be_visible()
    gate.touch()
    expect(page.locator(".runs li")).to_have_count(1)
    expect(page.get_by_text("2 messages in quarantine")).to_be_visible()
    desk.browsing.screenshot(page, "mail-refused")
    page.locator(".runs summary").first.click()
    expect(page.locator(".runs pre")).to_contain_text("in quarantine")
    page.get_by_role("link", name="Quarantine", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.get_by_role("link", name="Show them")).to_have_attribute("href", re.compile("/quarantine$"))
    expect(page.locator("tbody tr").first).to_contain_text("exits 67: no such queue")
    desk.browsing.screenshot(page, "mail-quarantine")
    page.set_viewport_size({"width": 390, "height": 844})
    assert overflow(page) <= 0
    page.set_viewport_size({"width": 1440, "height": 900})

    program.write_text(f"#!/bin/sh\ncat >> {tmp_path}/arrived\n")
    page.get_by_role("button", name="Try again: Ticket 1").click()
    expect(page.get_by_text("1 message is tried again by the next run.")).to_be_visible()
    page.get_by_role("button", name="Fetch now").click()
    expect(page.locator(".runs li")).to_have_count(2)
    expect(page.get_by_text("1 message in quarantine")).to_be_visible()
    page.get_by_role("link", name="Show them").click()
    page.get_by_role("button", name="Try all again").click()
    page.get_by_role("button", name="Fetch now").click()
    expect(page.locator(".runs li")).to_have_count(3)
    assert (tmp_path / "arrived").read_bytes() == message(1) + message(2)
    assert (tmp_path / "sales").read_bytes().count(b"Subject: Ticket 3") == 1
    assert mailserver.count(USER) == 0
    assert desk.is_clean()
