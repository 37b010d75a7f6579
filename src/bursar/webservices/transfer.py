"""Web services as YAML: a list of mappings, one a service. Secrets are in it only where that is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml
from django.db import transaction

from ..context import Context
from ..errors import BursarError, InvalidInput
from ..tokens.document.nodes import Mapping, Node, Scalar
from ..tokens.document.scalars import BrokenRule, free_value
from ..tokens.document.violations import Unreadable
from ..tokens.document.yaml_reader import entries
from .models import WebService
from .service import Service
from .services import Secrets, add, change, client_key_of, document_of, find, password_of

LARGEST_FILE = 16 << 20


@dataclass(slots=True)
class ImportResult:
    """Names, in the order of the file."""

    added: list[str] = field(default_factory=list)
    overwritten: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def export_services(ctx: Context, names: Sequence[str] | None, *, with_secrets: bool) -> str:
    """The YAML of the named services, or of all. Raises NotFound."""
    everything = WebService.objects.select_related("token__configuration")
    rows = list(everything.all()) if names is None else [find(name) for name in dict.fromkeys(names)]
    return written([_whole(ctx, row) if with_secrets else document_of(row) for row in rows])


def written(found: Any) -> str:
    """Plain values as YAML that `read` reads back; several lines of text as a block."""
    text: str = yaml.dump(found, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)
    return text


def read(data: bytes, file: str) -> list[dict[str, Any]]:
    """The documents of a file. Raises InvalidInput with the line."""
    if len(data) > LARGEST_FILE:
        raise InvalidInput(f"{file} is larger than {LARGEST_FILE} bytes.", code="file_too_large")
    found = []
    try:
        for node in entries(data):
            if not isinstance(node, Mapping):
                raise InvalidInput(f"{file}: line {node.line}: a web service is a mapping.", code="document_invalid")
            found.append(_plain(node, file))
    except Unreadable as problem:
        where = f"line {problem.line}: " if problem.line else ""
        raise InvalidInput(f"{file}: {where}{problem.rule}.", code="document_invalid") from None
    return found


def import_services(ctx: Context, data: bytes, file: str, *, overwrite: bool, dry_run: bool, by: str) -> ImportResult:
    """Import a file: all of it or nothing. Existing names are skipped, or with `overwrite` replaced; an overwritten
    service keeps its secrets where the file has none. `dry_run` does everything and takes it back.

    Raises InvalidInput that names the entry, NotFound and Refused; nothing is changed then.
    """
    documents = read(data, file)
    result = ImportResult()
    with transaction.atomic():
        for number, document in enumerate(documents, 1):
            try:
                secrets = Secrets.taken_from(document)
                _one(ctx, Service.parse(document), secrets, overwrite, by, result)
            except BursarError as error:
                where = f"{file}: entry {number}"
                raise type(error)(f"{where}: {error.sentence}", code=error.code, action=error.action) from None
        if dry_run:
            transaction.set_rollback(True)
    return result


def _one(ctx: Context, service: Service, secrets: Secrets, overwrite: bool, by: str, result: ImportResult) -> None:
    row = WebService.objects.select_related("token__configuration").filter(name=service.name).first()
    if row is None:
        add(ctx, service, secrets, by)
        result.added.append(service.name)
    elif overwrite:
        change(ctx, row, service, secrets, by)
        result.overwritten.append(service.name)
    else:
        result.skipped.append(service.name)


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


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, so that templates and certificates stay readable."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
