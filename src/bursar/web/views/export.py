"""`/export`: what is exported, with or without secrets, and the file (SEC-43, SEC-60)."""

import logging
from typing import Any

from django.db.models import Q
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
from ...tokens.configure import held_ids
from ...tokens.models import Configuration
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
    rows = _rows(ids)
    choice = request.POST.get("secrets", "")
    if choice not in CHOICES:
        return _options(request, ids, rows, NONE, {})
    problems: dict[str, str] = {}
    if choice != NONE and not stepped_up(request):
        problems[FIELD] = "asked"
    try:
        if not problems:
            return _file(ctx, request, rows, choice)
    except _Unusable as problem:
        problems[problem.field] = problem.sentence
    except BursarError as problem:
        problems["secrets"] = str(problem)
    return _options(request, ids, rows, choice, problems, status=422)


class _Unusable(Exception):
    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


def _file(ctx: Context, request: HttpRequest, rows: list[Configuration], choice: str) -> HttpResponse:
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
            "%s exported %d configurations with their secrets (%s)", person_of(request).email, len(rows), choice
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


def _rows(ids: list[str]) -> list[Configuration]:
    if not ids:
        return list(Configuration.objects.all())
    return list(Configuration.objects.filter(Q(id__in=ids) | Q(tokens__id__in=ids)).distinct())


def _options(
    request: HttpRequest,
    ids: list[str],
    rows: list[Configuration],
    choice: str,
    problems: dict[str, str],
    status: int = 200,
) -> HttpResponse:
    names = [row.name for row in rows]
    held = held_ids([row.id for row in rows])
    values = {
        "ids": ids,
        "count": len(names),
        "names": names[:NAMES_SHOWN],
        "rest": len(names) - NAMES_SHOWN,
        "choice": choice,
        "problems": problems,
        "held": [row.name for row in rows if row.id in held][:NAMES_SHOWN],
        "recipients": request.POST.get("recipients", ""),
        "shortest": age_file.SHORTEST_PASSPHRASE,
    }
    return render(request, "export.html", values, status=status)
