"""`/settings`: the system configuration, changed in place; what is dangerous asks for the password (SEC-43)."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from ...app import context
from ...errors import InvalidInput
from ...sysconfig.registry import setting as registered
from ...tokens.models import Configuration
from ..access import is_htmx, look, person_of
from ..choice import LONGEST_QUERY
from ..see_other import see_other
from ..setting_rows import ADDRESS, SettingRow, rows_of, setting_groups
from ..step_up import FIELD, stepped_up


@look
@require_safe
def settings(request: HttpRequest) -> HttpResponse:
    """All of them, or those that a search finds."""
    query = request.GET.get("q", "").strip()[:LONGEST_QUERY]
    only_set = request.GET.get("set") == "on"
    values = {
        "groups": setting_groups(context(), query, only_set),
        "query": query,
        "only_set": only_set,
        "redirect_uri": context().settings.redirect_uri(),
        "now": context().clock.now(),
    }
    return render(request, "settings.html", values)


@look
@sensitive_post_parameters(FIELD)
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, name: str) -> HttpResponse:
    """One setting: its form, and what it sends. A script gets the row alone, or the form in the row's place."""
    row = _row(name)
    if request.method != "POST":
        if is_htmx(request) and "shown" in request.GET:
            return _shown(request, row)
        return _form(request, row, row.text)
    reset = request.POST.get("do") == "reset"
    given = row.setting.default if reset else request.POST.get("value", "")
    try:
        normal = context().settings.checked(name, given)
    except InvalidInput as problem:
        return _form(request, row, given, problem=str(problem).removeprefix(f"{name}: "), status=422)
    moves = _moves(row, normal, reset)
    if moves and request.POST.get("seen") != moves["after"]:
        return _form(request, row, given, moves=moves, reset=reset, status=422)
    if row.dangerous and not stepped_up(request):
        return _form(request, row, given, moves=moves, reset=reset, status=422)
    _store(request, row, normal, reset)
    if is_htmx(request):
        return _shown(request, _row(name), saved=True)
    messages.success(request, _("%(name)s is saved. Every process uses it from now on.") % {"name": name})
    return see_other(f"/settings#{row.anchor}")


def _store(request: HttpRequest, row: SettingRow, normal: str, reset: bool) -> None:
    ctx, person = context(), person_of(request).email
    if reset:
        ctx.settings.reset(row.name, person, ctx.clock.now())
    else:
        ctx.settings.set(row.name, normal, person, ctx.clock.now())


def _row(name: str) -> SettingRow:
    return rows_of(context(), [registered(name)])[0]


def _moves(row: SettingRow, normal: str, reset: bool) -> dict[str, Any]:
    """Where the redirect URI would go, empty where it stays."""
    ctx = context()
    if row.name not in ADDRESS:
        return {}
    value = ctx.settings.unset_text(row.name) if reset else normal
    before, after = ctx.settings.redirect_uri(), ctx.settings.redirect_uri({row.name: value})
    if before == after:
        return {}
    users = Configuration.objects.filter(flow="authorization_code").exclude(validity="invalid").count()
    return {"before": before, "after": after, "users": users, "to_https": row.name == "HttpType" and value == "https"}


def _form(
    request: HttpRequest,
    row: SettingRow,
    given: str,
    *,
    problem: str = "",
    moves: dict[str, Any] | None = None,
    reset: bool = False,
    status: int = 200,
) -> HttpResponse:
    values = {
        "row": row,
        "given": given,
        "problem": problem,
        "moves": moves,
        "reset": reset,
        "now": context().clock.now(),
    }
    request.audit_asked = True  # type: ignore[attr-defined]
    if is_htmx(request):
        return render(request, "parts/setting_form.html", values)
    return render(request, "setting.html", values, status=status)


def _shown(request: HttpRequest, row: SettingRow, *, saved: bool = False) -> HttpResponse:
    values = {"row": row, "saved": saved, "now": context().clock.now()}
    values |= {"redirect_uri": context().settings.redirect_uri(), "moved": saved and row.name in ADDRESS}
    return render(request, "parts/setting.html", values)
