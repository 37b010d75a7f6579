"""`/audit`: the log, newest first, and narrowed by words and by how it went."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ...app import context
from ...askable import words_of
from ...audit.log import OUTCOMES, Written, newest
from ..access import look
from ..audit_words import ICONS, action_words
from ..audit_words import OUTCOMES as WORDS
from ..choice import page_number, search_text
from ..names import people_named

SHOWN = 50
USUAL = ("save", "finish")  # what a form's own button says


@look
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """One page of it."""
    query = search_text(request.GET.get("q", ""))
    outcome = request.GET.get("outcome", "")
    outcome = outcome if outcome in OUTCOMES else ""
    page = page_number(request.GET.get("page", ""))
    ctx = context()
    found, count = newest(ctx, (page - 1) * SHOWN, SHOWN, words_of(query), outcome)
    names = people_named({each.entry.actor for each in found if each.entry.actor})
    values = {
        "lines": [_line(each, names) for each in found],
        "count": count,
        "first": (page - 1) * SHOWN + 1,
        "last": (page - 1) * SHOWN + len(found),
        "query": query,
        "outcome": outcome,
        "outcomes": [("", ""), *WORDS.items()],
        "before": _address(query, outcome, page - 1) if page > 1 else "",
        "after": _address(query, outcome, page + 1) if page * SHOWN < count else "",
        "now": ctx.clock.now(),
    }
    return render(request, "audit.html", values)


def _line(written: Written, names: dict[str, str]) -> dict[str, object]:
    entry = written.entry
    return {
        "number": written.number,
        "at": written.at,
        "who": names.get(entry.actor, ""),
        "action": action_words(entry.action),
        "subject": entry.subject,
        "outcome": WORDS[entry.outcome],
        "kind": entry.outcome,
        "icon": ICONS[entry.outcome],
        "address": entry.address,
        "words": ", ".join(f"{key}: {value}" for key, value in entry.detail.items() if value not in USUAL),
    }


def _address(query: str, outcome: str, page: int) -> str:
    asked = {"q": query, "outcome": outcome, "page": str(page) if page > 1 else ""}
    found = urlencode({key: value for key, value in asked.items() if value})
    return "/audit" + (f"?{found}" if found else "")
