"""Import and export of token configurations in the exchange format. Tokens never travel."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO

from django.db import connection, transaction
from django.db.models import QuerySet

from ..context import Context
from ..errors import PersonMustAct
from ..ids import new_id
from ..keyring import SealBroken, Secret
from . import history
from .configure import find, new_row, rewrite_all, secret_of, writing
from .document import TokenConfigurationDocument, document_of, read_documents, write_documents
from .document.export import START
from .labels import refuse_ambiguous_name
from .models import Configuration, Token
from .outcome import quoted

_BATCH = 500  # names a query, well below every database's bound on parameters


@dataclass(slots=True)
class ImportResult:
    """Names, in the order of the file. `held` are those whose secret or token this import holds."""

    added: list[str] = field(default_factory=list)
    overwritten: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)


def import_documents(
    ctx: Context, data: bytes, file_name: str, *, overwrite: bool, dry_run: bool, by: str
) -> ImportResult:
    """Import a file: all of it or nothing. Existing names are skipped, or with `overwrite` replaced.

    An overwritten configuration keeps its id, its tokens, and, where the file has none, its secret.
    `dry_run` does everything and takes it back. Raises InvalidInput, Refused and Temporary; nothing is changed then.
    """
    return import_read(ctx, read_documents(data, file_name), overwrite=overwrite, dry_run=dry_run, by=by)


def import_read(
    ctx: Context, documents: Sequence[TokenConfigurationDocument], *, overwrite: bool, dry_run: bool, by: str
) -> ImportResult:
    """`import_documents` for what is read already, so that no transaction waits for a large file's parsing."""
    result = ImportResult()
    with writing():
        existing = _by_name([document.name for document in documents])
        fresh: list[TokenConfigurationDocument] = []
        known: list[tuple[Configuration, TokenConfigurationDocument, Secret | None]] = []
        for document in documents:
            row = existing.get(document.name)
            if row is None:
                fresh.append(document)
                result.added.append(document.name)
            elif not overwrite:
                result.skipped.append(document.name)
            else:
                known.append((row, document, document.client_secret))
                result.overwritten.append(document.name)
        result.held += [change.configuration.name for change in rewrite_all(ctx, known, by) if change.held]
        _insert(ctx, fresh, by)
        if dry_run:
            transaction.set_rollback(True)
    return result


def export_documents(
    ctx: Context, names: Sequence[str] | None, *, with_secrets: bool, by: str = "", encrypted: bool = False
) -> str:
    """The YAML of the named configurations, or of all; secrets only `with_secrets`.

    That secrets went out, to whom (`by`) and whether the caller encrypts them, is kept in each configuration's past.
    Raises NotFound; PersonMustAct (`secret_unreadable`) where a secret is wanted that doesn't open.
    """
    rows = Configuration.objects.all()
    if names is not None:
        rows = rows.filter(id__in=[find(name).id for name in dict.fromkeys(names)])
    return export_rows(ctx, rows, with_secrets=with_secrets, by=by, encrypted=encrypted).decode()


def export_rows(
    ctx: Context, rows: QuerySet[Configuration], *, with_secrets: bool, by: str = "", encrypted: bool = False
) -> bytes:
    """`export_documents` for these rows, read in parts. Raises Temporary, where nothing leaves that isn't noted.

    It is whole before any of it leaves, so that what stops in the middle is an answer and no file; and it is in memory
    once, as bytes, since secrets in clear text belong in no file of the machine.
    """
    told: list[str] = []
    data = BytesIO()
    for some in _in_parts(rows.order_by("name")):
        written = write_documents((document_of(row), _secret(ctx, row) if with_secrets else None) for row in some)
        data.write((written if not data.tell() else written.removeprefix(START)).encode())
        told += [row.id for row in some if with_secrets and row.client_secret is not None]
    if told:
        with writing(), connection.cursor() as cursor:
            history.note_all(cursor, told, history.EXPORTED, by, ctx.clock.now(), encrypted=encrypted)
    return data.getvalue() or write_documents(()).encode()


def _in_parts(rows: QuerySet[Configuration]) -> Iterator[list[Configuration]]:
    """The rows by name, five hundred at a time, each query from where the one before ended."""
    last = ""
    while some := list((rows.filter(name__gt=last) if last else rows)[:_BATCH]):
        yield some
        last = some[-1].name


def _secret(ctx: Context, row: Configuration) -> Secret | None:
    try:
        return secret_of(ctx, row)
    except SealBroken:
        raise PersonMustAct(
            f'The client secret of "{row.name}" doesn\'t open: it was changed or moved in the database.',
            code="secret_unreadable",
            action=f"Enter it again (`bursar config set {quoted(row.name)} --secret-file FILE`), or export without"
            " secrets.",
        ) from None


def _by_name(names: Sequence[str]) -> dict[str, Configuration]:
    found: dict[str, Configuration] = {}
    for start in range(0, len(names), _BATCH):
        rows = Configuration.objects.filter(name__in=names[start : start + _BATCH])
        found |= {row.name: row for row in rows}
    return found


def _insert(ctx: Context, documents: Sequence[TokenConfigurationDocument], by: str) -> None:
    """New rows with their token rows: nothing was ever obtained with them, so there is nothing to plan anew."""
    for document in documents:
        refuse_ambiguous_name(document.name)
    rows = [new_row(ctx, document, by) for document in documents]
    Configuration.objects.bulk_create(rows, batch_size=_BATCH)
    Token.objects.bulk_create((Token(id=new_id(), configuration=row) for row in rows), batch_size=_BATCH)
