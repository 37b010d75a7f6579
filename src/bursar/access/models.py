"""People who sign in. A role says what they may do; the e-mail address is how they are known."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

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

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = People()

    class Meta:
        db_table = "access_person"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

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
