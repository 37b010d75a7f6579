"""`/export`: what is exported, with or without secrets, and the file (SEC-43, SEC-60)."""

import logging

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from ...app import context
from ...context import Context
from ...errors import BursarError
from ...tokens.listing import Rank
from ...tokens.models import Configuration, Listing
from ...tokens.transfer import export_rows
from ..access import act, person_of
from ..forms import age_choice
from ..forms.age_choice import CHOICES, NONE
from ..step_up import FIELD, stepped_up

log = logging.getLogger("bursar.web")

NAMES_SHOWN = 10


@act
@sensitive_post_parameters(*age_choice.SECRETS, FIELD)
@require_http_methods(["GET", "HEAD", "POST"])
def export(request: HttpRequest) -> HttpResponse:
    """The options; with a choice of what happens to secrets, the file. `id`s of configurations or tokens narrow it."""
    ctx = context()
    given = request.POST if request.method == "POST" else request.GET
    ids = list(dict.fromkeys(given.getlist("id")))
    choice = request.POST.get("secrets", "")
    if choice not in CHOICES:
        return _options(request, ids, NONE, {})
    problems: dict[str, str] = {}
    if choice != NONE and not stepped_up(request):
        problems[FIELD] = "asked"
    try:
        if not problems:
            return _file(ctx, request, _rows(ids), choice)
    except age_choice.Unusable as problem:
        problems[problem.field] = problem.sentence
    except BursarError as problem:
        problems["secrets"] = str(problem)
    return _options(request, ids, choice, problems, status=422)


def _file(ctx: Context, request: HttpRequest, rows: QuerySet[Configuration], choice: str) -> HttpResponse:
    keys = age_choice.keys_of(request, choice)
    person = person_of(request).email
    data = export_rows(ctx, rows, with_secrets=choice != NONE, by=person, encrypted=bool(keys))
    name = f"OAuth2TokenConfigurationExport_{timezone.localtime(ctx.clock.now()):%Y%m%d_%H%M%S}.yml"
    data, name, kind = age_choice.file_of(data, name, keys)
    if choice != NONE:
        log.warning("%s exported %d configurations with their secrets (%s)", person, rows.count(), choice)
    return HttpResponse(data, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _rows(ids: list[str]) -> QuerySet[Configuration]:
    if not ids:
        return Configuration.objects.all()
    chosen = Configuration.objects.filter(Q(id__in=ids) | Q(tokens__id__in=ids))
    return Configuration.objects.filter(id__in=chosen.order_by().values("id"))


def _options(
    request: HttpRequest, ids: list[str], choice: str, problems: dict[str, str], status: int = 200
) -> HttpResponse:
    rows = _rows(ids)
    count = rows.count()
    names = list(rows.values_list("name", flat=True)[:NAMES_SHOWN])
    # What is held needs a person or isn't valid: few rows, found by their rank.
    held = Listing.objects.filter(base__in=(Rank.NOW, Rank.OFF), cause="held")
    if ids:
        held = held.filter(configuration_id__in=rows.order_by().values("id"))
    values = {
        "ids": ids,
        "count": count,
        "names": names,
        "rest": count - NAMES_SHOWN,
        **age_choice.shown(request, choice, problems),
        "held": list(held.order_by("name").values_list("name", flat=True).distinct()[:NAMES_SHOWN]),
    }
    return render(request, "export.html", values, status=status)
