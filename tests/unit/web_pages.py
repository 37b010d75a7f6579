"""The pages as a test asks for them: by people of each role, under the host that the system configuration names."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from bursar.access.models import Person
from bursar.context import Context
from bursar.tokens.overview import TokenView, list_tokens
from bursar.web import middleware
from tests.browser import scenes

assert middleware.SessionLimits  # with it, every sign-in is noted, `force_login` before a first request too

HOST = "localhost:8085"
PASSWORD = "a long enough sentence"


class Pages:
    """`admin`, `auditor` and `visitor` are clients; none of them checks CSRF unless told to."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.visitor = self.client()
        self._people: dict[str, Person] = {}

    @property
    def admin(self) -> Client:
        return self.signed_in(Person.ADMIN)

    @property
    def auditor(self) -> Client:
        return self.signed_in(Person.AUDITOR)

    def client(self, **options: Any) -> Client:
        return Client(raise_request_exception=False, headers={"host": options.pop("host", HOST)}, **options)

    def person(self, role: str) -> Person:
        if role not in self._people:
            self._people[role] = Person.objects.add(f"{role}@kestrel.example", role, PASSWORD, f"The {role}")
        return self._people[role]

    def signed_in(self, role: str, **options: Any) -> Client:
        client = self.client(**options)
        client.force_login(self.person(role), backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    def set(self, name: str, value: str) -> None:
        self.ctx.settings.set(name, value, "test", self.ctx.clock.now())

    def fill(self) -> None:
        """A token in every state."""
        scenes.fill(self.ctx, self.ctx.clock.now())

    def view(self, name: str) -> TokenView:
        return next(view for view in list_tokens(self.ctx) if view.reference == name)


def dump(capsys: pytest.CaptureFixture[str], *, but_audit: bool = False) -> str:
    """The whole database as text; `but_audit` leaves out the audit log, where refused requests are told of."""
    call_command("dumpdata", exclude=["audit"] if but_audit else [], verbosity=0)
    return capsys.readouterr().out


def confirm_held(pages: Pages, admin: Client, page: str, seen: int, is_held: Callable[[], bool]) -> None:
    """Release what is held at `page`: by an administrator alone, with the password, and as it was looked at (SEC-43,
    SEC-62). `admin` gave the password long ago."""
    confirming = {"seen": str(seen)}
    assert admin.post(f"{page}/confirm", confirming).status_code == 422
    assert is_held()
    assert pages.auditor.post(f"{page}/confirm", confirming).status_code == 403
    stale = {"seen": "1", "current_password": PASSWORD}
    assert admin.post(f"{page}/confirm", stale).status_code == 409
    assert admin.post(f"{page}/confirm", confirming).status_code == 303
    assert not is_held()


def form_token(html: str) -> str:
    """The CSRF token of the first form of a page."""
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', html)
    assert found is not None
    return found[1]
