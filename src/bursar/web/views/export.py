"""`/export`: what is exported, with or without secrets, and the file (SEC-43, SEC-60)."""

import logging
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from ...app import context
from ...context import Context
from ...errors import BursarError
from ...keyring import Secret
from ...tokens import age_file
from ...tokens.listing import Rank
from ...tokens.models import Configuration, Listing
from ...tokens.transfer import export_rows
from ..access import act, person_of
from ..step_up import FIELD, stepped_up

log = logging.getLogger("bursar.web")

NONE, PASSPHRASE, RECIPIENT, CLEAR = "none", "passphrase", "recipient", "clear"
CHOICES = (NONE, PASSPHRASE, RECIPIENT, CLEAR)
NAMES_SHOWN = 10


@act
@sensitive_post_parameters("passphrase", "again", FIELD)
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
    except _Unusable as problem:
        problems[problem.field] = problem.sentence
    except BursarError as problem:
        problems["secrets"] = str(problem)
    return _options(request, ids, choice, problems, status=422)


class _Unusable(Exception):
    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


def _file(ctx: Context, request: HttpRequest, rows: QuerySet[Configuration], choice: str) -> HttpResponse:
    keys: dict[str, Any] = {}
    if choice == PASSPHRASE:
        keys = {"passphrase": _passphrase(request)}
    elif choice == RECIPIENT:
        try:
            keys = {"recipients": age_file.read_recipients(request.POST.get("recipients", ""))}
        except BursarError as problem:
            raise _Unusable("recipients", str(problem)) from None
    text = export_rows(
        ctx, rows, with_secrets=choice != NONE, by=person_of(request).email, encrypted=bool(keys)
    ).encode()
    name = f"OAuth2TokenConfigurationExport_{timezone.localtime(ctx.clock.now()):%Y%m%d_%H%M%S}.yml"
    kind = "application/yaml"
    if keys:
        text, name, kind = age_file.encrypted(text, **keys), f"{name}.age", "application/octet-stream"
    if choice != NONE:
        log.warning(
            "%s exported %d configurations with their secrets (%s)", person_of(request).email, rows.count(), choice
        )
    return HttpResponse(text, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _passphrase(request: HttpRequest) -> Secret:
    passphrase = Secret(request.POST.get("passphrase", ""))
    try:
        age_file.check_passphrase(passphrase)
    except BursarError as problem:
        raise _Unusable("passphrase", str(problem)) from None
    if passphrase != Secret(request.POST.get("again", "")):
        raise _Unusable("again", _("The two passphrases differ."))
    return passphrase


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
        "choice": choice,
        "problems": problems,
        "held": list(held.order_by("name").values_list("name", flat=True).distinct()[:NAMES_SHOWN]),
        "recipients": request.POST.get("recipients", ""),
        "shortest": age_file.SHORTEST_PASSPHRASE,
    }
    return render(request, "export.html", values, status=status)
