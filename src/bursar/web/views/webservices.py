"""Web services: all of them, one with its invokers and the log of its calls, calling now, trying again, deleting."""

import json
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ...app import context
from ...errors import BursarError, InvalidInput
from ...webservices import jobs, planned
from ...webservices.callers import callers_of
from ...webservices.log import as_curl, calls, find_call, view_of
from ...webservices.models import WebService
from ...webservices.services import delete as delete_service
from ...webservices.services import service_of
from ..access import act, is_htmx, look, person_of
from ..badges import coming
from ..forms.plain import at_most
from ..see_other import see_other
from ..webservices.rows import call_line, one, rows

SHOWN = 50
LONGEST_DATA = 1 << 20  # characters
MOST_ROWS = 24  # of the field for data


@look
@require_safe
def all_services(request: HttpRequest) -> HttpResponse:
    """Every service: how its last call went, and what it has."""
    return render(request, "webservices/all.html", {"rows": rows(context())})


@look
@require_safe
def service(request: HttpRequest, service_id: str) -> HttpResponse:
    """One service: its invokers, what waits, and the log."""
    return render(request, "webservices/one.html", _one(request, found(service_id)))


@act
@require_POST
def run(request: HttpRequest, service_id: str) -> HttpResponse:
    """Call an invoker now with the data of the form; the answer comes as a part of the page, or with all of it."""
    row = found(service_id)
    name, text = request.POST.get("invoker", ""), request.POST.get("data", "")
    result: dict[str, Any] = {"service_id": row.id}
    try:
        data = json.loads(_bounded(text) or "{}")
    except InvalidInput as problem:
        result["problem"] = problem.sentence
    except json.JSONDecodeError as problem:
        place = {"line": problem.lineno, "column": problem.colno}
        result["problem"] = _("The data are no JSON from line %(line)d, column %(column)d on.") % place
    except ValueError:  # Python reads no number of more than 4,300 digits
        result["problem"] = _("The data hold a number of too many digits.")
    except RecursionError:
        result["problem"] = _("The data are nested too deep.")
    else:
        try:
            outcome = jobs.run(context(), row, name, data, f"page:{person_of(request).email}")
        except BursarError as error:
            result |= {"problem": error.sentence, "action": error.action}
        else:
            shown = outcome.output if isinstance(outcome.output, str) else _pretty(outcome.output)
            again = outcome.again and _("It is tried again in %(count)d s.") % {"count": round(outcome.again)}
            result |= {"outcome": outcome, "output": shown, "again": again}
    request.audit_failed = "problem" in result  # type: ignore[attr-defined]
    if is_htmx(request):
        return render(request, "webservices/result.html", {"result": result, "row": row})
    return render(request, "webservices/one.html", _one(request, row, name, text) | {"result": result})


def _bounded(text: str) -> str:
    if len(text) > LONGEST_DATA:
        raise InvalidInput(at_most(LONGEST_DATA))
    return text


@look
@require_safe
def call(request: HttpRequest, service_id: str, call_id: str) -> HttpResponse:
    """One call: what was sent, what was answered, and the same as a command."""
    row = found(service_id)
    try:
        stored = find_call(row, call_id)
    except BursarError:
        raise Http404 from None
    shown = {
        "row": row,
        "line": call_line(stored, context().clock.now()),
        "view": view_of(stored),
        "curl": as_curl(stored, service_of(row), bodies=person_of(request).is_admin),
    }
    return render(request, "webservices/call.html", shown)


@act
@require_POST
def try_again(request: HttpRequest, service_id: str, job_id: str) -> HttpResponse:
    """Begin a call anew that was given up, or that waits."""
    row = found(service_id)
    if not row.jobs.filter(id=job_id).exists():
        raise Http404
    try:
        jobs.try_again(context(), job_id)
    except BursarError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The call is made within seconds."))
    return see_other(f"/webservices/{row.id}")


@act
@require_POST
def forget(request: HttpRequest, service_id: str, job_id: str) -> HttpResponse:
    """A call that was given up is wanted no more."""
    row = found(service_id)
    if not row.jobs.filter(id=job_id).exists():
        raise Http404
    try:
        jobs.forget(context(), job_id)
    except BursarError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The call is forgotten. Its tries stay in the log."))
    return see_other(f"/webservices/{row.id}")


@act
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, service_id: str) -> HttpResponse:
    """Delete a service after one more look."""
    row = found(service_id)
    if request.method != "POST":
        return render(request, "webservices/delete.html", {"row": row, "callers": callers_of(row.name)})
    try:
        delete_service(row)
    except BursarError as error:
        messages.error(request, str(error))
        return see_other(f"/webservices/{row.id}")
    messages.success(request, _("%(name)s is deleted.") % {"name": row.name})
    return see_other("/webservices")


def found(service_id: str) -> WebService:
    """The service, or a 404."""
    row = WebService.objects.select_related("token__configuration").filter(id=service_id).first()
    if row is None:
        raise Http404
    return row


def _one(request: HttpRequest, row: WebService, chosen: str = "", data: str = "") -> dict[str, Any]:
    ctx = context()
    now = ctx.clock.now()
    request.own_service = row.id  # type: ignore[attr-defined]
    shown = one(ctx, row)
    invokers = shown.service.invokers
    chosen = chosen or request.GET.get("invoker", "")
    first = invokers.get(chosen) or next(iter(invokers.values()), None)
    word, failed = request.GET.get("q", "")[:200], request.GET.get("failed") == "1"
    next_at = planned.next_of(ctx, row.id)
    bodies = person_of(request).is_admin
    data = data or _pretty(first.sample if first and first.sample is not None else {})
    return {
        "row": shown,
        "invokers": [
            {
                "invoker": each,
                "next": coming(next_at[name], now, _("now")) if name in next_at else "",
                "destination": urlencode({"deliver": f"invoker:{row.name}/{name}"}),
            }
            for name, each in invokers.items()
        ],
        "callers": callers_of(row.name),
        "chosen": first.name if first else "",
        "data": data,
        "data_rows": min(max(data.count("\n") + 2, 5), MOST_ROWS),
        "log": [call_line(each, now) for each in calls(row, word, failed=failed, bodies=bodies)[:SHOWN]],
        "jobs": [
            {"job": each, "next": coming(each.next_at, now, _("now")) if each.next_at else ""}
            for each in jobs.views(row)[:SHOWN]
        ],
        "q": word,
        "failed": failed,
    }


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
