"""One row of the audit log for each change that is asked for by page or API, also where it is refused (SEC-65)."""

import logging
import re
from collections.abc import Callable
from typing import Any

from django.contrib.messages import ERROR
from django.core.exceptions import SuspiciousOperation
from django.db import Error as DatabaseTrouble
from django.http import HttpRequest, UnreadablePostError
from django.http.response import HttpResponseBase

from ...access.models import Person
from ...api.auth import Manager
from ...app import context
from ...audit.log import DONE, FAILED, REFUSED, Entry, record
from ...errors import BursarError
from ..audited_subject import named_in_form, subject_of
from .kind import GetResponse

log = logging.getLogger("bursar.audit")

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
CALLBACK = "callback"
# What only looks, or keeps its choice in the browser alone.
UNCHANGING = frozenset({"webservices/check", "language"})
# Words of forms that say what was wanted, and are no secret and no text of a person's own.
KEPT = ("do", "action", "role", "validity", "secrets", "moved", "overwrite")
LONGEST_WORD = 40
_PARAMETER = re.compile(r"<[^>]*>/?|\{[^}]*\}/?")


class Audited:
    """Who and what are found out before the view, which may delete both; how it went is told by the answer."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        method = request.method or ""
        answer = self._get_response(request)
        action = _action(request, method)
        if action and (method not in SAFE or action == CALLBACK) and not _only_looks(request, action):
            _record(request, answer, action)
        return answer

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        del view, args
        if request.method in SAFE and _action(request, "GET") != CALLBACK:
            return
        try:
            user = request.user
            request.audit_actor = user.email if isinstance(user, Person) else ""  # type: ignore[attr-defined]
            request.audit_subject = subject_of(kwargs)  # type: ignore[attr-defined]
        except (DatabaseTrouble, BursarError):
            return  # the view meets the same trouble, and says so


def _action(request: HttpRequest, method: str) -> str:
    """The route without its parameters: `tokens/revoke`, of the API with its method: `PATCH api/v1/settings`."""
    match = request.resolver_match
    if match is None:
        return ""
    if match.route.startswith("^"):
        return CALLBACK
    path = _PARAMETER.sub("", match.route).strip("/") or "home"
    return f"{method} {path}" if path.startswith("api/") else path


def _only_looks(request: HttpRequest, action: str) -> bool:
    return action in UNCHANGING or (action == "configurations/yaml" and _word(request, "action") == "check")


def _record(request: HttpRequest, answer: HttpResponseBase, action: str) -> None:
    try:
        record(context(), _entry(request, answer, action))
    except (DatabaseTrouble, BursarError):
        log.exception("not written to the audit log: %s", action)


def _entry(request: HttpRequest, answer: HttpResponseBase, action: str) -> Entry:
    manager = getattr(request, "auth", None)
    actor = manager.by if isinstance(manager, Manager) else getattr(request, "audit_actor", "")
    if not actor and answer.status_code < 400 and isinstance(request.user, Person):
        actor = request.user.email  # who has just come in
    return Entry(
        actor=actor,
        action=action,
        subject=getattr(request, "audit_subject", "") or named_in_form(lambda name: _word(request, name), action),
        outcome=_outcome(request, answer, action),
        status=getattr(answer, "told_status", answer.status_code),
        address=str(request.META.get("REMOTE_ADDR") or ""),
        detail={name: _word(request, name)[:LONGEST_WORD] for name in KEPT if _word(request, name)},
    )


def _outcome(request: HttpRequest, answer: HttpResponseBase, action: str) -> str:
    status = int(getattr(answer, "told_status", answer.status_code))
    if status >= 500:
        return FAILED
    if status >= 400 or getattr(request, "audit_asked", False) or (action == "sign-in" and status == 200):
        return REFUSED
    if action == CALLBACK and answer.headers.get("Location", "").startswith("/callback/"):
        return FAILED
    queued = getattr(getattr(request, "_messages", None), "_queued_messages", ())
    failed = getattr(request, "audit_failed", False) or any(each.level >= ERROR for each in queued)
    return FAILED if failed else DONE


def _word(request: HttpRequest, name: str) -> str:
    """What a form says there; nothing for a form that can't be read, which was refused for it."""
    try:
        return request.POST.get(name, "")
    except (SuspiciousOperation, UnreadablePostError):
        return ""
