"""The system configuration."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from ..app import context
from ..sysconfig.registry import Setting, matching, setting
from .auth import manager_of
from .paging import Limit
from .shapes import settings as shapes
from .tags import check, in_one_step, names_tag, tagged

router = Router(tags=["Settings"])


@router.get("", response=list[shapes.Setting])
def list_settings(request: HttpRequest, search: str = "") -> Any:
    """All settings, or those whose name or help has `search` in it."""
    manager_of(request).check_all()
    return [_shown(each) for each in matching(search[:200] or None)]


@router.get("/history", response=list[shapes.SettingChange])
def list_changes(request: HttpRequest, limit: Limit = 50) -> Any:
    """Who changed which setting from what to what, the newest first."""
    manager_of(request).check_all()
    return context().settings.history(limit=limit)


@router.get("/redirect-uri", response=shapes.RedirectUri)
def read_redirect_uri(request: HttpRequest) -> Any:
    """Where providers send people back to, put together from `HttpType`, `FQDN` and `ScriptAlias`."""
    del request
    return {"redirect_uri": context().settings.redirect_uri()}


@router.get("/{name}/history", response=list[shapes.SettingChange])
def list_changes_of_one(request: HttpRequest, name: str, limit: Limit = 50) -> Any:
    """The changes of one setting, the newest first."""
    manager_of(request).check_all()
    return context().settings.history(setting(name).name, limit=limit)


@router.get("/{name}", response={200: shapes.Setting, 304: None})
def read_setting(request: HttpRequest, response: HttpResponse, name: str) -> Any:
    """One setting."""
    manager_of(request).check_all()
    return tagged(request, response, _shown(setting(name)))


@router.put("/{name}", response=shapes.Setting)
def set_setting(request: HttpRequest, response: HttpResponse, name: str, body: shapes.SettingValue) -> Any:
    """Store a value; it counts at once, in every process."""
    manager = manager_of(request)
    manager.check_all()
    known = setting(name)
    ctx = context()
    stored = ctx.settings.stored(known.name)
    check(request, _shown(known))
    with in_one_step(request):
        ctx.settings.set(known.name, body.value, manager.by, ctx.clock.now(), stored if names_tag(request) else None)
    return tagged(request, response, _shown(known))


@router.delete("/{name}", response=shapes.Setting)
def reset_setting(request: HttpRequest, response: HttpResponse, name: str) -> Any:
    """Back to the default."""
    manager = manager_of(request)
    manager.check_all()
    known = setting(name)
    ctx = context()
    stored = ctx.settings.stored(known.name)
    check(request, _shown(known))
    with in_one_step(request):
        ctx.settings.reset(known.name, manager.by, ctx.clock.now(), stored if names_tag(request) else None)
    return tagged(request, response, _shown(known))


def _shown(each: Setting) -> dict[str, Any]:
    settings = context().settings
    return {
        "name": each.name,
        "type": str(each.type),
        "help": str(each.help),
        "default": each.default,
        "value": settings.text(each.name),
        "is_set": settings.is_set(each.name),
    }
