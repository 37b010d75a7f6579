"""A web service with a token from a provider, for the tests of what is called."""

from typing import Any

from bursar.context import Context
from bursar.testing import FakeProvider, RegisteredClient
from bursar.tokens.transfer import import_documents
from bursar.webservices.models import WebService
from bursar.webservices.service import Service
from bursar.webservices.services import Secrets, add
from tests.integration.documents import as_yaml, credentials_document

TOKEN = "Ticket system"


def configure(ctx: Context, provider: FakeProvider, name: str = TOKEN) -> None:
    """A client-credentials configuration whose tokens the service takes."""
    provider.register(RegisteredClient("tickets", "secret", email="tickets@bursar.test"))
    document = as_yaml(credentials_document(name, provider, "tickets", "secret"))
    import_documents(ctx, document.encode(), "test", overwrite=False, dry_run=False, by="test")


def service(ctx: Context, base_url: str = "https://tickets.example.org/api", **changed: Any) -> WebService:
    """Add the service "Tickets"; keys as in its document."""
    document = {"Name": "Tickets", "BaseURL": base_url, **changed}
    secrets = Secrets.taken_from(document)
    return add(ctx, Service.parse(document), secrets, "test", release=True)
