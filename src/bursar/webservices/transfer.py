"""Web services as YAML: a list of mappings, one a service. Secrets are in it only where that is asked for."""

from collections.abc import Sequence
from typing import Any

from ..context import Context
from ..errors import InvalidInput
from ..exchange import HIDDEN, ImportResult, Stored, import_all, mappings, written
from ..tokens.differences import Difference, between
from ..tokens.document.nodes import Mapping, Node, Scalar
from ..tokens.document.scalars import BrokenRule, free_value
from ..tokens.import_plan import ADDED, OVERWRITTEN, SKIPPED, UNCHANGED
from .models import WebService
from .service import Service
from .services import Secrets, add, change, client_key_of, document_of, find, password_of


def export_services(ctx: Context, names: Sequence[str] | None, *, with_secrets: bool) -> str:
    """The YAML of the named services, or of all. Raises NotFound."""
    everything = WebService.objects.select_related("token__configuration")
    rows = list(everything.all()) if names is None else [find(name) for name in dict.fromkeys(names)]
    return written([_whole(ctx, row) if with_secrets else document_of(row) for row in rows])


def read(data: bytes, file: str) -> list[dict[str, Any]]:
    """The documents of a file. Raises InvalidInput with the line."""
    return [_plain(node, file) for node in mappings(data, file)]


def import_services(
    ctx: Context, data: bytes, file: str, *, overwrite: bool, dry_run: bool, by: str, release: bool = False
) -> ImportResult:
    """Import a file: all of it or nothing. Existing names are skipped, or with `overwrite` replaced; an overwritten
    service keeps its secrets where the file has none. `dry_run` does everything and takes it back. What the import
    would hold is named in the result; `release` is a person's yes to where it all goes, so that nothing is.

    Raises InvalidInput that names the entry, NotFound and Refused; nothing is changed then.
    """
    return import_all(read(data, file), file, lambda each: _store(ctx, each, overwrite, by, release), dry_run=dry_run)


def _store(ctx: Context, document: dict[str, Any], overwrite: bool, by: str, release: bool) -> Stored:
    secrets = Secrets.taken_from(document)
    service = Service.parse(document)
    row = WebService.objects.select_related("token__configuration").filter(name=service.name).first()
    if row is None:
        row = add(ctx, service, secrets, by, release=release)
        return Stored(service.name, ADDED, tuple(_where(row) if row.held else ()), row.held)
    given = {"Password": secrets.password, "ClientKey": secrets.client_key}
    places = [
        *between(document_of(row), service.document()),
        *(Difference(key, None, HIDDEN) for key, secret in given.items() if secret is not None),
    ]
    if not overwrite:
        return Stored(service.name, SKIPPED, tuple(places))
    if not places:
        return Stored(service.name, UNCHANGED)
    changed = change(ctx, row, service, secrets, by, release=release)
    return Stored(service.name, OVERWRITTEN, tuple(places), changed.held)


def _where(row: WebService) -> list[Difference]:
    """Where a new service would send which proof: what a person is to compare."""
    document = document_of(row)
    return between({}, {key: document.get(key) for key in ("BaseURL", "CA", "Proxy", "Token")})


def _whole(ctx: Context, row: WebService) -> dict[str, Any]:
    password, key = password_of(ctx, row), client_key_of(ctx, row)
    document = document_of(row)
    invokers = document.pop("Invokers", None)
    document |= {"Password": password.reveal()} if password else {}
    document |= {"ClientKey": key.reveal()} if key else {}
    return document | ({"Invokers": invokers} if invokers else {})


def _plain(node: Node, file: str) -> Any:
    if isinstance(node, Mapping):
        return {key: _plain(child, file) for key, child in node.items.items()}
    if isinstance(node, Scalar):
        try:
            return free_value(node)
        except BrokenRule as problem:
            raise InvalidInput(f"{file}: line {node.line}: a value {problem}.", code="document_invalid") from None
    return [_plain(child, file) for child in node.items]
