"""Web services and mail accounts as YAML: looked at first, imported all or none; exported with secrets or without.

As for token configurations, the very bytes that were looked at wait sealed for the person's yes (SEC-61).
"""

import json
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from ...app import context
from ...errors import BursarError, InvalidInput, NotFound
from ...exchange import LARGEST_FILE, ImportResult
from ...keyring import Secret
from ...tokens import age_file, uploads
from ...tokens.import_plan import ADDED, OUTCOMES, OVERWRITTEN, SKIPPED
from ...tokens.models import Upload
from ..access import act, person_of
from ..exchange import Kind
from ..forms import age_choice
from ..forms.age_choice import CHOICES, NONE
from ..see_other import see_other
from ..step_up import FIELD, stepped_up

log = logging.getLogger("bursar.web")
METHODS = ["GET", "HEAD", "POST"]
IMPORT, AGAIN, DISCARD = "import", "again", "discard"


def _waiting(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For a view of one file: where it waits no longer, the form to choose it again, which says why."""

    @wraps(view)
    def asked(request: HttpRequest, kind: Kind, upload_id: str) -> HttpResponse:
        try:
            return view(request, kind, upload_id)
        except NotFound as ended:
            if ended.code != "upload_ended":
                raise
            values = {"kind": kind, "megabytes": LARGEST_FILE >> 20, "problem": str(ended), "ended": True}
            return render(request, "exchange/import.html", values, status=404)

    return asked


@act
@require_http_methods(METHODS)
def import_file(request: HttpRequest, kind: Kind) -> HttpResponse:
    """The form, and the look at the file it sends."""
    values: dict[str, Any] = {"kind": kind, "megabytes": LARGEST_FILE >> 20}
    if request.method != "POST":
        return render(request, "exchange/import.html", values)
    file, overwrite = request.FILES.get("file"), request.POST.get("overwrite") == "on"
    name = "".join(sign for sign in ((file and file.name) or "file")[:200] if sign.isprintable())
    upload = Upload(person=person_of(request).email, kind=kind.key, file_name=name, overwrite=overwrite)
    upload.ends_at = context().clock.now() + uploads.LIFETIME
    try:
        if file is None or not file.size:
            raise InvalidInput(_("Choose a file first."), code="file_missing")
        data = file.read(LARGEST_FILE + 1)
        upload.plan = "" if age_file.is_age(data) else _looked_at(kind, upload, data)
    except BursarError as problem:
        values |= {"problem": str(problem), "overwrite": overwrite, "file_name": name if file else ""}
        return render(request, "exchange/import.html", values, status=422)
    uploads.keep(context(), upload, data)
    return see_other(f"{kind.place}/import/{upload.id}")


@act
@sensitive_post_parameters(FIELD, "key")
@require_http_methods(METHODS)
@_waiting
def preview(request: HttpRequest, kind: Kind, upload_id: str) -> HttpResponse:
    """What the import would do; by POST it is done, looked at with the other answer, or forgotten."""
    upload = uploads.find_upload(context(), upload_id, person_of(request).email, kind.key)
    action = request.POST.get("action", "")
    if request.method != "POST":
        return _locked(request, kind, upload) if uploads.is_locked(upload) else _preview(request, kind, upload)
    if action == DISCARD:
        uploads.forget(upload)
        messages.success(request, _("The file is forgotten. Nothing was imported."))
        return see_other(kind.place)
    if uploads.is_locked(upload):
        return _unlock(request, kind, upload)
    if action not in (IMPORT, AGAIN):
        raise BadRequest
    data = uploads.bytes_of(context(), upload)
    try:
        if action == AGAIN:
            upload.overwrite = not upload.overwrite
            upload.plan = _plan(_run(kind, upload, data, dry_run=True))
            upload.save(update_fields=["plan", "overwrite"])
            return see_other(f"{kind.place}/import/{upload.id}")
        return _carry_out(request, kind, upload, data)
    except BursarError as problem:
        return _preview(request, kind, upload, problem=str(problem), status=422)


@act
@sensitive_post_parameters(*age_choice.SECRETS, FIELD)
@require_http_methods(METHODS)
def export(request: HttpRequest, kind: Kind) -> HttpResponse:
    """The choice, and the file. Secrets leave only by a POST with the password (SEC-43)."""
    choice = request.POST.get("secrets", "")
    if request.method != "POST" or choice not in CHOICES:
        return render(request, "exchange/export.html", {"kind": kind, **age_choice.shown(request, NONE, {})})
    problems: dict[str, str] = {}
    if choice != NONE and not stepped_up(request):
        problems[FIELD] = "asked"
    try:
        if not problems:
            return _file(request, kind, choice)
    except age_choice.Unusable as problem:
        problems[problem.field] = problem.sentence
    except BursarError as problem:
        problems["secrets"] = str(problem)
    values = {"kind": kind, **age_choice.shown(request, choice, problems)}
    return render(request, "exchange/export.html", values, status=422)


def _file(request: HttpRequest, kind: Kind, choice: str) -> HttpResponse:
    keys = age_choice.keys_of(request, choice)
    text = kind.exporting(context(), with_secrets=choice != NONE)
    if choice != NONE:
        log.warning("%s exported %s with their secrets (%s)", person_of(request).email, kind.file_name, choice)
    name = f"{kind.file_name}-{timezone.localtime(context().clock.now()):%Y%m%d-%H%M%S}.yml"
    data, name, content_type = age_choice.file_of(text.encode(), name, keys)
    named = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(data, content_type=content_type, headers=named)


def _unlock(request: HttpRequest, kind: Kind, upload: Upload) -> HttpResponse:
    """Open a file of age with what was entered, and look at it."""
    try:
        data = uploads.decrypted(context(), upload, Secret(request.POST.get("key", "")))
        uploads.keep_opened(context(), upload, data, _looked_at(kind, upload, data))
    except BursarError as problem:
        return _locked(request, kind, upload, [str(problem)])
    return see_other(f"{kind.place}/import/{upload.id}")


def _locked(request: HttpRequest, kind: Kind, upload: Upload, problems: Sequence[str] = ()) -> HttpResponse:
    values = {"upload": upload, "problems": problems, "kind": kind}
    return render(request, "import_locked.html", values, status=422 if problems else 200)


def _looked_at(kind: Kind, upload: Upload, data: bytes) -> str:
    result = _run(kind, upload, data, dry_run=True)
    if not result.entries:
        raise InvalidInput(_("The file is empty."), code="file_empty")
    return _plan(result)


def _carry_out(request: HttpRequest, kind: Kind, upload: Upload, data: bytes) -> HttpResponse:
    """Import what was looked at: all of it or nothing, and only what the page said."""
    plan = json.loads(upload.plan)
    held = any(entry["held"] for entry in plan)
    release = held and request.POST.get("release") == "on"
    if held and not stepped_up(request):
        return _preview(request, kind, upload, status=422)
    with transaction.atomic():
        now = _plan(_run(kind, upload, data, dry_run=True))
        same = now == upload.plan
        if same:
            result = _run(kind, upload, data, dry_run=False, release=release)
    if not same:
        upload.plan = now
        upload.save(update_fields=["plan"])
        late = _("Meanwhile somebody changed what this file touches, so nothing was imported. Look at it again.")
        return _preview(request, kind, upload, problem=late, status=409)
    uploads.forget(upload)
    done = len(result.names(ADDED)) + len(result.names(OVERWRITTEN))
    messages.success(request, ngettext("%(count)d is imported.", "%(count)d are imported.", done) % {"count": done})
    if result.held:
        names = {"names": ", ".join(result.held[:20])}
        messages.warning(request, _("Held until somebody confirms the address: %(names)s.") % names)
    return see_other(kind.place)


def _run(kind: Kind, upload: Upload, data: bytes, *, dry_run: bool, release: bool = False) -> ImportResult:
    how = {"overwrite": upload.overwrite, "dry_run": dry_run, "release": release}
    return kind.importing(context(), data, upload.file_name, by=upload.person, **how)


def _plan(result: ImportResult) -> str:
    return json.dumps([asdict(entry) for entry in result.entries], ensure_ascii=False)


def _preview(request: HttpRequest, kind: Kind, upload: Upload, *, problem: str = "", status: int = 200) -> HttpResponse:
    entries = json.loads(upload.plan)
    counts = Counter(entry["outcome"] for entry in entries)
    values = {
        "kind": kind,
        "upload": upload,
        "problem": problem,
        "entries": entries,
        "tally": [(key, counts[key]) for key in OUTCOMES if counts[key]],
        "changing": counts[ADDED] + counts[OVERWRITTEN],
        "there": counts[SKIPPED],
        "held": [entry["name"] for entry in entries if entry["held"]],
        "release": request.POST.get("release") == "on",
    }
    return render(request, "exchange/preview.html", values, status=status)
