"""Who may sign in to the pages."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Field, Schema

from .common import Incoming

Role = Literal["admin", "auditor"]


class Person(Schema):
    """Somebody who may sign in."""

    email: str
    name: str
    role: str
    may_sign_in: bool
    last_sign_in: datetime | None


class NewPerson(Incoming):
    """Invited by a link, which is in the answer and nowhere else."""

    email: Annotated[str, Field(min_length=3, max_length=254)]
    role: Role
    name: Annotated[str, Field(max_length=200)] = ""


class PersonChange(Incoming):
    role: Role | None = None
    may_sign_in: bool | None = None


class Link(Schema):
    """Good once, for three days."""

    url: str


class Invitation(Schema):
    """An invitation that is open; its link was shown once."""

    email: str
    name: str
    role: str
    created_at: datetime
    created_by: str
    ends_at: datetime
