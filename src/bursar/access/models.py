"""People who sign in. A role says what they may do; the e-mail address is how they are known."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac

from ..columns import InstantField
from .counter_model import Counter as Counter
from .key_model import ApiKey as ApiKey


class People(BaseUserManager["Person"]):
    """Makes people; a password is hashed with Argon2id (SEC-37)."""

    def add(self, email: str, role: str, password: str, name: str = "") -> "Person":
        person = Person(email=self.normalize_email(email).lower(), role=role, name=name)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def get_by_natural_key(self, username: str | None) -> "Person":
        return self.get(email__iexact=username)


class Person(AbstractBaseUser):
    """`admin` may do everything, `auditor` may look."""

    ADMIN = "admin"
    AUDITOR = "auditor"

    email = models.EmailField(unique=True)
    name = models.TextField(default="", blank=True)
    role = models.TextField(default=AUDITOR)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)
    # Every session is signed with it: a higher number ends them all at once, in every process (SEC-38).
    session_epoch = models.BigIntegerField(default=0)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = People()

    class Meta:
        db_table = "access_person"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

    def get_session_auth_hash(self) -> str:
        """What a session has to match: it changes with the password, and whenever sessions are ended."""
        proof = f"{self.session_epoch} {self.password}"
        return salted_hmac("bursar.access.session", proof, algorithm="sha256").hexdigest()

    @property
    def is_admin(self) -> bool:
        return self.role == self.ADMIN

    def __str__(self) -> str:
        return self.name or self.email


class SetupLink(models.Model):
    """The one-time link with which the first administrator sets a password (SEC-36). Stored hashed, one use."""

    token_sha256 = models.TextField(primary_key=True)
    created_at = models.BigIntegerField()
    used_at = models.BigIntegerField(null=True)

    class Meta:
        db_table = "access_setup_link"


class Invitation(models.Model):
    """A one-time link with which a person sets a password: a new one, or with `person` one who forgot theirs.

    Stored hashed, one use, with an end.
    """

    token_sha256 = models.TextField(primary_key=True)
    email = models.EmailField(max_length=254)
    name = models.TextField(default="", blank=True)
    role = models.TextField()
    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True)
    created_by = models.TextField()
    created_at = InstantField()
    ends_at = InstantField()

    class Meta:
        db_table = "access_invitation"
