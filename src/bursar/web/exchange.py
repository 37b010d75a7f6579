"""What a page can bring in and take away as YAML beside token configurations: web services and mail accounts."""

from dataclasses import dataclass
from typing import Protocol

from ..context import Context
from ..exchange import ImportResult
from ..mail.transfer import export_accounts, import_accounts
from ..webservices.transfer import export_services, import_services


class Importing(Protocol):
    """`release` is a person's yes to what the import would hold."""

    def __call__(
        self, ctx: Context, data: bytes, file: str, *, overwrite: bool, dry_run: bool, by: str, release: bool
    ) -> ImportResult: ...


class Exporting(Protocol):
    def __call__(self, ctx: Context, *, with_secrets: bool) -> str: ...


@dataclass(frozen=True, slots=True)
class Kind:
    """`key` is its place in the menu, and what its kept files are marked with."""

    key: str
    file_name: str
    help: str
    importing: Importing
    exporting: Exporting

    @property
    def place(self) -> str:
        return f"/{self.key}"


def _export_accounts(ctx: Context, *, with_secrets: bool) -> str:
    return export_accounts(ctx, None, with_passwords=with_secrets)


def _export_services(ctx: Context, *, with_secrets: bool) -> str:
    return export_services(ctx, None, with_secrets=with_secrets)


MAIL = Kind("mail", "bursar-mail-accounts", "/help/how-to/collect-mail", import_accounts, _export_accounts)
WEBSERVICES = Kind("webservices", "bursar-web-services", "/help/how-to/web-services", import_services, _export_services)
