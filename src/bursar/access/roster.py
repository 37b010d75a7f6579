"""What becomes of people: their role, whether they may sign in, their sessions, their end. An administrator stays.

Raises Refused (`last_administrator`) where nobody would be left who may change anything, NotFound
(`person_not_found`) for an unknown address.
"""

from django.db.models import F

from ..errors import InvalidInput, NotFound, Refused
from .models import Invitation, Person
from .one_at_a_time import one_at_a_time
from .people import ROLES


def find_person(email: str) -> Person:
    """Whoever signs in with that address. Raises NotFound (`person_not_found`)."""
    found = Person.objects.filter(email__iexact=email.strip()).first()
    if found is None:
        raise NotFound(
            f"Nobody signs in as {email.strip()}.",
            code="person_not_found",
            action="`bursar people list` shows who does.",
        )
    return found


def set_role(email: str, role: str) -> bool:
    """Make somebody administrator or auditor. Returns whether that is a change."""
    if role not in ROLES:
        raise InvalidInput(f"The role is {' or '.join(ROLES)}.", code="role_unknown")
    with one_at_a_time():
        person = find_person(email)
        if person.role == role:
            return False
        if role != Person.ADMIN:
            _keep_an_administrator(person)
            _withdraw_invitations_of(person)
        Person.objects.filter(pk=person.pk).update(role=role)
        return True


def disable(email: str) -> bool:
    """Let somebody sign in no more; their sessions end at once. Returns whether that is a change."""
    with one_at_a_time():
        person = find_person(email)
        if not person.is_active:
            return False
        _keep_an_administrator(person)
        _withdraw_invitations_of(person)
        Invitation.objects.filter(person=person).delete()
        Person.objects.filter(pk=person.pk).update(is_active=False, session_epoch=F("session_epoch") + 1)
        return True


def enable(email: str) -> bool:
    """Let somebody sign in again, with the password they had. Returns whether that is a change."""
    return bool(Person.objects.filter(pk=find_person(email).pk, is_active=False).update(is_active=True))


def end_sessions(email: str) -> None:
    """Sign somebody out everywhere, in every process (SEC-38)."""
    Person.objects.filter(pk=find_person(email).pk).update(session_epoch=F("session_epoch") + 1)


def delete(email: str) -> None:
    """Remove somebody, with sessions and open links. What they did keeps their name."""
    with one_at_a_time():
        person = find_person(email)
        _keep_an_administrator(person)
        _withdraw_invitations_of(person)
        person.delete()


def _keep_an_administrator(person: Person) -> None:
    others = Person.objects.filter(role=Person.ADMIN, is_active=True).exclude(pk=person.pk)
    if person.is_admin and person.is_active and not others.exists():
        raise Refused(
            f"{person.email} is the last administrator: nobody could change anything any more.",
            code="last_administrator",
            action="Make somebody else an administrator first.",
        )


def _withdraw_invitations_of(person: Person) -> None:
    """Who may not invite any more has no open invitations either."""
    Invitation.objects.filter(created_by=person.email).delete()
