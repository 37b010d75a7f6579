"""`/people`: who may sign in, as what; invited by a link that is shown once (SEC-36, SEC-38, SEC-42)."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from ...access import invitations, roster
from ...access.models import Person
from ...app import context
from ...errors import BursarError
from ..access import act, look, person_of
from ..see_other import see_other
from ..step_up import FIELD, stepped_up

CHANGES = ("role", "disable", "enable", "sessions", "link", "delete")


@look
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Everybody, and the invitations that are open."""
    ctx = context()
    values = {
        "people": Person.objects.order_by("-is_active", "email"),
        "pending": invitations.pending(ctx),
        "now": ctx.clock.now(),
    }
    return render(request, "people/all.html", values)


@act
@sensitive_post_parameters(FIELD)
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """The form; after it the link, this once."""
    given = {field: request.POST.get(field, "").strip() for field in ("email", "name", "role")}
    if request.method != "POST":
        return render(request, "people/invite.html", {"given": given | {"role": Person.AUDITOR}})
    if not stepped_up(request):
        return render(request, "people/invite.html", {"given": given}, status=422)
    ctx = context()
    try:
        token = invitations.invite(ctx, given["email"], given["role"], person_of(request).email, given["name"])
    except BursarError as problem:
        return render(request, "people/invite.html", {"given": given, "problem": str(problem)}, status=422)
    return _link(request, token, given["email"].lower(), given["role"])


@act
@require_http_methods(["POST"])
def withdraw(request: HttpRequest) -> HttpResponse:
    """End an open invitation."""
    email = request.POST.get("email", "")
    if invitations.withdraw(email):
        messages.success(request, _("The invitation for %(email)s is withdrawn.") % {"email": email})
    return see_other("/people")


@look
@sensitive_post_parameters(FIELD)
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, person_id: str) -> HttpResponse:
    """One person, and what an administrator may do about them; each of it with the password."""
    person = _found(person_id)
    own = person.pk == person_of(request).pk
    values: dict[str, Any] = {"whom": person, "own": own, "now": context().clock.now()}
    wanted = request.POST.get("do", "")
    if request.method != "POST" or wanted not in CHANGES:
        return render(request, "people/one.html", values)
    values["wanted"] = wanted
    if wanted == "delete" and "sure" not in request.POST:
        if request.POST.get(FIELD):
            stepped_up(request)  # so that the next page needn't ask again
        return render(request, "people/delete.html", values)
    if not stepped_up(request):
        return render(request, "people/delete.html" if wanted == "delete" else "people/one.html", values, status=422)
    if own and wanted in ("role", "disable", "delete"):
        values["problem"] = _("This is your own account. Ask another administrator to do that.")
        return render(request, "people/one.html", values, status=422)
    try:
        return _done(request, person, wanted)
    except BursarError as problem:
        return render(request, "people/one.html", values | {"problem": str(problem)}, status=422)


def _done(request: HttpRequest, person: Person, wanted: str) -> HttpResponse:
    name = {"name": str(person)}
    said = ""
    match wanted:
        case "link":
            token = invitations.password_link(context(), person.email, person_of(request).email)
            return _link(request, token, person.email, "")
        case "role":
            role = request.POST.get("role", "")
            if roster.set_role(person.email, role):
                said = (
                    _("%(name)s is administrator from now on.")
                    if role == Person.ADMIN
                    else _("%(name)s is auditor now.")
                )
        case "disable":
            if roster.disable(person.email):
                said = _("%(name)s may not sign in any more, and is signed out everywhere.")
        case "enable":
            if roster.enable(person.email):
                said = _("%(name)s may sign in again, with the password from before.")
        case "sessions":
            roster.end_sessions(person.email)
            if person.pk == person_of(request).pk:
                person.refresh_from_db()
                update_session_auth_hash(request, person)
            said = _("%(name)s is signed out everywhere else.")
        case "delete":
            roster.delete(person.email)
            messages.success(request, _("%(name)s is removed.") % name)
            return see_other("/people")
    if said:
        messages.success(request, said % name)
    return see_other(f"/people/{person.pk}")


def _link(request: HttpRequest, token: str, email: str, role: str) -> HttpResponse:
    values = {
        "link": f"{context().settings.base_url()}/join/{token}",
        "email": email,
        "role": role,
        "days": invitations.LIFETIME.days,
    }
    return render(request, "people/link.html", values)


def _found(person_id: str) -> Person:
    found = Person.objects.filter(pk=int(person_id)).first() if person_id.isdecimal() and len(person_id) < 16 else None
    if found is None:
        raise Http404
    return found
