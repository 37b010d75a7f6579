"""Pages of one step on a token configuration: duplicate it, add a label, delete it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ...app import context
from ...errors import BursarError, InvalidInput, Refused
from ...tokens import configure
from ...tokens.document import DocumentInvalid, document_of
from ...tokens.duplicate import duplicate as make_duplicate
from ...tokens.edit import by_id
from ...tokens.labels import add_label
from ...tokens.models import Configuration, Token
from ...tokens.users import users_of
from ..access import act, person_of
from ..forms.page import Field, sentence
from ..forms.specs import Spec
from ..frame import leave_out_notice
from ..see_other import see_other


@act
@require_http_methods(["GET", "HEAD", "POST"])
def duplicate(request: HttpRequest, configuration_id: str) -> HttpResponse:
    """The same under another name: without tokens, and with the secret only where a person ticks it."""
    row = by_id(configuration_id)
    if request.method != "POST":
        return _page(request, row, "duplicate", name=_free_name(row.name))
    _only(request, "Name", "with_secret")
    name = request.POST.get("Name", "").strip()
    with_secret = "with_secret" in request.POST
    try:
        made = make_duplicate(context(), row, name, person_of(request).email, with_secret=with_secret)
    except (InvalidInput, Refused) as refused:
        error = _of_name(refused)
        return _page(request, row, "duplicate", name=name, with_secret=with_secret, error=error, status=422)
    messages.success(request, _("%(name)s is added, a duplicate of %(of)s.") % {"name": made.name, "of": row.name})
    return see_other(f"/configurations/{made.id}/edit")


@act
@require_http_methods(["GET", "HEAD", "POST"])
def label(request: HttpRequest, configuration_id: str) -> HttpResponse:
    """A further token under the configuration, for another mailbox of the same application."""
    row = by_id(configuration_id)
    if request.method != "POST":
        return _page(request, row, "label", label="", labels=_labels(row))
    _only(request, "label")
    text = request.POST.get("label", "").strip()
    try:
        add_label(row, text)
    except BursarError as refused:
        return _page(request, row, "label", label=text, labels=_labels(row), error=str(refused), status=422)
    messages.success(request, _("%(name)s has the label %(label)s.") % {"name": row.name, "label": text})
    return see_other(f"/configurations/{row.id}/next?{urlencode({'label': text})}")


@act
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, configuration_id: str) -> HttpResponse:
    """Asks first, and says what ends with it; refused while somebody uses it."""
    row = by_id(configuration_id)
    if request.method != "POST":
        return _deletion(request, row)
    _only(request)
    try:
        configure.delete(context(), row.name)
    except Refused as refused:
        if refused.code != "in_use":
            raise
        return _deletion(request, row, status=409)
    messages.success(request, _("%(name)s is deleted, and its tokens with it.") % {"name": row.name})
    return see_other("/tokens")


def _deletion(request: HttpRequest, row: Configuration, *, status: int = 200) -> HttpResponse:
    tokens = Token.objects.filter(configuration=row)
    stored = tokens.exclude(access_token=None, refresh_token=None)
    told = document_of(row).options.revocation_url
    held = row.secret_held or tokens.filter(held=True).exists()
    values = {
        "used_by": users_of([row.id])[row.id],
        "stored": [f"{row.name}#{each}" if each else row.name for each in stored.values_list("label", flat=True)],
        "labels": _labels(row),
        "provider": told.host if told and not held else "",
        "held": held,
    }
    return _page(request, row, "delete", status=status, **values)


def _page(
    request: HttpRequest, row: Configuration, name_of_page: str, *, status: int = 200, **values: Any
) -> HttpResponse:
    leave_out_notice(request, row.id)
    return render(request, f"configurations/{name_of_page}.html", {"row": row, **values}, status=status)


def _only(request: HttpRequest, *fields: str) -> None:
    """Raises BadRequest where the form brings anything else (SEC-42)."""
    if not request.POST.keys() <= {"csrfmiddlewaretoken", *fields}:
        raise BadRequest


def _labels(row: Configuration) -> list[str]:
    return list(
        Token.objects.filter(configuration=row).exclude(label="").order_by("label").values_list("label", flat=True)
    )


def _of_name(refused: BursarError) -> str:
    if isinstance(refused, DocumentInvalid):
        return sentence(Field(Spec("Name", ""), _("Name"), "", ""), refused.problems[0].rule)
    return str(refused)


def _free_name(name: str) -> str:
    """A first suggestion that is free: `Support (2)`."""
    base = name[:240]
    number = 2
    while number < 1000 and Configuration.objects.filter(name=f"{base} ({number})").exists():
        number += 1
    return f"{base} ({number})"
