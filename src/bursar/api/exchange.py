"""YAML in and out: the same for web services and mail accounts, all of it or nothing, secrets in and never out."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Protocol

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from ..app import context
from ..askable import askable
from ..context import Context
from ..errors import InvalidInput
from ..exchange import HIDDEN, ImportResult, Stored
from ..keyring import Secret
from ..tokens import age_file
from ..tokens.differences import Difference
from ..tokens.import_plan import OVERWRITTEN, SKIPPED, PlannedEntry
from .auth import manager_of
from .shapes.exchange import Brought

_KEYS = (
    ("Age-Passphrase", "Opens a body that is encrypted with age: its passphrase."),
    ("Age-Identity", "Opens a body that is encrypted with age: its identity, `AGE-SECRET-KEY-1…`."),
)
BODY: dict[str, Any] = {
    "parameters": [
        {"name": name, "in": "header", "required": False, "schema": {"type": "string"}, "description": words}
        for name, words in _KEYS
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/yaml": {"schema": {"type": "string"}},
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    },
}
Names = Annotated[list[str] | None, Query(max_length=1000)]


class Importing(Protocol):
    """As `import_accounts` and `import_services`."""

    def __call__(
        self, ctx: Context, data: bytes, file: str, *, overwrite: bool, dry_run: bool, by: str
    ) -> ImportResult: ...


def exchanged(router: Router, kind: str, importing: Importing, exporting: Callable[[list[str] | None], str]) -> None:
    """Give `router` its `/export` and `/import`; before its other paths, which would take those for ids."""

    def export_yaml(request: HttpRequest, name: Names = None) -> HttpResponse:
        """YAML of the named ones or of all; never with secrets."""
        manager_of(request).check_all()
        return yaml_of(exporting(None if name is None else [askable(each) for each in name]))

    def import_yaml(request: HttpRequest, overwrite: bool = False, dry_run: bool = False) -> Any:
        """The body is a file as the export writes it, with secrets where it has some: all of it is imported, or
        nothing. What is there is skipped, or with `overwrite` replaced; its secrets stay where the file has none.
        `dry_run` says what would become of each entry. A body that is encrypted with age is opened by the header
        `Age-Passphrase` or `Age-Identity`."""
        manager = manager_of(request)
        manager.check_all()
        result = importing(context(), opened(request), "body", overwrite=overwrite, dry_run=dry_run, by=manager.by)
        if not result.entries:
            raise InvalidInput("The body has no entries.", code="document_empty")
        return result.as_json()

    router.get("/export", response={200: None}, operation_id=f"export_{kind}")(export_yaml)
    router.post("/import", response=Brought, operation_id=f"import_{kind}", openapi_extra=BODY)(import_yaml)


def opened(request: HttpRequest) -> bytes:
    """The body, decrypted where it is a file of age. Raises InvalidInput without a key that opens it."""
    data = request.body
    if not age_file.is_age(data):
        return data
    identity, passphrase = request.headers.get("Age-Identity"), request.headers.get("Age-Passphrase")
    if not identity and not passphrase:
        raise InvalidInput(
            "The body is encrypted with age.",
            code="age_key_missing",
            action="Send the header Age-Passphrase or Age-Identity with it.",
        )
    if passphrase:
        # A header's bytes come as Latin-1; a passphrase is UTF-8.
        return age_file.decrypted(
            data, passphrase=Secret(passphrase.encode("latin-1", "replace").decode("utf-8", "replace"))
        )
    return age_file.decrypted(data, identity=Secret(identity or ""))


def brought(plan: Sequence[PlannedEntry]) -> dict[str, Any]:
    """What became of token configurations, in the same shape."""
    entries = [Stored(each.name, each.outcome, each.differences + _of_secret(each), bool(each.held)) for each in plan]
    return ImportResult(entries).as_json()


def _of_secret(entry: PlannedEntry) -> tuple[Difference, ...]:
    if entry.outcome not in (OVERWRITTEN, SKIPPED) or entry.secret not in ("new", "replaced"):
        return ()
    return (Difference("ClientSecret", HIDDEN if entry.secret == "replaced" else None, HIDDEN),)  # noqa: S105


def yaml_of(text: str) -> HttpResponse:
    """A file of the exchange format, which nobody keeps."""
    return HttpResponse(text, content_type="application/yaml; charset=utf-8", headers={"Cache-Control": "no-store"})
