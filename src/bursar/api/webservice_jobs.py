"""Calls of web services that wait for their next try, or were given up: listed, begun anew, forgotten."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from ..app import context
from ..askable import askable
from ..webservices import jobs
from ..webservices.models import WebService
from .shapes import webservices as shapes
from .webservices import found

router = Router(tags=["Web services"])


@router.get("/{service_id}/jobs", response=list[shapes.JobOut])
def list_jobs(request: HttpRequest, service_id: str) -> Any:
    """What waits and what was given up, the newest first."""
    return jobs.views(found(request, service_id))


@router.post("/{service_id}/jobs/{job_id}/retry", response={202: None})
def retry_job(request: HttpRequest, service_id: str, job_id: str) -> Any:
    """Begin it anew: the worker makes the call within seconds, under the same idempotency key."""
    jobs.try_again(context(), _of(found(request, service_id), job_id))
    return Status(202, None)


@router.delete("/{service_id}/jobs/{job_id}", response={204: None})
def forget_job(request: HttpRequest, service_id: str, job_id: str) -> Any:
    """Never make that call; its tries stay in the log."""
    jobs.forget(context(), _of(found(request, service_id), job_id))
    return Status(204, None)


def _of(row: WebService, job_id: str) -> str:
    """The id, where the job is one of this service's. Raises NotFound."""
    asked = askable(job_id)
    if not row.jobs.filter(id=asked).exists():
        raise jobs.no_job(asked)
    return asked
