"""The story: from an imported configuration to a mailbox that is collected, through everything that ends a token.

Real parts throughout: oidc-provider with rotation and reuse detection, Dovecot, Chromium, and Bursar's own commands
and pages in processes of their own.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.counterparts.browser import Browsing
from tests.counterparts.dovecot import Dovecot
from tests.counterparts.home import BursarHome, Serving
from tests.counterparts.oidc import OidcProvider
from tests.integration.documents import as_yaml, consent_document, credentials_document

ADMINISTRATOR, PASSWORD = "jana@kestrel.example", "a long enough password"
NAME, MAILBOX = "Sales inbox", "sales@bursar.test"
ERP, MACHINE = "ERP connector", "machine@bursar.test"
MESSAGES = 500

pytestmark = [pytest.mark.counterpart, pytest.mark.slow]


@dataclass
class Story:
    """The administrator's desk: a home with a running server, a signed-in browser, a mail server, a provider."""

    home: BursarHome
    serving: Serving
    page: Page
    provider: OidcProvider
    dovecot: Dovecot
    maildir: Path

    def collect(self, expected_exit: int) -> dict[str, object]:
        """`bursar mail fetch --json`; the one account's result."""
        done = self.home.cli("mail", "fetch", "--json", check=expected_exit)
        [result] = json.loads(done.stdout)
        return dict(result)

    def token(self) -> dict[str, object]:
        [token] = json.loads(self.home.cli("token", "list", "--json", check=0).stdout)
        return dict(token)

    def delivered(self) -> list[bytes]:
        return [path.read_bytes() for path in (self.maildir / "new").iterdir()]

    def let_the_token_expire(self) -> None:
        """At the provider and here: what an hour does, at once."""
        self.provider.end_access_tokens()
        self.home.sql("UPDATE tokens_token SET issued_at = 1000000, expires_at = 2000000")

    def add_account(self, name: str, token: str, mailbox: str) -> None:
        server = ("--type", "IMAPTLS", "--host", "localhost", "--port", str(self.dovecot.imap))
        self.home.cli(
            *("mail", "add", "--name", name, *server, "--ca", str(self.dovecot.ca), "--login", mailbox),
            *("--token", token, "--deliver", f"maildir:{self.maildir}"),
            check=0,
        )

    def sign_in_at_provider(self, mailbox: str) -> None:
        """The provider's own page, as the person at the browser sees it."""
        self.page.wait_for_url(re.compile(re.escape(self.provider.issuer)))
        self.page.get_by_label("Account").fill(mailbox)
        self.page.get_by_role("button", name="Allow").click()
        self.page.wait_for_url(re.compile(re.escape(self.serving.url)))


@pytest.fixture
def story(
    bursar_home: BursarHome, oidc_provider: OidcProvider, dovecot: Dovecot, browser: Browsing, tmp_path: Path
) -> Iterator[Story]:
    password = tmp_path / "password"
    password.write_text(PASSWORD + "\n")
    bursar_home.cli("people", "add", ADMINISTRATOR, "--role", "admin", "--password-file", str(password), check=0)
    bursar_home.cli("setting", "set", "Outbound::AllowedNetworks", "localhost,127.0.0.1", check=0)
    serving = bursar_home.serve("--no-worker")
    page = browser.page()
    page.goto(f"{serving.url}/sign-in")
    page.get_by_label("E-mail").fill(ADMINISTRATOR)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("/tokens"))
    yield Story(bursar_home, serving, page, oidc_provider, dovecot, tmp_path / "collected")
    serving.stop()
    assert browser.complaints == []


def messages(count: int, first: int = 0) -> list[bytes]:
    """Messages that are hard to keep byte for byte: bare line feeds, leading dots, bytes that are no UTF-8."""
    return [
        b"From: a@example.org\r\nSubject: %d\r\n\r\n.dot\r\nbare\nfeed \xff\xfe %d\r\n" % (number, number * number)
        for number in range(first, first + count)
    ]


def digests(found: list[bytes]) -> list[str]:
    return sorted(hashlib.sha256(message).hexdigest() for message in found)


def as_imap_gives_it(found: list[bytes]) -> list[bytes]:
    """IMAP's lines end in CRLF (RFC 9051 §2.2): a bare line feed in the store comes over the wire with its CR."""
    return [re.sub(rb"(?<!\r)\n", b"\r\n", message) for message in found]


def test_from_consent_to_a_collected_mailbox_and_through_every_end(story: Story) -> None:
    # An administrator imports a configuration, and adds the mail account that will use it.
    document = as_yaml(consent_document(NAME, story.provider, "code-post", "code-post-secret"))
    story.home.cli("config", "import", "-", input=document, check=0)
    story.add_account("Sales", NAME, MAILBOX)
    assert story.token()["state"] == "no_token"
    assert story.home.cli("token", "get", NAME).returncode == 4

    # Authorizing prints a link; the person signs in at the provider and comes back.
    link = story.home.cli("token", "authorize", NAME, check=0).stdout.strip()
    assert link.startswith(f"{story.serving.url}/authorize/")
    assert story.token()["state"] == "awaiting_consent"
    story.page.goto(link)
    story.page.get_by_role("button", name=re.compile("Authorize")).click()
    story.sign_in_at_provider(MAILBOX)
    expect(story.page.get_by_text(NAME).first).to_be_visible()
    assert "code=" not in story.page.url
    assert story.token()["state"] == "active"

    # Five hundred messages are collected, byte for byte, and gone from the server.
    first = messages(MESSAGES)
    story.dovecot.deliver(MAILBOX, first)
    result = story.collect(0)
    assert (result["fetched"], result["delivered"], result["error"]) == (MESSAGES, MESSAGES, None)
    assert digests(story.delivered()) == digests(as_imap_gives_it(first))
    assert story.dovecot.count(MAILBOX) == 0

    # The token expires; the rotated refresh token brings a new one, and collecting goes on.
    story.let_the_token_expire()
    second = messages(20, MESSAGES)
    story.dovecot.deliver(MAILBOX, second)
    before = story.provider.refreshes
    assert story.collect(0)["delivered"] == 20
    assert story.provider.refreshes == before + 1
    story.let_the_token_expire()
    assert story.home.cli("token", "get", NAME).returncode == 0, "the rotated refresh token was not stored"

    # The consent is withdrawn at the provider: everything says so, says what to do, and nothing is lost.
    story.provider.withdraw(MAILBOX)
    story.let_the_token_expire()
    third = messages(5, MESSAGES + 20)
    story.dovecot.deliver(MAILBOX, third)
    assert story.collect(4)["error"] is not None
    refused = story.home.cli("token", "get", NAME, check=4)
    assert "bursar token authorize 'Sales inbox'" in refused.stderr
    token = story.token()
    assert token["state"] == "needs_authorization"
    error = token["error"]
    assert isinstance(error, dict)
    assert error["code"] == "invalid_grant"
    story.page.goto(f"{story.serving.url}/tokens")
    row = story.page.get_by_role("row", name=re.compile(NAME))
    expect(row).to_contain_text("Needs authorization")
    expect(row).to_contain_text("refuses the refresh token")
    assert story.dovecot.count(MAILBOX) == 5

    # One press on the overview, and collection resumes with what had waited.
    row.get_by_role("button", name=re.compile("Authorize")).click()
    story.sign_in_at_provider(MAILBOX)
    assert story.token()["state"] == "active"
    assert story.collect(0)["delivered"] == 5
    assert digests(story.delivered()) == digests(as_imap_gives_it(first + second + third))

    # The configuration can't be deleted while the account uses it, and the refusal names the account.
    assert "Sales" in story.home.cli("config", "delete", NAME, "--yes", check=6).stderr


def test_client_credentials_to_a_collected_mailbox_and_through_every_end(story: Story) -> None:
    # Imported, then requested: nobody signs in.
    document = as_yaml(credentials_document(ERP, story.provider, "machine", "machine-secret"))
    story.home.cli("config", "import", "-", input=document, check=0)
    story.add_account("ERP", ERP, MACHINE)
    story.home.cli("token", "request", ERP, check=0)
    assert story.token()["state"] == "active"
    first = messages(MESSAGES)
    story.dovecot.deliver(MACHINE, first)
    assert story.collect(0)["delivered"] == MESSAGES
    assert digests(story.delivered()) == digests(as_imap_gives_it(first))

    # The token expires: a new one is requested by itself, also where only the provider knows of the end.
    story.let_the_token_expire()
    story.dovecot.deliver(MACHINE, messages(3, MESSAGES))
    assert story.collect(0)["delivered"] == 3
    story.provider.end_access_tokens()
    story.dovecot.deliver(MACHINE, messages(3, MESSAGES + 3))
    assert story.collect(0)["delivered"] == 3

    # The client secret is wrong from now on: the commands and the overview say so.
    wrong = story.maildir.parent / "secret"
    wrong.write_text("wrong")
    story.home.cli("config", "set", ERP, "--secret-file", str(wrong), check=0)
    story.let_the_token_expire()
    story.dovecot.deliver(MACHINE, messages(2, MESSAGES + 6))
    assert story.collect(4)["error"] is not None
    assert "client secret" in story.home.cli("token", "get", ERP, check=4).stderr
    assert story.token()["state"] == "misconfigured"
    story.page.goto(f"{story.serving.url}/tokens")
    row = story.page.get_by_role("row", name=re.compile(ERP))
    expect(row).to_contain_text("Misconfigured")
    expect(row).to_contain_text("refuses the client ID or the client secret")

    # The right secret clears it at once, and what had waited is collected.
    wrong.write_text("machine-secret")
    story.home.cli("config", "set", ERP, "--secret-file", str(wrong), check=0)
    assert story.collect(0)["delivered"] == 2
    assert story.token()["state"] == "active"

    # Revoked here: nothing is handed out until a person requests again.
    story.home.cli("token", "revoke", ERP, check=0)
    assert story.home.cli("token", "get", ERP).returncode == 4
    story.home.cli("token", "request", ERP, check=0)
    assert story.home.cli("token", "get", ERP).returncode == 0
