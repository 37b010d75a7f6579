"""One-time links: a new person sets name and password, one who forgot theirs a new password. No mail is needed.

Only the hash of a link is stored, so it is shown once, to whoever made it.
"""

import hashlib
from datetime import timedelta

from django.db import IntegrityError
from django.db.models import F

from ..context import Context
from ..errors import InvalidInput, Refused
from .models import Invitation, Person
from .one_at_a_time import one_at_a_time
from .people import ROLES, add_person, email_problems, name_problems, password_problems
from .roster import find_person

TOKEN_BYTES = 32
LIFETIME = timedelta(days=3)


def invite(ctx: Context, email: str, role: str, by: str, name: str = "") -> str:
    """A token for `<base>/join/<token>`; an earlier one for that address ends.

    Raises InvalidInput for what is no address or role, Refused (`person_exists`) where somebody has the address.
    """
    email = email.strip().lower()
    problems = [*email_problems(email), *name_problems(name)]
    if role not in ROLES:
        problems.append(f"The role is {' or '.join(ROLES)}.")
    if problems:
        raise InvalidInput(" ".join(problems))
    if Person.objects.filter(email__iexact=email).exists():
        raise Refused(
            f"{email} is there already.", code="person_exists", action="Make a password link for that person instead."
        )
    Invitation.objects.filter(email=email, person=None).delete()
    return _made(ctx, by, email=email, role=role, name=name.strip())


def password_link(ctx: Context, email: str, by: str) -> str:
    """A token with which that person sets a new password. Raises NotFound; Refused (`person_disabled`)."""
    person = find_person(email)
    if not person.is_active:
        raise Refused(f"{person.email} may not sign in.", code="person_disabled", action="Enable the account first.")
    Invitation.objects.filter(person=person).delete()
    return _made(ctx, by, email=person.email, role=person.role, name=person.name, person=person)


def open_invitation(ctx: Context, token: str) -> Invitation | None:
    """What the token is good for; None for one that was used, withdrawn, or has ended."""
    return Invitation.objects.filter(pk=_hashed(token), ends_at__gt=ctx.clock.now()).select_related("person").first()


def pending(ctx: Context) -> list[Invitation]:
    """The invitations of new people that are open, the newest first."""
    return list(Invitation.objects.filter(person=None, ends_at__gt=ctx.clock.now()).order_by("-created_at"))


def withdraw(email: str) -> bool:
    """End the open invitation for an address. Returns whether there was one."""
    return bool(Invitation.objects.filter(email=email.strip().lower(), person=None).delete()[0])


def forget_ended(ctx: Context) -> None:
    """Delete the links whose time is over."""
    Invitation.objects.filter(ends_at__lte=ctx.clock.now()).delete()


def redeem(ctx: Context, token: str, name: str, password: str) -> Person:
    """Set the password, once: a new person's, or a new one, which ends the person's sessions.

    Raises Refused (`invitation_closed`) where the link isn't good any more, InvalidInput for a bad password or a
    missing name; the link stays good after the latter.
    """
    closed = Refused("This link is not valid, or it has been used.", code="invitation_closed")
    try:
        with one_at_a_time():
            found = open_invitation(ctx, token)
            if found is None or (found.person is not None and not found.person.is_active):
                raise closed
            if found.person is None:
                if not name.strip():
                    raise InvalidInput("Enter your name: colleagues see it beside what you did.", code="name_missing")
                if name_problems(name):
                    raise InvalidInput(" ".join(name_problems(name)), code="name_invalid")
                person = add_person(found.email, found.role, password, name.strip())
            else:
                person = _renewed(found.person, password)
            found.delete()
            return person
    except IntegrityError:
        raise closed from None


def _renewed(person: Person, password: str) -> Person:
    problems = password_problems(password, person.email, person.name)
    if problems:
        raise InvalidInput(" ".join(problems))
    person.set_password(password)
    person.save(update_fields=["password"])
    Person.objects.filter(pk=person.pk).update(session_epoch=F("session_epoch") + 1)
    person.refresh_from_db()
    return person


def _made(ctx: Context, by: str, **columns: object) -> str:
    now = ctx.clock.now()
    token = ctx.randomness.token(TOKEN_BYTES)
    forget_ended(ctx)
    Invitation.objects.create(
        token_sha256=_hashed(token), created_by=by, created_at=now, ends_at=now + LIFETIME, **columns
    )
    return token


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
