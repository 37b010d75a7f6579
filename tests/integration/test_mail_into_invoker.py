"""The worked example of the documentation, whole: mail in a real mailbox becomes tickets at a protected API."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bursar.testing import FakeProvider, RegisteredClient
from tests.counterparts.dovecot import Dovecot, Introspecting
from tests.counterparts.home import BursarHome
from tests.counterparts.oidc import OidcProvider
from tests.integration.documents import as_yaml, credentials_document
from tests.integration.test_mail_invoker import mail

pytestmark = pytest.mark.counterpart
GUIDE = Path(__file__).parents[2] / "docs/how-to/web-services.md"
USER = "support@bursar.test"


def example(resource: str) -> str:
    """The document of the guide for the API that echoes: its address, and what it answers, are the only differences."""
    found = GUIDE.read_text().split("## A ticket from an incoming mail")[1]
    block = re.search(r"```yaml\n(.*?)```", found, re.S)
    assert block is not None
    text = block[1].replace("https://tickets.example.org/api/v2", resource)
    return text.replace("Success: body.ticket.number", "Success: body.url").replace(
        "Output: ticket.number", "Output: url"
    )


def test_mail_becomes_a_ticket_though_the_token_ends_on_the_way(
    bursar_home: BursarHome,
    provider: FakeProvider,
    oidc_provider: OidcProvider,
    start_dovecot: Callable[[Introspecting], Dovecot],
) -> None:
    """SEC-57, SEC-62: nothing is sent before a person's yes; the message leaves its server once it is a ticket."""
    cli = bursar_home.cli
    provider.register(RegisteredClient("collector", "secret", email=USER))
    mailbox = credentials_document("Support mailbox", provider, "collector", "secret")
    tickets = credentials_document("Ticket system", oidc_provider, "machine", "machine-secret")
    cli("config", "import", "-", input=as_yaml(mailbox, tickets), check=0)
    cli("setting", "set", "Outbound::AllowedNetworks", "127.0.0.0/8,::1,localhost", check=0)
    server = start_dovecot(provider)
    server.deliver(USER, [mail(), mail()])

    said = cli("webservice", "import", "-", input=example(oidc_provider.resource_url), check=0).stderr
    assert "bursar webservice confirm Tickets" in said
    account = [
        "--name",
        "Support",
        "--login",
        USER,
        "--token",
        "Support mailbox",
        "--type",
        "IMAPS",
        "--host",
        "localhost",
    ]
    account += ["--port", str(server.imaps), "--ca", str(server.ca), "--deliver", "invoker:Tickets/from-mail"]
    cli("mail", "add", *account, check=0)
    held = cli("mail", "fetch", "Support")
    assert held.returncode != 0
    assert "nobody has confirmed yet" in held.stdout + held.stderr
    assert server.count(USER) == 2

    cli("webservice", "confirm", "Tickets", "--yes", check=0)
    assert cli("webservice", "run", "Tickets", "from-mail", "--sample", check=0).stdout == "/resource/tickets\n"
    oidc_provider.end_access_tokens()
    cli("mail", "fetch", "Support", check=0)
    assert server.count(USER) == 0
    log = json.loads(cli("webservice", "log", "Tickets", "--json", check=0).stdout)
    made = [each for each in log if each["origin"] == "mail"]
    assert [each["status"] for each in made] == [200, 200]
    assert [each["token_renewed"] for each in made].count(True) == 1
    for each in made:
        echo = json.loads(each["received"])
        ticket = json.loads(echo["body"])
        wanted = ("Brücke\u00a0kaputt", "Hello\r\n", "ada@b.example")
        assert (ticket["title"], ticket["text"], ticket["sender"]) == wanted
        assert (echo["method"], ticket["attachments"][0]["name"]) == ("POST", "a.bin")
    assert len({each["sent_headers"]["Idempotency-Key"] for each in made}) == 2
    cli("mail", "fetch", "Support", check=0)
    assert len(json.loads(cli("webservice", "log", "Tickets", "--json", check=0).stdout)) == len(log)
