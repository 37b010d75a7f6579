"""`/import`: a file is looked at first; what was looked at is imported after a person's yes (SEC-61, SEC-62)."""

from collections import Counter
from collections.abc import Callable
from functools import wraps
from pathlib import PurePath
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ...app import context
from ...errors import BursarError, InvalidInput, NotFound, Temporary
from ...keyring import Secret
from ...sentences import said
from ...tokens import uploads
from ...tokens.document.encoding import MAX_BYTES
from ...tokens.import_plan import ADDED, OUTCOMES, OVERWRITTEN, SKIPPED, PlannedEntry
from ...tokens.models import Configuration, Token, Upload
from ..access import act, person_of
from ..choice import page_number
from ..see_other import see_other
from ..step_up import FIELD, stepped_up

PAGE = 50
SHOWN = 20  # names in a sentence or a list of next steps
LONGEST_NAME = 200
FILTERS = (*OUTCOMES, "held")


def _waiting(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For a view of one file: where it waits no longer, the form to choose it again, which says why."""

    @wraps(view)
    def asked(request: HttpRequest, upload_id: str) -> HttpResponse:
        try:
            return view(request, upload_id)
        except NotFound as ended:
            if ended.code != "upload_ended":
                raise
            values = {"megabytes": MAX_BYTES // 1024 // 1024, "problems": [said(ended.sentence), said(ended.action)]}
            values["ended"] = True
            return render(request, "import.html", values, status=404)

    return asked


@act
@require_http_methods(["GET", "HEAD", "POST"])
def import_file(request: HttpRequest) -> HttpResponse:
    """The form, and the look at the file it sends."""
    values: dict[str, Any] = {"megabytes": MAX_BYTES // 1024 // 1024}
    if request.method != "POST":
        return render(request, "import.html", values)
    file = request.FILES.get("file")
    overwrite = request.POST.get("overwrite") == "on"
    values["overwrite"] = overwrite
    if file is None or not file.size:
        values["problems"] = [_("Choose a file first.") if file is None else _("The file is empty.")]
        return render(request, "import.html", values, status=422)
    name = _printable(file.name or "file")
    try:
        upload = uploads.receive(
            context(), file.read(MAX_BYTES + 1), name, person=person_of(request).email, overwrite=overwrite
        )
    except BursarError as problem:
        values |= {"problems": str(problem).splitlines(), "file_name": name}
        return render(request, "import.html", values, status=422)
    return see_other(f"/import/{upload.id}")


@act
@require_safe
@_waiting
def preview(request: HttpRequest, upload_id: str) -> HttpResponse:
    """What the import would do; after it, what it did."""
    upload = _mine(request, upload_id)
    if uploads.result_of(upload) is not None:
        return render(request, "import_result.html", _result(upload))
    if uploads.is_locked(upload):
        return render(request, "import_locked.html", {"upload": upload})
    return _preview(request, upload)


@act
@sensitive_post_parameters("key")
@require_POST
@_waiting
def unlock(request: HttpRequest, upload_id: str) -> HttpResponse:
    """Open a file of age."""
    upload = _mine(request, upload_id)
    if uploads.is_locked(upload):
        try:
            uploads.unlock(context(), upload, Secret(request.POST.get("key", "")))
        except InvalidInput as problem:
            values = {"upload": upload, "problems": str(problem).splitlines()}
            return render(request, "import_locked.html", values, status=422)
    return see_other(f"/import/{upload.id}")


@act
@require_POST
@_waiting
def plan(request: HttpRequest, upload_id: str) -> HttpResponse:
    """Look again, with the other answer to what happens to names that are there."""
    upload = _mine(request, upload_id)
    if not uploads.is_locked(upload) and uploads.result_of(upload) is None:
        uploads.plan_again(context(), upload, overwrite=request.POST.get("overwrite") == "on")
    return see_other(f"/import/{upload.id}")


@act
@sensitive_post_parameters(FIELD)
@require_POST
@_waiting
def carry_out(request: HttpRequest, upload_id: str) -> HttpResponse:
    """Do what the page showed. What it holds, or releases, needs the password of whoever says so."""
    upload = _mine(request, upload_id)
    if uploads.is_locked(upload) or uploads.result_of(upload) is not None:
        return see_other(f"/import/{upload.id}")
    release = request.POST.get("release") == "on"
    if any(entry.held for entry in uploads.plan_of(upload)) and not stepped_up(request):
        return _preview(request, upload, release=release, status=422)
    try:
        uploads.carry_out(context(), upload, release=release, by=person_of(request).email)
    except Temporary as problem:
        messages.error(request, str(problem))
    return see_other(f"/import/{upload.id}")


@act
@require_POST
@_waiting
def discard(request: HttpRequest, upload_id: str) -> HttpResponse:
    """The file is forgotten."""
    uploads.forget(_mine(request, upload_id))
    messages.success(request, _("The file is forgotten. Nothing was imported."))
    return see_other("/tokens")


def _mine(request: HttpRequest, upload_id: str) -> Upload:
    return uploads.find_upload(context(), upload_id, person_of(request).email)


def _preview(request: HttpRequest, upload: Upload, *, release: bool = False, status: int = 200) -> HttpResponse:
    entries = uploads.plan_of(upload)
    counts = _counts(entries)
    show = request.GET.get("show", "")
    show = show if show in FILTERS and counts[show] else ""
    found = [entry for entry in entries if not show or entry.outcome == show or (show == "held" and entry.held)]
    pages = max(1, -(-len(found) // PAGE))
    page = min(max(1, page_number(request.GET.get("page", "1"))), pages)
    held = [entry.name for entry in entries if entry.held]
    values = {
        "upload": upload,
        "show": show,
        "filters": [{"key": key, "count": counts[key], "current": key == show} for key in FILTERS if counts[key]],
        "total": len(entries),
        "entries": found[(page - 1) * PAGE : page * PAGE],
        "page": page,
        "pages": pages,
        "before": page - 1,
        "after": page + 1 if page < pages else 0,
        "changing": counts[ADDED] + counts[OVERWRITTEN],
        "there": counts[SKIPPED],
        "held": held[:SHOWN],
        "held_count": len(held),
        "release": release,
    }
    return render(request, "import_preview.html", values, status=status)


def _counts(entries: list[PlannedEntry]) -> Counter[str]:
    counts = Counter(entry.outcome for entry in entries)
    counts["held"] = sum(bool(entry.held) for entry in entries)
    return counts


def _result(upload: Upload) -> dict[str, Any]:
    result = uploads.result_of(upload)
    assert result is not None
    released = uploads.was_released(upload)
    held = [] if released else result.held
    added = result.added[:SHOWN]
    counts = _counts(uploads.plan_of(upload))
    tally = {key: counts[key] for key in OUTCOMES} | {"held": len(held)}
    rows = Configuration.objects.filter(name__in=added)
    tokens = {
        token.configuration.name: token.id
        for token in Token.objects.filter(configuration__name__in=held[:SHOWN], label="").select_related(
            "configuration"
        )
    }
    return {
        "upload": upload,
        "tally": [(key, count) for key, count in tally.items() if count],
        "released": released,
        "confirmed": len(result.held),
        "held": [(name, tokens.get(name)) for name in held[:SHOWN]],
        "held_rest": max(0, len(held) - SHOWN),
        "without_secret": [row.name for row in rows if row.client_secret is None],
        "added": added,
        "added_rest": max(0, len(result.added) - SHOWN),
    }


def _printable(name: str) -> str:
    """The file's own name, as it may be shown and stored."""
    base = PurePath(name.replace("\\", "/")).name
    return "".join(sign if sign.isprintable() else "�" for sign in base)[:LONGEST_NAME] or "file"
