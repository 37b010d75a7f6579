"""Web services: list, add, change, delete, YAML, run an invoker, the log of their calls."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from ..app import context
from ..askable import askable
from ..errors import NotFound
from ..webservices import jobs, planned
from ..webservices.log import as_curl, calls, find_call, view_of
from ..webservices.models import WebService
from ..webservices.service import Service
from ..webservices.services import Secrets, add, change, delete, document_of, service_of
from ..webservices.transfer import export_services, import_services
from .auth import manager_of
from .exchange import exchanged
from .paging import Limit, Offset, part
from .shapes import webservices as shapes
from .tags import check, in_one_step, names_tag, tagged

router = Router(tags=["Web services"])
exchanged(
    router,
    "webservices",
    import_services,
    lambda names: export_services(context(), names, with_secrets=False),
)


@router.get("", response=shapes.WebServicePage)
def list_services(request: HttpRequest, limit: Limit = 50, offset: Offset = 0) -> Any:
    """By name."""
    manager_of(request).check_all()
    rows = WebService.objects.select_related("token__configuration").order_by("name")
    return part(request, list(rows[offset : offset + limit]), rows.count(), limit, offset, _shown)


@router.post("", response={201: shapes.WebService})
def add_service(request: HttpRequest, response: HttpResponse, body: shapes.WebServiceDocument) -> Any:
    """`document` as in the YAML of `bursar webservice import`, with `Password` and `ClientKey` where it needs them.

    One that would send a token where nobody has confirmed it is held: a person confirms it on its page.
    """
    manager = manager_of(request)
    manager.check_all()
    row = add(context(), *_given(body), manager.by)
    response["Location"] = f"/api/v1/webservices/{row.id}"
    return Status(201, tagged(request, response, _shown(found(request, row.id))))


@router.get("/{service_id}", response={200: shapes.WebService, 304: None})
def read_service(request: HttpRequest, response: HttpResponse, service_id: str) -> Any:
    """One service, without its secrets."""
    return tagged(request, response, _shown(found(request, service_id)))


@router.put("/{service_id}", response=shapes.WebService)
def change_service(
    request: HttpRequest, response: HttpResponse, service_id: str, body: shapes.WebServiceDocument
) -> Any:
    """The whole document anew. Secrets that aren't given stay. Where they or the token would be sent to another
    place, the service is held: it calls nothing until a person has confirmed that on its page."""
    row = found(request, service_id)
    check(request, _shown(row))
    with in_one_step(request):
        changed = change(context(), row, *_given(body), manager_of(request).by, seen=row.generation)
    return tagged(request, response, _shown(changed))


@router.delete("/{service_id}", response={204: None})
def delete_service(request: HttpRequest, service_id: str) -> Any:
    """With its log, and the calls that wait for their next try."""
    row = found(request, service_id)
    check(request, _shown(row))
    with in_one_step(request):
        delete(row, seen=row.generation if names_tag(request) else None)
    return Status(204, None)


@router.post("/{service_id}/run", response=shapes.WebServiceOutcome)
def run(request: HttpRequest, service_id: str, body: shapes.WebServiceRun) -> Any:
    """Call an invoker now. What went wrong at the service is in `error`; `again_in` says when it is tried again."""
    row = found(request, service_id)
    outcome = jobs.run(context(), row, body.invoker, body.data, manager_of(request).by)
    error = outcome.error
    return {
        "call": outcome.call_id,
        "status": outcome.status,
        "output": outcome.output,
        "seconds": outcome.took,
        "token_renewed": outcome.renewed,
        "error": error and {"code": error.code, "sentence": error.sentence, "action": error.action},
        "again_in": outcome.again,
    }


@router.get("/{service_id}/calls", response=shapes.WebServiceCallPage)
def list_calls(
    request: HttpRequest,
    service_id: str,
    limit: Limit = 50,
    offset: Offset = 0,
    search: Annotated[str, Query(max_length=200)] = "",
    failed: bool = False,
) -> Any:
    """The log, the newest first, without secrets."""
    logged = calls(found(request, service_id), search, failed=failed)
    return part(request, list(logged[offset : offset + limit]), logged.count(), limit, offset, view_of)


@router.get("/{service_id}/calls/{call_id}", response=shapes.WebServiceCallWhole)
def read_call(request: HttpRequest, service_id: str, call_id: str) -> Any:
    """One call of the log, with a command that makes it again."""
    row = found(request, service_id)
    call = find_call(row, askable(call_id))
    return asdict(view_of(call)) | {"curl": as_curl(call, service_of(row))}


@router.get("/{service_id}/planned", response=dict[str, datetime])
def list_planned(request: HttpRequest, service_id: str) -> Any:
    """When each invoker that goes by the clock runs next."""
    return planned.next_of(context(), found(request, service_id).id)


def found(request: HttpRequest, service_id: str) -> WebService:
    """The service, for a key that may manage all names. Raises NotFound."""
    manager_of(request).check_all()
    asked = askable(service_id)
    row = WebService.objects.select_related("token__configuration").filter(id=asked).first()
    if row is None:
        raise NotFound("There is no such web service.", code="webservice_not_found")
    return row


def _given(body: shapes.WebServiceDocument) -> tuple[Service, Secrets]:
    document = dict(body.document)
    secrets = Secrets.taken_from(document)
    return Service.parse(document), secrets


def _shown(row: WebService) -> dict[str, Any]:
    return {"id": row.id, "name": row.name, "validity": row.validity, "held": row.held, "document": document_of(row)}
