"""API keys in the browser: all of them, one with what it used, new, changed, revoked; and stopping everything."""

from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ...access import keys
from ...app import context
from ...clock import from_micros, to_micros
from ...errors import NotFound, Refused, Temporary
from ...handout.usage import use_count, uses_by
from ...sentences import said as told
from ...tokens.models import Token
from ...tokens.revoke_all import revoke_all
from ..access import act, look, person_of
from ..forms.key import KeyForm
from ..see_other import see_other
from ..seen import seen_of
from ..site import site_of
from ..step_up import stepped_up
from ..wording import clock, date, ends_in

FORM = ("GET", "HEAD", "POST")
USES_SHOWN = 100


@look
@require_safe
def all_keys(request: HttpRequest) -> HttpResponse:
    """Every key: what it may do, until when, and when it was used last; the revoked ones below."""
    found = [_words(key) for key in keys.list_keys(context(), revoked=True)]
    values = {
        "keys": [key for key in found if key["view"].state != "revoked"],
        "revoked": [key for key in found if key["view"].state == "revoked"],
    }
    return render(request, "keys/all.html", values)


@look
@require_safe
def one_key(request: HttpRequest, key_id: str) -> HttpResponse:
    """One key with every token that it was handed."""
    view = keys.find_key(context(), key_id)
    now = context().clock.now()
    uses = [
        {"use": use, "first": clock(use.first_at, now), "last": clock(use.last_at, now)}
        for use in uses_by("key", view.id, USES_SHOWN)
    ]
    more = use_count("key", view.id) - len(uses)
    return render(request, "keys/one.html", {"key": _words(view), "uses": uses, "more": more})


@act
@never_cache
@require_http_methods(FORM)
def new_key(request: HttpRequest) -> HttpResponse:
    """Make a key, and show it this once."""
    ctx = context()
    if request.method != "POST":
        return _form(request, KeyForm(allow=request.GET.get("allow", "")[:500]))
    form = KeyForm.read(request.POST, ctx.clock.now())
    if form.errors or form.rules is None or not stepped_up(request):
        return _form(request, form, status=422)
    try:
        view, secret = keys.new_key(ctx, form.name, form.rules, form.expires_at, person_of(request).email)
    except Refused:
        form.errors["name"] = _("There is a key with this name already.")
        return _form(request, form, status=422)
    example = next((pattern for pattern in view.allow if "*" not in pattern and "?" not in pattern), "NAME")
    site = site_of(request)
    address = f"{site.base_url if site else ''}/api/v1/tokens/{quote(example, safe='')}"
    values = {
        "key": _words(view),
        "secret": secret.reveal(),
        "example": f'curl -H "Authorization: Bearer $KEY" {address}',
    }
    return render(request, "keys/made.html", values)


@act
@require_http_methods(FORM)
def edit_key(request: HttpRequest, key_id: str) -> HttpResponse:
    """Change what a key may do; it counts from the next request on."""
    ctx = context()
    view = _live(key_id)
    if request.method != "POST":
        return _form(request, KeyForm.of(view), view)
    form = KeyForm.read(request.POST, ctx.clock.now(), kept=True)
    form.name = view.name
    seen = request.POST.get("seen", "")
    if form.errors or form.rules is None or not stepped_up(request):
        return _form(request, form, view, status=422)
    changes: dict[str, Any] = {"rules": form.rules}
    if form.ends != "keep":
        changes["expires_at"] = form.expires_at
    try:
        micros = seen_of(seen)
        at = None if micros is None else from_micros(micros)
        keys.change_key(ctx, view.name, person_of(request).email, seen=at, **changes)
    except Temporary as late:
        messages.error(request, f"{told(late.sentence)} {told(late.action)}")
        return see_other(f"/keys/{view.id}/edit")
    messages.success(request, _("%(name)s is changed. It counts from the next request on.") % {"name": view.name})
    return see_other(f"/keys/{view.id}")


@look
@require_http_methods(FORM)
def revoke_key(request: HttpRequest, key_id: str) -> HttpResponse:
    """Asks first, saying what the key was used for."""
    view = _live(key_id)
    if request.method != "POST":
        uses = uses_by("key", view.id, 5)
        more = use_count("key", view.id) - len(uses)
        return render(request, "keys/revoke.html", {"key": _words(view), "uses": uses, "more": more})
    keys.revoke_key(context(), view.name, person_of(request).email)
    messages.success(request, _("%(name)s is revoked. It is refused from the next request on.") % {"name": view.name})
    return see_other("/keys")


@look
@require_http_methods(FORM)
def stop(request: HttpRequest) -> HttpResponse:
    """Revoke every token, after a page that says what that means (SEC-47)."""
    if request.method != "POST" or not stepped_up(request):
        living = Token.objects.exclude(state="revoked").count()
        status = 422 if request.method == "POST" else 200
        return render(request, "keys/stop.html", {"living": living}, status=status)
    # The providers are told by the scheduler: a page must not wait for hundreds of them.
    stopped = revoke_all(context(), person_of(request).email, tell=False)
    said = ngettext(
        "%(count)d token is revoked. Nothing is handed out any more.",
        "%(count)d tokens are revoked. Nothing is handed out any more.",
        stopped.revoked,
    ) % {"count": stopped.revoked}
    messages.success(request, said)
    if stopped.unreachable:
        names = ", ".join(stopped.unreachable[:10]) + (" …" if len(stopped.unreachable) > 10 else "")
        messages.warning(
            request,
            _(
                "These providers can't be told, so what they gave lives there until it ends by itself: %(names)s. "
                "End it on the provider's own pages."
            )
            % {"names": names},
        )
    return see_other("/tokens")


def _form(request: HttpRequest, form: KeyForm, view: keys.KeyView | None = None, status: int = 200) -> HttpResponse:
    seen = request.POST.get("seen") or (to_micros(view.changed_at) if view else "")
    return render(request, "keys/form.html", {"form": form, "key": view, "seen": seen}, status=status)


def _live(key_id: str) -> keys.KeyView:
    view = keys.find_key(context(), key_id)
    if view.state == "revoked":
        raise NotFound(_("This key is revoked already."), code="key_not_found")
    return view


def _words(view: keys.KeyView) -> dict[str, Any]:
    now = context().clock.now()
    return {
        "view": view,
        "ends": ends_in(view.expires_at, now) if view.expires_at and view.state == "live" else "",
        "ended": clock(view.expires_at, now) if view.expires_at and view.state == "expired" else "",
        "until": date(view.expires_at, now) if view.expires_at else "",
        "used": clock(view.last_used_at, now) if view.last_used_at else "",
        "made": date(view.created_at, now),
        "gone": clock(view.revoked_at, now) if view.revoked_at else "",
        "soon": bool(view.expires_at and view.state == "live" and (view.expires_at - now).days < 30),
    }
