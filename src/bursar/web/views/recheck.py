"""Asking a configuration's issuer again: what differs is shown, and taken over only by a person (SEC-53, SEC-62)."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ...app import context
from ...errors import BursarError
from ...tokens.discover import Difference, apply, recheck, seen_differences
from ...tokens.document import document_of
from ...tokens.edit import by_id
from ...tokens.models import Configuration
from ..access import act, person_of
from ..frame import leave_out_notice
from ..see_other import see_other


@act
@require_http_methods(["GET", "HEAD", "POST"])
def ask_again(request: HttpRequest, configuration_id: str) -> HttpResponse:
    """GET asks nobody; `look` asks and shows; `apply` asks once more, and changes what was shown and nothing else."""
    row = by_id(configuration_id)
    if request.method != "POST":
        return _page(request, row)
    action = request.POST.get("action", "")
    if action not in ("look", "apply"):
        raise BadRequest
    try:
        differences = recheck(context(), row.name)
        if action == "look" or not differences:
            return _page(request, row, differences)
        if seen_differences(differences) != request.POST.get("seen"):
            return _page(request, row, differences, changed=True, status=409)
        change = apply(context(), row.name, differences, person_of(request).email)
    except BursarError as problem:
        return _page(request, row, problem=problem, status=problem.http_status)
    messages.success(request, _("%(name)s says now what its provider says.") % {"name": row.name})
    if change.held:
        messages.warning(
            request, _("What is stored is held: nothing is sent to the new addresses before somebody confirms them.")
        )
    return see_other(f"/configurations/{row.id}/edit")


def _page(
    request: HttpRequest,
    row: Configuration,
    differences: list[Difference] | None = None,
    *,
    problem: BursarError | None = None,
    changed: bool = False,
    status: int = 200,
) -> HttpResponse:
    leave_out_notice(request, row.id)
    values = {
        "row": row,
        "issuer": document_of(row).options.issuer,
        "differences": differences,
        "seen": seen_differences(differences or []),
        "problem": problem,
        "changed": changed,
    }
    return render(request, "configurations/recheck.html", values, status=status)
