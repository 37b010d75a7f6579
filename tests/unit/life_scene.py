"""A scene for the tests of the token life: a context on a fake clock, a scriptable provider, configurations at it."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from bursar.context import Context
from bursar.keyring import Secret
from bursar.testing import FakeClock, FakeProvider
from bursar.tokens import consent
from bursar.tokens.authorize import start
from bursar.tokens.configure import change
from bursar.tokens.obtain import obtain
from bursar.tokens.outcome import AccountChanged, Consented, Obtained, Refusal
from bursar.tokens.overview import TokenView, list_tokens
from bursar.tokens.transfer import import_documents
from tests.integration.documents import as_yaml, consent_document, credentials_document

NAME = "Sales inbox"
ERP = "ERP connector"
PERSON, SESSION = "1", "session-1"


@dataclass
class Scene:
    """What a test acts on. Names default to the one consent configuration of the scene."""

    ctx: Context
    provider: FakeProvider
    clock: FakeClock
    options: dict[str, Any] = field(default_factory=dict)

    def add(self, name: str = NAME, client_id: str = "client", secret: str | None = "secret", **options: Any) -> None:
        self._import(consent_document(name, self.provider, client_id, secret, **options))

    def add_credentials(
        self, name: str = ERP, client_id: str = "client", secret: str | None = "secret", **o: Any
    ) -> None:
        self._import(credentials_document(name, self.provider, client_id, secret, **o))

    def _import(self, entry: dict[str, Any]) -> None:
        import_documents(self.ctx, as_yaml(entry).encode(), "test.yml", overwrite=False, dry_run=False, by="test")

    def begin(self, name: str = NAME) -> list[tuple[str, str]]:
        """Start a consent and go through it at the provider; what the browser brings back."""
        back = self.provider.sign_in(start(self.ctx, name, PERSON, SESSION))
        return parse_qsl(urlsplit(back).query, keep_blank_values=True)

    def finish(self, parameters: list[tuple[str, str]]) -> Consented | AccountChanged | Refusal:
        return consent.finish(self.ctx, parameters, PERSON, SESSION)

    def authorize(self, name: str = NAME) -> Consented:
        done = self.finish(self.begin(name))
        assert isinstance(done, Consented), done
        return done

    def token(self, name: str = NAME, min_ttl: float = 0, ctx: Context | None = None) -> str:
        """The access token; the test fails where there is none."""
        found = obtain(ctx or self.ctx, name, min_ttl)
        assert isinstance(found, Obtained), found
        return found.access_token.reveal()

    def refusal(self, name: str = NAME, min_ttl: float = 0) -> Refusal:
        found = obtain(self.ctx, name, min_ttl)
        assert isinstance(found, Refusal), found
        return found

    def view(self, name: str = NAME) -> TokenView:
        [view] = list_tokens(self.ctx, name)
        return view

    def state(self, name: str = NAME) -> str:
        return self.view(name).state.word

    def change(self, path: str, value: str, name: str = NAME, secret: str | None = None) -> None:
        change(self.ctx, name, [(path, value)], None if secret is None else Secret(secret), "test")

    def set_secret(self, secret: str, name: str = NAME) -> None:
        change(self.ctx, name, [], Secret(secret), "test")

    @property
    def refresh_calls(self) -> int:
        return len(self.provider.token_requests("refresh_token"))
