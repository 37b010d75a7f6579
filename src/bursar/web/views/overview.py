"""The token overview, and the part of it that renews itself."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from ...app import context
from ...home import Home
from ...tokens.models import Configuration
from ..access import look, person_of, public
from ..choice import Choice, address, wanted
from ..frame import health
from ..gathered import gather
from ..horizon import horizon_of
from ..see_other import see_other
from ..table import found_of, seal_of, table_of, values_of
from ..targets import targets_of


@public
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """There is one place to begin with."""
    del request
    return see_other("/tokens")


@look
@require_safe
def tokens(request: HttpRequest) -> HttpResponse:
    """The overview; before there is a first configuration, how to get one."""
    values = board(request, wanted(request.GET.dict()))
    if not values["table"].counts.total and not Configuration.objects.exists():
        port = Home.from_environ().serving().get("practice_port")
        first = render(request, "first_run.html", {"practice": bool(port), "host": request.get_host()})
        first.form_targets = {f"http://127.0.0.1:{port}"} if port else set()  # type: ignore[attr-defined]
        return first
    response = render(request, "tokens.html", values)
    response.form_targets = targets_of(values["table"].rows)  # type: ignore[attr-defined]
    return response


@look
@require_safe
def rows(request: HttpRequest) -> HttpResponse:
    """The parts that change by themselves: rows, counts, horizon, notices, health. Nothing (204) where nothing did."""
    choice = wanted(request.GET.dict())
    values = board(request, choice)
    if request.headers.get("If-None-Match") == values["seal"]:
        return HttpResponse(status=204)
    # What was typed into the search belongs into the address, so that it survives a reload.
    headers = {"HX-Replace-Url": address(choice)} if request.headers.get("HX-Trigger-Name") == "q" else {}
    return HttpResponse(_parts(request, values, None), headers=headers)


def parts(request: HttpRequest, choice: Choice, result: dict[str, str] | None = None) -> str:
    """The renewable parts as one answer, with the outcome of an action where there is one."""
    return _parts(request, board(request, choice), result)


def board(request: HttpRequest, choice: Choice) -> dict[str, Any]:
    """Everything the overview's templates show, and under `seal` a name for exactly that."""
    ctx = context()
    now = ctx.clock.now()
    known, found = found_of(ctx, choice, now)
    gathered = gather(ctx, found.token_ids, now)
    table = table_of(ctx, known, found, gathered.views, choice, now)
    shown = health(request, gathered)
    horizon = horizon_of(ctx, known.renewals, now, gathered.ends, gathered.views)
    values = values_of(table, choice) | shown | {"horizon": horizon}
    return values | {"seal": seal_of(person_of(request).pk, values)}


def _parts(request: HttpRequest, values: dict[str, Any], result: dict[str, str] | None) -> str:
    return render_to_string(
        "parts/renewed.html", values | {"result": result, "person": person_of(request)}, request=request
    )
