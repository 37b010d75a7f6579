"""Who asks: an API key with the verb `manage`, for the names that its patterns match (SEC-44, SEC-45)."""

import hashlib
import time
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from ..access.key_model import ApiKey
from ..access.key_rules import Rules, Verb
from ..access.keys import rules_of, view_of
from ..app import context
from ..errors import NotFound
from ..handout.tries import Tries

_tries = Tries()


class NotKnown(Exception):
    """401: no key, a wrong one, an ended or revoked one, or one that may not come from this address."""


class Slower(Exception):
    """429: too many wrong keys came from this address; `seconds` to wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Forbidden(Exception):
    """403: the key is good, and not for this."""

    def __init__(self, code: str, sentence: str, action: str = "") -> None:
        super().__init__(sentence)
        self.code, self.sentence, self.action = code, sentence, action


@dataclass(frozen=True, slots=True)
class Manager:
    """The key that manages. `by` is how its changes are recorded."""

    name: str
    rules: Rules

    @property
    def by(self) -> str:
        return f"key:{self.name}"

    def may_see(self, name: str) -> bool:
        """Whether a configuration or token of this name is the key's business."""
        return self.rules.permits(name)

    def check(self, name: str) -> None:
        """Raises NotFound for a name that the key may not have, as for one that isn't there."""
        if not self.may_see(name):
            raise NotFound(f'There is no token configuration "{name}" that this key may manage.', code="not_found")

    def check_all(self) -> None:
        """Raises Forbidden unless the key is for all names: what has no name of a configuration is for those alone."""
        if not self.rules.permits_all:
            raise Forbidden(
                "key_limited",
                "This is for keys that may manage all names.",
                "Use a key that was made with --allow '*' --verbs manage.",
            )


class ManagerKey(HttpBearer):
    """`Authorization: Bearer <key>`. The key is looked up for each request, so a change counts at once."""

    openapi_description = "An API key with the verb manage: `bursar key new --verbs manage`."

    def __call__(self, request: HttpRequest) -> Any:
        header = request.headers.get("Authorization", "")
        scheme, _, key = header.partition(" ")
        return self.authenticate(request, key.strip() if scheme.lower() == "bearer" else "")

    def authenticate(self, request: HttpRequest, token: str) -> Manager:
        address, now = str(request.META.get("REMOTE_ADDR", "")), time.monotonic()
        row = ApiKey.objects.filter(sha256=hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()).first()
        view = view_of(row, context().clock.now()) if row is not None else None
        rules = rules_of(view) if view is not None else None
        if view is None or rules is None or view.state != "live" or not rules.admits(address):
            wait = _tries.wait(address, now)
            if wait:
                raise Slower(wait)
            _tries.failed(address, now)
            raise NotKnown
        if Verb.MANAGE not in rules.verbs:
            raise Forbidden(
                "verb_missing",
                "This key lacks the verb manage.",
                f"An administrator can add it: `bursar key set '{view.name}' --verbs …,manage`.",
            )
        return Manager(view.name, rules)


def manager_of(request: HttpRequest) -> Manager:
    """The key behind a request that got as far as an operation."""
    found = request.auth  # type: ignore[attr-defined]
    assert isinstance(found, Manager)
    return found
