"""The document behind a row, parsed once per generation, and what it says is missing."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from ..grants import Client
from ..keyring import Secret
from ..oauth2.plan import RequestPlan
from ..oauth2.vocabulary import ClientAuthentication
from .described import TOKEN_REQUESTS, is_public, provider_of
from .document import TokenConfigurationDocument, document_of
from .outcome import Refusal, RefusalKind, quoted
from .rows import TokenRow

KEPT = 2_000


@dataclass(frozen=True, slots=True)
class Facts:
    """A configuration's typed document, and how a person knows its provider ("Google", "login.example.org")."""

    document: TokenConfigurationDocument
    provider: str
    server: str  # host and port of the token endpoint: what the scheduler's bulkheads go by

    def client(self, secret: Secret | None) -> Client:
        """The client as it authenticates; a public client's stored secret is not sent."""
        options = self.document.options
        needs = options.client_authentication is not ClientAuthentication.NONE
        return Client(self.document.client_id or "", secret if needs else None, options.client_authentication)

    def sources(self) -> dict[str, str]:
        """What a request's parameters may be filled from whatever the grant: the document's own scalars and scope."""
        found = {key: str(value) for key, value in self.document.extras.items() if value is not None}
        return found | ({} if self.document.scope is None else {"Scope": self.document.scope})

    def plan(self, request_type: str) -> RequestPlan | None:
        """The document's request of that type, None where it has none."""
        return self.document.requests.get(request_type)


class _Kept:
    """The documents that were parsed last, by configuration and generation."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._facts: OrderedDict[tuple[str, int], Facts] = OrderedDict()

    def known(self, configuration_id: str, generation: int) -> Facts | None:
        with self._lock:
            return self._facts.get((configuration_id, generation))

    def get(self, row: TokenRow) -> Facts:
        key = (row.c_id, row.c_generation)
        with self._lock:
            found = self._facts.get(key)
            if found is not None:
                self._facts.move_to_end(key)
                return found
        facts = _read(row)
        with self._lock:
            self._facts[key] = facts
            while len(self._facts) > KEPT:
                self._facts.popitem(last=False)
        return facts


_kept = _Kept()


def known_facts(configuration_id: str, generation: int) -> Facts | None:
    """The facts where they were read before."""
    return _kept.known(configuration_id, generation)


def facts_of(row: TokenRow) -> Facts:
    """The facts of the row's configuration at the row's generation."""
    return _kept.get(row)


def missing(row: TokenRow, facts: Facts) -> Refusal | None:
    """What the document lacks before anything can be asked of the provider: the client ID or the client secret."""
    name = quoted(row.c_name)
    if not facts.document.client_id:
        return Refusal(
            RefusalKind.PERSON,
            "client_id_missing",
            "The client ID is missing.",
            f"Enter it: `bursar config set {name} ClientID=…`.",
        )
    if row.c_client_secret is None and not is_public(facts.document):
        return Refusal(
            RefusalKind.PERSON,
            "client_secret_missing",
            "The client secret is missing.",
            f"Enter it: `bursar config set {name} --secret-file FILE`.",
        )
    return None


def _read(row: TokenRow) -> Facts:
    document = document_of(row.configuration())
    urls = [document.requests[kind].url for kind in TOKEN_REQUESTS if kind in document.requests]
    host = urls[0].host if urls else ""
    return Facts(document, provider_of(document), f"{host}:{urls[0].port}" if urls else "")
