"""The tests of a mail account's connection: begun, and read step by step."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from ..app import context
from ..errors import NotFound
from ..mail import trials
from ..mail.models import MailAccount, MailTest
from .mail import found
from .shapes import mail as shapes

router = Router(tags=["Mail accounts"])


@router.post("/{account_id}/test", response={202: shapes.MailTestOut})
def begin_test(request: HttpRequest, response: HttpResponse, account_id: str) -> Any:
    """Begin a test, which reads no message and changes nothing there. Ask `Location` until it is no longer `open`."""
    row = found(request, account_id)
    test_id = trials.begin(context(), row)
    response["Location"] = f"/api/v1/mail-accounts/{row.id}/tests/{test_id}"
    return Status(202, _shown(_test(row, test_id), row))


@router.get("/{account_id}/tests", response=list[shapes.MailTestOut])
def list_tests(request: HttpRequest, account_id: str) -> Any:
    """The last ten, the newest first."""
    row = found(request, account_id)
    return [_shown(each, row) for each in trials.kept(row)]


@router.get("/{account_id}/tests/{test_id}", response=shapes.MailTestOut)
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
