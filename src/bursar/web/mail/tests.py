"""A test of a connection as its page shows it: every step, tried or not, and the verdict."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...mail.models import MailAccount, MailTest
from ...mail.trials import rest_of, state_of
from ..forms.specs import Text
from ..wording import clock
from .seen import seen_in

TITLES: dict[str, Text] = {
    "name": gettext_lazy("Name"),
    "address": gettext_lazy("Address"),
    "TCP": gettext_lazy("Connection"),
    "TLS": gettext_lazy("TLS"),
    "capabilities": gettext_lazy("Capabilities"),
    "token": gettext_lazy("Token"),
    "login": gettext_lazy("Login"),
    "folder": gettext_lazy("Folder"),
    "count": gettext_lazy("Messages"),
    "destination": gettext_lazy("Destination"),
}
_VERDICTS: dict[str, Text] = {
    "name": gettext_lazy("The name of the server can't be resolved."),
    "address": gettext_lazy("Bursar may not connect to this address."),
    "TCP": gettext_lazy("The server doesn't answer."),
    "TLS": gettext_lazy("The connection can't be encrypted as it must be."),
    "capabilities": gettext_lazy("The server breaks off before the login."),
    "token": gettext_lazy("The connection is fine. There is no token for it."),
    "login": gettext_lazy("The login is refused. The token is fine."),
    "folder": gettext_lazy("The login works. The folder doesn't open."),
    "count": gettext_lazy("The folder opens, and can't be read."),
    "destination": gettext_lazy("The mailbox opens. What it holds can't be delivered."),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One step of the list. `state` is ok, failed, retried (refused, then tried again), open or not-tried."""

    title: Text
    state: str
    found: Mapping[str, Any]
    took: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The whole test."""

    test: MailTest
    lines: list[Line]
    verdict: str
    state: str  # ok | failed | open
    when: str
    took: str


def shown(test: MailTest, account: MailAccount, now: datetime) -> Shown:
    """The test as it stands."""
    found: list[dict[str, Any]] = json.loads(test.steps)
    failed = next((step for step in found if step["error"]), None)
    state = state_of(test, found, account, now)
    lines = [_line(step) for step in found]
    for place, step in enumerate(rest_of(found, account)):
        lines.append(Line(TITLES[step], "open" if state == "open" and place == 0 else "not-tried", {}, ""))
    end = test.finished_at or now
    took = (end - test.started_at).total_seconds()
    return Shown(test, lines, _verdict(failed, state, account), state, clock(test.started_at, now), _seconds(took))


def earlier(tests: "list[MailTest]", now: datetime) -> list[dict[str, Any]]:
    """The tests before, for the list beside."""
    return [
        {
            "test": test,
            "when": clock(test.started_at, now),
            "words": _("stopped at %(step)s") % {"step": TITLES[test.failed_step]}
            if test.failed_step in TITLES
            else _("all steps passed")
            if test.finished_at
            else _("broken off"),
            "ok": test.failed_step is None and test.finished_at is not None,
        }
        for test in tests
    ]


def _line(step: dict[str, Any]) -> Line:
    state = "failed" if step["error"] else "retried" if step["seen"].startswith("refused:") else "ok"
    choices = [each | {"title": seen_in("choice", each["title"])} for each in step["choices"]]
    shown = step | {"seen": seen_in(step["step"], step["seen"]), "choices": choices}
    return Line(TITLES[step["step"]], state, shown, _seconds(step["took"]))


def _verdict(failed: Mapping[str, Any] | None, state: str, account: MailAccount) -> str:
    if state == "open":
        return _("Testing …")
    if failed is None:
        return _("The mailbox opens.") if state == "ok" else _("The test was broken off.")
    if failed["step"] == "login" and not account.token_id:
        return _("The login is refused.")
    if failed["error"]["code"] == "account_held":
        return _("The connection is fine. The account is held, so no token is sent.")
    if failed["error"]["code"] in ("wrong_audience", "scope_missing"):
        return _("The connection is fine. The token is for something else.")
    return str(_VERDICTS[failed["step"]])


def _seconds(seconds: float) -> str:
    if seconds < 1:
        return _("%(count)d ms") % {"count": round(seconds * 1000)}
    return _("%(seconds).1f s") % {"seconds": seconds}
