"""A token configuration as YAML: looked at, edited, validated in place, and saved by the rules of the form."""

import difflib
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from ...app import context
from ...errors import Refused, Temporary
from ...tokens.document import Problem, document_of, read_text, text_of, without_secret
from ...tokens.edit import by_id, moves, save
from ...tokens.models import Configuration
from ..access import is_htmx, look, person_of
from ..forms.moved import Question, confirmed, question
from ..forms.own_side import own_side
from ..forms.values import COMPANIONS
from ..frame import leave_out_notice
from ..names import by_name
from ..see_other import see_other
from ..seen import seen_of
from ..step_up import FIELD
from ..wording import clock
from ..yaml_mark import Mark, excerpt

TEXT = "text"
LONGEST = 200_000  # characters; a document of 10,000 values, which is the most, stays below
TOO_LONG = gettext_noop("The document is longer than 200,000 characters.")


@look
@sensitive_post_parameters(TEXT, FIELD)
@require_http_methods(["GET", "HEAD", "POST"])
def as_yaml(request: HttpRequest, configuration_id: str) -> HttpResponse:
    """The document without its secret. Checking stores nothing; saving asks before secrets go elsewhere."""
    row = by_id(configuration_id)
    document = document_of(row)
    if request.method != "POST":
        return _page(request, row, text_of(document))
    action = request.POST.get("action", "finish")
    text = request.POST.get(TEXT, "").replace("\r\n", "\n")
    seen = seen_of(request.POST.get("seen", ""))
    known = request.POST.keys() <= COMPANIONS | {TEXT}
    if not known or action not in ("check", "save", "finish") or seen is None:
        raise BadRequest
    tried = read_text(text, document) if len(text) <= LONGEST else (Problem("", TOO_LONG, 0),)
    marks = _marks(tried, text) if isinstance(tried, tuple) else []
    if action == "check":
        elsewhere = not isinstance(tried, tuple) and bool(moves(row, tried, None))
        if is_htmx(request):
            values = {"marks": marks, "checked": True, "elsewhere": elsewhere}
            return render(request, "configurations/yaml_check.html", values)
        return _page(request, row, text, marks=marks, checked=True, elsewhere=elsewhere)
    if seen != row.generation:
        return _conflict(request, row, text)
    if isinstance(tried, tuple):
        return _page(request, row, text, marks=marks, status=422)
    open_question = question(moves(row, tried, None), request)
    if open_question is not None:
        status = 422 if request.POST.get("moved") else 200
        return _page(request, row, text, open_question=open_question, status=status)
    try:
        change = save(context(), row, tried, None, person_of(request).email, release=confirmed(request))
    except Refused as refused:
        return _page(request, row, text, marks=_marks((Problem("Name", str(refused), 1),), text), status=422)
    except Temporary as late:
        if late.code != "changed_meanwhile":
            raise
        return _conflict(request, by_id(configuration_id), text)
    name = {"name": change.configuration.name}
    said = _("%(name)s is saved.") if change.changed else _("%(name)s is as it was: nothing differs.")
    messages.success(request, said % name)
    if change.held:
        messages.warning(request, _("What it holds back is sent nowhere until somebody confirms the addresses."))
    return see_other(f"/configurations/{row.id}/yaml" if action == "save" else "/tokens")


def _marks(problems: tuple[Problem, ...], text: str) -> list[Mark]:
    lines = without_secret(text).split("\n")
    return [
        Mark(each.line if each.line <= len(lines) else 0, each.path, _rule(each.rule), excerpt(lines, each.line))
        for each in sorted(problems, key=lambda each: each.line)
    ]


def _rule(rule: str) -> str:
    words = _(rule)
    return words.rstrip(".") + "."


def _conflict(request: HttpRequest, row: Configuration, text: str) -> HttpResponse:
    """Somebody else saved first: what was entered stays, and beside it stands what it would change of theirs."""
    by = by_name(row.changed_by) if row.changed_by else _("Somebody")
    when = clock(row.changed_at, context().clock.now())
    meanwhile = _("%(by)s saved this configuration at %(when)s, while you were editing it.") % {"by": by, "when": when}
    theirs = text_of(document_of(row)).splitlines()
    found = list(difflib.unified_diff(theirs, without_secret(text).splitlines(), lineterm="", n=2))[2:]
    kinds = {"+": "mine", "-": "theirs", "@": "place"}
    difference = [(kinds.get(line[:1], "same"), line) for line in found]
    return _page(request, row, text, meanwhile=meanwhile, difference=difference, status=409)


def _page(
    request: HttpRequest,
    row: Configuration,
    text: str,
    *,
    marks: list[Mark] | None = None,
    checked: bool = False,
    elsewhere: bool = False,
    open_question: Question | None = None,
    meanwhile: str = "",
    difference: list[tuple[str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    leave_out_notice(request, row.id)
    shown = without_secret(text)
    values: dict[str, Any] = own_side(row) | {
        "text": shown,
        "lines": range(1, shown.count("\n") + 2),
        "marked": {mark.line for mark in marks or ()},
        "marks": marks or [],
        "checked": checked,
        "elsewhere": elsewhere,
        "question": open_question,
        "meanwhile": meanwhile,
        "difference": difference,
    }
    return render(request, "configurations/yaml.html", values, status=status)
