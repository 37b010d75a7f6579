"""Token configurations: list, read, add, change, duplicate, label, delete; YAML out and in."""

from typing import Annotated, Any

from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from ..app import context
from ..askable import askable
from ..errors import BursarError, InvalidInput, NotFound
from ..tokens import configure, edit
from ..tokens.configure import check_secret
from ..tokens.create import create
from ..tokens.document import assigned, document_of, read_documents
from ..tokens.duplicate import duplicate as duplicate_configuration
from ..tokens.import_plan import plan_import
from ..tokens.inventory import show_configuration
from ..tokens.labels import add_label
from ..tokens.models import Configuration, Token
from ..tokens.transfer import export_documents, import_read
from .auth import Forbidden, Manager, manager_of
from .exchange import BODY, brought, opened, yaml_of
from .paging import Limit, Offset, part
from .shapes import configurations as shapes
from .shapes.common import Validity
from .shapes.exchange import Brought
from .tags import check, in_one_step, tagged

router = Router(tags=["Token configurations"])
LARGEST_FILE = 32 << 20


@router.get("", response=shapes.ConfigurationPage)
def list_configurations(
    request: HttpRequest,
    limit: Limit = 50,
    offset: Offset = 0,
    search: Annotated[str, Query(max_length=200)] = "",
    name: Annotated[str | None, Query(max_length=250)] = None,
    validity: Annotated[Validity | None, Query()] = None,
) -> Any:
    """By name. `search` looks at name, client ID and template; `name` is exact."""
    rows = Configuration.objects.order_by("name")
    if validity is not None:
        rows = rows.filter(validity=validity)
    if name is not None:
        rows = rows.filter(name=askable(name))
    for word in askable(search).split():
        rows = rows.filter(Q(name__icontains=word) | Q(client_id__icontains=word) | Q(template__icontains=word))
    manager = manager_of(request)
    held = Exists(Token.objects.filter(configuration=OuterRef("pk"), held=True))
    if manager.rules.permits_all:
        total, found = rows.count(), list(rows.annotate(token_held=held)[offset : offset + limit])
    else:
        ids = [key for key, each in rows.values_list("id", "name") if manager.may_see(each)]
        total = len(ids)
        found = list(rows.filter(id__in=ids[offset : offset + limit]).annotate(token_held=held))
    return part(request, found, total, limit, offset, _summary)


@router.post("", response={201: shapes.Configuration})
def add_configuration(request: HttpRequest, response: HttpResponse, body: shapes.NewConfiguration) -> Any:
    """From a template, as `bursar config add`."""
    manager = manager_of(request)
    manager.check(body.name)
    secret = check_secret(body.client_secret) if body.client_secret else None
    row = create(context(), body.template, body.name, list(body.set.items()), secret, manager.by)
    return made(request, response, row)


@router.get("/export", response={200: None})
def export_yaml(request: HttpRequest, name: Annotated[list[str] | None, Query(max_length=1000)] = None) -> HttpResponse:
    """YAML in the exchange format, of the named configurations or of all that the key may see; never with secrets."""
    manager = manager_of(request)
    names = None
    if name is not None:
        names = [askable(each) for each in name]
        for each in names:
            manager.check(each)
    elif not manager.rules.permits_all:
        names = [each for each in Configuration.objects.values_list("name", flat=True) if manager.may_see(each)]
    text = export_documents(context(), names, with_secrets=False)
    return yaml_of(text)


@router.post(
    "/import",
    response=Brought,
    openapi_extra=BODY,
)
def import_yaml(request: HttpRequest, overwrite: bool = False, dry_run: bool = False) -> Any:
    """The body is a file in the exchange format: all of it is imported, or nothing. What is there is skipped, or with
    `overwrite` replaced; its secret stays where the file has none. `dry_run` says what would become of each entry.
    A body that is encrypted with age is opened by the header `Age-Passphrase` or `Age-Identity`."""
    manager = manager_of(request)
    data = opened(request)
    if len(data) > LARGEST_FILE:
        raise InvalidInput("The file is larger than 32 MB.", code="document_too_large")
    documents = read_documents(data, "body")
    if not documents:
        raise InvalidInput("The body holds no token configuration.", code="document_empty")
    for document in documents:
        manager.check(document.name)
    ctx = context()
    plan = plan_import(ctx, documents, overwrite=overwrite)
    result = import_read(ctx, documents, overwrite=overwrite, dry_run=dry_run, by=manager.by)
    return brought(plan) | {"held": result.held}


@router.post("/validity", response=shapes.ChangedMany)
def set_validity(request: HttpRequest, body: shapes.ValidityOfMany) -> Any:
    """Make many configurations valid, invalid or invalid-temporarily, each by itself: `failed` are as they were."""
    manager = manager_of(request)
    changed: list[str] = []
    unchanged: list[str] = []
    failed: list[dict[str, str]] = []
    for key in dict.fromkeys(body.configurations):
        try:
            row = found(manager, key)
            change = configure.change(context(), row.name, [("Validity", body.validity)], None, manager.by)
        except BursarError as problem:
            failed.append({"id": key, "code": problem.code, "sentence": problem.sentence, "action": problem.action})
        else:
            (changed if change.changed else unchanged).append(row.id)
    return {"changed": changed, "unchanged": unchanged, "failed": failed}


@router.get("/{configuration_id}", response={200: shapes.Configuration, 304: None})
def read_configuration(request: HttpRequest, response: HttpResponse, configuration_id: str) -> Any:
    """One configuration, without its secret."""
    return tagged(request, response, whole(found(manager_of(request), configuration_id)))


@router.patch("/{configuration_id}", response=shapes.Configuration)
def change_configuration(
    request: HttpRequest, response: HttpResponse, configuration_id: str, body: shapes.ConfigurationChange
) -> Any:
    """As `bursar config set`: all of it or nothing. Where it sends secrets elsewhere, `held` says what waits for a
    person's confirmation, which the pages and the command line take, and this API doesn't."""
    manager = manager_of(request)
    row = found(manager, configuration_id)
    check(request, whole(row))
    document = assigned(document_of(row), list(body.set.items()))
    manager.check(document.name)
    secret = check_secret(body.client_secret) if body.client_secret else None
    with in_one_step(request):
        change = edit.save(context(), row, document, secret, manager.by)
    return tagged(request, response, whole(change.configuration))


@router.delete("/{configuration_id}", response={204: None})
def delete_configuration(request: HttpRequest, configuration_id: str) -> Any:
    """With its tokens, which the provider is told to revoke. Refused while something uses it."""
    manager = manager_of(request)

    def look(row: Configuration) -> None:
        check(request, whole(row))
        for label in Token.objects.filter(configuration=row).exclude(label="").values_list("label", flat=True):
            if not manager.may_see(f"{row.name}#{label}"):
                raise Forbidden(
                    "key_limited",
                    f'"{row.name}" has tokens under labels that this key may not manage; they would be deleted too.',
                    "Use a key that may manage all of them.",
                )

    with in_one_step(request):
        configure.delete(context(), found(manager, configuration_id).name, look)
    return Status(204, None)


@router.post("/{configuration_id}/duplicate", response={201: shapes.Configuration})
def duplicate(request: HttpRequest, response: HttpResponse, configuration_id: str, body: shapes.Duplicate) -> Any:
    """The same document under another name, without tokens."""
    manager = manager_of(request)
    row = found(manager, configuration_id)
    manager.check(body.name)
    copy = duplicate_configuration(context(), row, body.name, manager.by, with_secret=body.with_secret)
    return made(request, response, copy)


@router.post("/{configuration_id}/labels", response={201: shapes.Configuration})
def label(request: HttpRequest, response: HttpResponse, configuration_id: str, body: shapes.NewLabel) -> Any:
    """A further token under the configuration."""
    manager = manager_of(request)
    row = found(manager, configuration_id)
    manager.check(f"{row.name}#{body.label}")
    add_label(row, body.label)
    return made(request, response, row)


def found(manager: Manager, configuration_id: str) -> Configuration:
    """The configuration, where the key may manage it. Raises NotFound."""
    try:
        row = edit.by_id(askable(configuration_id))
    except NotFound:
        row = None
    if row is None or not manager.may_see(row.name):
        raise NotFound("There is no such token configuration.", code="configuration_not_found")
    return row


def made(request: HttpRequest, response: HttpResponse, row: Configuration) -> Any:
    """201, with its address and its tag."""
    response["Location"] = f"/api/v1/configurations/{row.id}"
    return Status(201, tagged(request, response, whole(edit.by_id(row.id))))


def _summary(row: Configuration) -> dict[str, Any]:
    held = configure.held(row) if not hasattr(row, "token_held") else _held(row)
    return {
        "id": row.id,
        "name": row.name,
        "flow": row.flow,
        "validity": row.validity,
        "template": row.template,
        "client_id": row.client_id or None,
        "secret_stored": row.client_secret is not None,
        "held": held,
        "changed_at": row.changed_at,
        "changed_by": row.changed_by,
    }


def _held(row: Any) -> list[str]:
    return (["token"] if row.token_held else []) + (["secret"] if row.secret_held else [])


def whole(row: Configuration) -> dict[str, Any]:
    """The configuration as `read_configuration` answers it."""
    shown = show_configuration(context(), row.name)
    tokens = Token.objects.filter(configuration=row).order_by("label").values("id", "label")
    return _summary(row) | {
        "scope": shown["scope"],
        "secret_fingerprint": shown["secret"]["fingerprint"],
        "pinned_issuer": row.pinned_issuer,
        "used_by": shown["used_by"],
        "tokens": list(tokens),
        "config": shown["config"],
        "created_at": row.created_at,
        "created_by": row.created_by,
    }
