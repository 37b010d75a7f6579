"""The token overview, and the part of it that renews itself."""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from ...app import context
from ...home import Home
from ...tokens.models import Configuration
from ..access import look, person_of, public
from ..frame import health, rows_for
from ..rows import FILTERS, table_of
from ..see_other import see_other
from ..targets import targets_of

KEYS = frozenset(key for key, _, _ in FILTERS)
LONGEST_QUERY = 200


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
    if not rows_for(request) and not Configuration.objects.exists():
        port = Home.from_environ().serving().get("practice_port")
        first = render(request, "first_run.html", {"practice": bool(port), "host": request.get_host()})
        first.form_targets = {f"http://127.0.0.1:{port}"} if port else set()  # type: ignore[attr-defined]
        return first
    values = board(request, wanted(request.GET.dict()))
    response = render(request, "tokens.html", values)
    response.form_targets = values["targets"]  # type: ignore[attr-defined]
    return response


@look
@require_safe
def rows(request: HttpRequest) -> HttpResponse:
    """The parts that change by themselves: rows, counts, notices, health."""
    choice = wanted(request.GET.dict())
    # What was typed into the search belongs into the address, so that it survives a reload.
    headers = {"HX-Replace-Url": address(**choice)} if request.headers.get("HX-Trigger-Name") == "q" else {}
    return HttpResponse(parts(request, choice), headers=headers)


def parts(request: HttpRequest, choice: dict[str, str], result: dict[str, str] | None = None) -> str:
    """The renewable parts as one answer, with the outcome of an action where there is one."""
    values = board(request, choice) | health(request, renewed=True) | {"result": result, "person": person_of(request)}
    return render_to_string("parts/renewed.html", values, request=request)


def wanted(query: dict[str, str]) -> dict[str, str]:
    """Which filter, search and page an address asks for; unknown filters show everything."""
    show = query.get("show", "")
    page = query.get("page", "1")
    return {
        "show": show if show in KEYS else "",
        "q": query.get("q", "").strip()[:LONGEST_QUERY],
        "page": page if page.isdecimal() and len(page) < 7 else "1",
    }


def shown_before(request: HttpRequest) -> dict[str, str]:
    """The choice of the page from which a script sent an action."""
    query = parse_qs(urlsplit(request.headers.get("HX-Current-URL", "")).query)
    return wanted({key: values[0] for key, values in query.items()})


def is_overview(request: HttpRequest) -> bool:
    """Whether a script's request comes from the overview, which has the rows to renew."""
    return urlsplit(request.headers.get("HX-Current-URL", "")).path == "/tokens"


def address(**choice: str) -> str:
    """The overview's address with that choice, nothing in it that is the default."""
    query = urlencode({key: value for key, value in choice.items() if value and (key, value) != ("page", "1")})
    return "/tokens" + (f"?{query}" if query else "")


def board(request: HttpRequest, choice: dict[str, str]) -> dict[str, Any]:
    """Everything the overview's templates show."""
    found = rows_for(request)
    table = table_of(found, choice["show"], choice["q"], int(choice["page"]))
    filters = [
        {
            "key": key,
            "title": title,
            "icon": icon,
            "count": table.counts[key],
            "current": key == choice["show"],
            "address": address(show=key, q=choice["q"]),
        }
        for key, title, icon in FILTERS
    ]
    query = urlencode({key: value for key, value in choice.items() if value})
    return {
        "table": table,
        "filters": filters,
        "choice": choice,
        "all_address": address(q=choice["q"]),
        "clear_address": address(show=choice["show"]) if choice["q"] else address(),
        "before": turned(choice, table.page - 1, table.pages),
        "after": turned(choice, table.page + 1, table.pages),
        "renew": f"/tokens/rows?{query}",
        "summary": summary(table.counts),
        "now": context().clock.now(),
        "targets": targets_of(row for group in table.groups for row in group.rows),
    }


def turned(choice: dict[str, str], page: int, pages: int) -> str:
    """The address of another page of the same choice, empty where there is none."""
    return address(**choice | {"page": str(page)}) if 1 <= page <= pages else ""


def summary(counts: "dict[str, int]") -> str:
    """`3 need you now, 2 soon. 7 run without you.`"""
    now, soon, fine = counts["now"], counts["soon"], counts["active"]
    first = [f"{now} need{'s' if now == 1 else ''} you now"] if now else []
    if soon:
        first.append(f"{soon} soon" if now else f"{soon} need{'s' if soon == 1 else ''} you soon")
    words = ", ".join(first) + "." if first else "Nothing needs you now."
    return f"{words} {fine} run{'s' if fine == 1 else ''} without you." if fine else words
