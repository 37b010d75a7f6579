"""Who may sign in to the pages."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from ..access import invitations, roster
from ..access.models import Person
from ..access.one_at_a_time import one_at_a_time
from ..app import context
from ..askable import askable
from ..errors import NotFound
from .auth import manager_of
from .shapes import people as shapes
from .tags import check, tagged

router = Router(tags=["People"])


@router.get("", response=list[shapes.Person])
def list_people(request: HttpRequest) -> Any:
    """Everybody, by address."""
    manager_of(request).check_all()
    return [_shown(each) for each in Person.objects.order_by("email")]


@router.post("", response={201: shapes.Link})
def invite(request: HttpRequest, body: shapes.NewPerson) -> Any:
    """Invite somebody; the link is shown this once."""
    manager = manager_of(request)
    manager.check_all()
    ctx = context()
    made = invitations.invite(ctx, body.email, body.role, manager.by, body.name)
    return Status(201, {"url": f"{ctx.settings.base_url()}/join/{made}"})


@router.get("/invitations", response=list[shapes.Invitation])
def list_invitations(request: HttpRequest) -> Any:
    """The invitations that are open, the newest first."""
    manager_of(request).check_all()
    return invitations.pending(context())


@router.get("/{email}", response={200: shapes.Person, 304: None})
def read_person(request: HttpRequest, response: HttpResponse, email: str) -> Any:
    """One person."""
    manager_of(request).check_all()
    return tagged(request, response, _shown(_found(email)))


@router.patch("/{email}", response=shapes.Person)
def change_person(request: HttpRequest, response: HttpResponse, email: str, body: shapes.PersonChange) -> Any:
    """The role, and whether the person may sign in. The last administrator stays one."""
    manager_of(request).check_all()
    with one_at_a_time():
        person = _alone(email)
        check(request, _shown(person))
        if body.role is not None:
            roster.set_role(person.email, body.role)
        if body.may_sign_in is not None:
            (roster.enable if body.may_sign_in else roster.disable)(person.email)
    return tagged(request, response, _shown(_found(email)))


@router.delete("/{email}", response={204: None})
def delete_person(request: HttpRequest, email: str) -> Any:
    """Remove somebody, with sessions and open links."""
    manager_of(request).check_all()
    with one_at_a_time():
        person = _alone(email)
        check(request, _shown(person))
        roster.delete(person.email)
    return Status(204, None)


@router.post("/{email}/link", response=shapes.Link)
def password_link(request: HttpRequest, email: str) -> Any:
    """A link with which the person sets a new password; it is shown this once."""
    manager = manager_of(request)
    manager.check_all()
    ctx = context()
    made = invitations.password_link(ctx, _found(email).email, manager.by)
    return {"url": f"{ctx.settings.base_url()}/join/{made}"}


@router.delete("/{email}/sessions", response={204: None})
def end_sessions(request: HttpRequest, email: str) -> Any:
    """Sign the person out everywhere."""
    manager_of(request).check_all()
    roster.end_sessions(_found(email).email)
    return Status(204, None)


@router.delete("/{email}/invitation", response={204: None})
def withdraw(request: HttpRequest, email: str) -> Any:
    """End the open invitation for an address."""
    manager_of(request).check_all()
    if not invitations.withdraw(askable(email)):
        raise NotFound("There is no open invitation for that address.", code="invitation_not_found")
    return Status(204, None)


def _found(email: str) -> Person:
    return roster.find_person(askable(email))


def _alone(email: str) -> Person:
    """The person, whom nobody else changes until the transaction ends."""
    return Person.objects.select_for_update().get(pk=_found(email).pk)


def _shown(person: Person) -> dict[str, Any]:
    return {
        "email": person.email,
        "name": person.name,
        "role": person.role,
        "may_sign_in": person.is_active,
        "last_sign_in": person.last_login,
    }
