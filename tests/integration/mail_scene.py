"""A mail account with a token from a provider, ready to be collected: what the tests of the mail side begin with."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bursar.context import Context
from bursar.mail.account import AccountType
from bursar.mail.accounts import NewAccount, add, find
from bursar.mail.fetch import fetch_account, limits_of
from bursar.mail.result import Result
from bursar.testing import FakeProvider, RegisteredClient
from bursar.tokens.transfer import import_documents
from tests.integration.documents import as_yaml, credentials_document

USER = "support@bursar.test"
CONFIGURATION = "Mailboxes"


@dataclass
class Scene:
    """`maildir` is where `account` delivers to."""

    ctx: Context
    provider: FakeProvider
    maildir: Path

    def configure(self, user: str = USER, name: str = CONFIGURATION) -> None:
        """A client-credentials configuration whose tokens open the mailbox of `user`."""
        self.provider.register(RegisteredClient(f"for-{user}", "secret", email=user))
        document = as_yaml(credentials_document(name, self.provider, f"for-{user}", "secret"))
        import_documents(self.ctx, document.encode(), "test", overwrite=False, dry_run=False, by="test")

    def account(self, port: int, kind: str = "IMAP", name: str = "Support", **changed: Any) -> str:
        """Add an account and return its name."""
        usual: dict[str, Any] = {
            "host": "localhost",
            "login": USER,
            "token": CONFIGURATION,
            "deliver": f"maildir:{self.maildir}",
        }
        if "password" in changed:
            usual["token"] = None
        add(self.ctx, NewAccount(name=name, type=AccountType(kind), port=port, **usual | changed), "test", release=True)
        return name

    def fetch(self, name: str = "Support", **limits: Any) -> Result:
        return fetch_account(self.ctx, find(name), replace(limits_of(self.ctx), **limits))

    def delivered(self) -> list[bytes]:
        """What is in the maildir, in the order of the UIDs."""
        files = [path for part in ("new", "cur") for path in (self.maildir / part).glob("*")]
        return [path.read_bytes() for path in sorted(files, key=lambda path: int(path.name.split(".")[2]))]


def code(result: Result) -> str | None:
    """The code of the result's error, for a comparison that shows the whole error when it fails."""
    return result.error.code if result.error else None
