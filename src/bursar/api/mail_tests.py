"""The tests of a mail account's connection: begun, and read step by step."""

import json
from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status

from ..app import context
from ..errors import NotFound
from ..mail import trials
from ..mail.models import MailAccount, MailTest
from . import schemas
from .mail import found

router = Router(tags=["Mail accounts"])


class ChoiceOut(Schema):
    """One way out of a failure, with a command where there is one."""

    title: str
    text: str
    command: str


class StepOut(Schema):
    """One step: what was seen, and where it failed what to do. `said` is the dialogue without secrets."""

    step: str
    seen: str
    seconds: float
    error: schemas.Trouble | None
    choices: list[ChoiceOut]
    said: list[str]


class MailTestOut(Schema):
    """A test. `open` goes on; `failed` without a `failed_step` was broken off."""

    id: str
    state: Literal["open", "ok", "failed"]
    started_at: datetime
    finished_at: datetime | None
    failed_step: str | None
    steps: list[StepOut]


@router.post("/{account_id}/test", response={202: MailTestOut})
def begin_test(request: HttpRequest, response: HttpResponse, account_id: str) -> Any:
    """Begin a test, which reads no message and changes nothing there. Ask `Location` until it is no longer `open`."""
    row = found(request, account_id)
    test_id = trials.begin(context(), row)
    response["Location"] = f"/api/v1/mail-accounts/{row.id}/tests/{test_id}"
    return Status(202, _shown(_test(row, test_id), row))


@router.get("/{account_id}/tests", response=list[MailTestOut])
def list_tests(request: HttpRequest, account_id: str) -> Any:
    """The last ten, the newest first."""
    row = found(request, account_id)
    return [_shown(each, row) for each in trials.kept(row)]


@router.get("/{account_id}/tests/{test_id}", response=MailTestOut)
def read_test(request: HttpRequest, account_id: str, test_id: str) -> Any:
    """One test as far as it is."""
    row = found(request, account_id)
    return _shown(_test(row, test_id), row)


def _test(row: MailAccount, test_id: str) -> MailTest:
    test = next((each for each in trials.kept(row) if each.id == test_id), None)
    if test is None:
        raise NotFound("There is no such test of this mail account.", code="mail_test_not_found")
    return test


def _shown(test: MailTest, row: MailAccount) -> dict[str, Any]:
    steps = json.loads(test.steps)
    return {
        "id": test.id,
        "state": trials.state_of(test, steps, row, context().clock.now()),
        "started_at": test.started_at,
        "finished_at": test.finished_at,
        "failed_step": test.failed_step,
        "steps": [step | {"seconds": step["took"]} for step in steps],
    }
