"""Adding people by the rules: a real address, a role that exists, a password that is worth its name (SEC-37)."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.utils import IntegrityError

from ..errors import InvalidInput, Refused
from .models import Person

ROLES = (Person.ADMIN, Person.AUDITOR)
EMAIL_LIMIT = 254
NAME_LIMIT = 200
PASSWORD_LIMIT = 1024  # characters: hashing a longer one would only cost time


def add_person(email: str, role: str, password: str, name: str = "") -> Person:
    """A new person. Raises InvalidInput with every broken rule, Refused (`person_exists`) for a taken address."""
    email = email.strip().lower()
    problems = [*email_problems(email), *password_problems(password, email, name)]
    if role not in ROLES:
        problems.append(f"The role is {' or '.join(ROLES)}.")
    if problems:
        raise InvalidInput(" ".join(problems))
    taken = Refused(f"{email} is there already.", code="person_exists")
    if Person.objects.filter(email__iexact=email).exists():
        raise taken
    try:
        with transaction.atomic():
            return Person.objects.add(email, role, password, name)
    except IntegrityError:
        raise taken from None


def password_problems(password: str, email: str = "", name: str = "") -> list[str]:
    """The rules that a password breaks, one sentence each; empty for a good one."""
    if len(password) > PASSWORD_LIMIT:
        return [f"A password has at most {PASSWORD_LIMIT} characters."]
    try:
        validate_password(password, Person(email=email, name=name))
    except ValidationError as problem:
        return list(problem.messages)
    return []


def name_problems(name: str) -> list[str]:
    """The rules that a name breaks, one sentence each; it may be empty."""
    good = len(name) <= NAME_LIMIT and name.isprintable()
    return [] if good else [f"A name has at most {NAME_LIMIT} printable characters."]


def email_problems(email: str) -> list[str]:
    """The rules that an address breaks, one sentence each."""
    try:
        validate_email(email)
    except ValidationError:
        return [f"{email!r} is not an e-mail address."]
    return [] if len(email) <= EMAIL_LIMIT else [f"An e-mail address has at most {EMAIL_LIMIT} characters."]
