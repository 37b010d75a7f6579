"""Where the door's view comes from: one way a database, one promise.

What `current` gives is as true as the database was at some moment after it was called. So a key or token that was
revoked before a request arrived is not honoured by it, in whichever process it was revoked (SEC-44, SEC-47).
"""

from dataclasses import dataclass
from typing import Any, Protocol

from ..errors import Temporary
from .key import Key
from .ready import Ready
from .view import View


@dataclass(frozen=True, slots=True)
class Account:
    """A mail account, as EmailEngine asks for it: its login, and the reference of its token."""

    login: str
    reference: str


class Source(Protocol):
    """Raises Temporary (`storage_unavailable`) where the database can't be asked: then nothing is handed out."""

    view: View

    async def open(self) -> None: ...

    def peek(self, digest: bytes, reference: str) -> tuple[Key, Ready] | None:
        """What `current` gives, where that needs no waiting and both are in memory; None where it has to be asked."""

    async def current(self, digest: bytes | None, reference: str | None) -> tuple[Key | None, Ready | None]:
        """The key with this SHA-256, and the ready token: looked up only where the key permits it, or without a key."""

    async def exists(self, reference: str) -> bool:
        """Whether a token has that reference."""

    async def account(self, name: str) -> Account | None:
        """The valid mail account of that name."""

    async def proxies(self) -> str:
        """TrustedProxies, as text."""

    async def close(self) -> None: ...


def unavailable(problem: Exception) -> Temporary:
    """The database can't be asked."""
    error = Temporary(
        "The database can't be used just now.",
        code="storage_unavailable",
        action="Nothing was lost. Look at the database server and the free disk space.",
        retry_after=5,
    )
    error.__cause__ = problem
    return error


def source_of(database: dict[str, Any], keyring: Any) -> Source:
    """The source for an entry of Django's DATABASES."""
    if str(database["ENGINE"]).endswith("sqlite3"):
        from .sqlite import SqliteSource

        return SqliteSource(str(database["NAME"]), keyring)
    from ..look import connection_parameters
    from .postgres import PostgresSource

    return PostgresSource(connection_parameters(database), keyring)
