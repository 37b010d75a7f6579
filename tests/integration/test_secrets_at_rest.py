"""After a life of consents, refreshes and revocations no secret stands in clear anywhere Bursar writes (SEC-31)."""

import base64
from collections.abc import Iterator
from urllib.parse import parse_qs, quote, quote_plus, urlsplit

from bursar.testing import FakeProvider
from bursar.testing.people import human
from tests.counterparts.home import BursarHome
from tests.integration.documents import as_yaml, consent_document

NAME = "Sales inbox"
SECRET_PARAMETERS = ("client_secret", "code", "code_verifier", "refresh_token", "token")


def spellings(secret: str) -> Iterator[bytes]:
    """As it is, as a URL or form carries it, and in base64 at every offset."""
    yield from {secret.encode(), quote(secret, safe="").encode(), quote_plus(secret).encode()}
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + secret.encode())
        yield encoded[4 if offset else 0 : -4]


def authorize(home: BursarHome, provider: FakeProvider, name: str) -> str:
    """Go through a consent by the command line; the state that was sent."""
    with home.start("token", "authorize", "--paste", name) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        process.communicate(provider.sign_in(address) + "\n", timeout=60)
    return parse_qs(urlsplit(address).query)["state"][0]


def everything(home: BursarHome) -> bytes:
    """All files of the home, and all rows of its database whatever server holds it."""
    files = b"\0".join(path.read_bytes() for path in home.path.rglob("*") if path.is_file() and path.name != "key")
    tables = ("configuration", "token", "attempt", "consent", "revocation")
    rows = [home.sql(f"SELECT * FROM tokens_{table}") for table in tables]
    assert all(rows), "the scene leaves a table empty"
    return files + b"\0".join(repr(row).encode() for table in rows for row in table)


def test_no_secret_is_found_in_clear(bursar_home: BursarHome, provider: FakeProvider) -> None:
    """SEC-31, SEC-3: every secret that went over the wire, looked for in files and rows in every spelling."""
    home = bursar_home
    provider.rules.id_tokens = True
    home.cli("setting", "set", "Outbound::AllowedNetworks", "127.0.0.1", check=0)
    secret = "p@ss:w+rd/%20=&x ?"
    document = consent_document(NAME, provider, "odd", secret, ClientAuthentication="client_secret_basic")
    home.cli("config", "import", "-", input=as_yaml(document), check=0)
    states = [authorize(home, provider, NAME)]
    home.cli("token", "refresh", NAME, check=0)
    provider.person = human("another@practice.example")
    states.append(authorize(home, provider, NAME))  # another account: its token waits, sealed
    home.cli("token", "authorize", f"{NAME}#returns", check=0)
    states.append(authorize(home, provider, f"{NAME}#returns"))
    handed_out = home.cli("token", "get", NAME, check=0).stdout.strip()
    provider.stop()
    home.cli("token", "revoke", f"{NAME}#returns", check=0)  # queued: the provider is down

    sent = {
        value
        for request in provider.requests
        for name, value in request.form.items()
        if name in SECRET_PARAMETERS and len(value) > 7
    }
    secrets = sent | {handed_out, secret, *states}
    assert len(secrets) > 10
    found = everything(home)
    assert NAME.encode() in found
    assert b"support@practice.example" in found, "what is no secret is in clear, so the look is not at nothing"
    assert [each for each in secrets if any(spelling in found for spelling in spellings(each))] == []
