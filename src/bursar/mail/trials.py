"""Tests of connections, kept: begun by a person or a program, written step by step, so that any process can show how
far one is."""

import json
import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db.backends.utils import CursorWrapper

from ..clock import to_micros
from ..context import Context
from ..errors import BursarError
from ..ids import new_id
from .accounts import target_of
from .looking import look_of
from .models import MailAccount, MailTest
from .probe import STEPS, Step, probe

KEPT = 10
LONGEST = 180.0  # seconds after which a test that is still open was left behind by a process that ended

log = logging.getLogger("bursar.mail")


def begin(ctx: Context, account: MailAccount) -> str:
    """Start a test in a thread of its own; returns its id."""
    test_id, now = new_id(), to_micros(ctx.clock.now())

    def insert(cursor: CursorWrapper) -> None:
        cursor.execute(
            "INSERT INTO mail_test (id, account_id, started_at, steps) VALUES (%s, %s, %s, '[]')",
            [test_id, account.id, now],
        )
        cursor.execute(
            "DELETE FROM mail_test WHERE account_id = %s AND id NOT IN"
            " (SELECT id FROM mail_test WHERE account_id = %s ORDER BY started_at DESC, id DESC LIMIT %s)",
            [account.id, account.id, KEPT],
        )

    ctx.storage.write(insert)
    target, folder, look = target_of(ctx, account), account.folder, look_of(ctx, account)

    def walk() -> None:
        steps: list[dict[str, Any]] = []
        try:
            for step in probe(ctx, target, folder, look):
                steps.append(as_json(step))
                _write(ctx, test_id, steps, finished=False)
        except BursarError as problem:
            log.warning("a test of a mail account broke off: %s", problem.code)
        except Exception:
            log.exception("a test of a mail account broke off in a way that Bursar did not expect")
        try:
            _write(ctx, test_id, steps, finished=True)
        except BursarError as problem:
            log.warning("the end of a test was not written: %s", problem.code)

    threading.Thread(target=walk, name="bursar-mail-test", daemon=True).start()
    return test_id


def kept(account: MailAccount) -> list[MailTest]:
    """The tests of an account that are kept, the newest first."""
    return list(MailTest.objects.filter(account=account).order_by("-started_at", "-id"))


def rest_of(found: Sequence[Mapping[str, Any]], account: MailAccount) -> list[str]:
    """The steps that a test with these `found` ones has yet to take, in order."""
    done = {step["step"] for step in found}
    return [step for step in STEPS if step not in done and (step != "token" or account.token_id)]


def state_of(test: MailTest, found: Sequence[Mapping[str, Any]], account: MailAccount, now: datetime) -> str:
    """`open` while it goes on, `ok` where every step was taken and none failed, else `failed`."""
    if any(step["error"] for step in found):
        return "failed"
    if test.finished_at is None and (now - test.started_at).total_seconds() < LONGEST:
        return "open"
    return "failed" if rest_of(found, account) else "ok"


def as_json(step: Step) -> dict[str, Any]:
    """The step as it is kept; `error` is None or its code, sentence and action."""
    error = step.error
    return {
        "step": step.step,
        "seen": step.seen,
        "took": step.took,
        "error": error and {"code": error.code, "sentence": error.sentence, "action": error.action},
        "choices": [asdict(choice) for choice in step.choices],
        "said": list(step.said),
    }


def _write(ctx: Context, test_id: str, steps: list[dict[str, Any]], *, finished: bool) -> None:
    failed = next((step["step"] for step in steps if step["error"]), None)
    moment = to_micros(ctx.clock.now()) if finished else None

    def update(cursor: CursorWrapper) -> None:
        cursor.execute(
            "UPDATE mail_test SET steps = %s, failed_step = %s, finished_at = %s WHERE id = %s",
            [json.dumps(steps, ensure_ascii=False), failed, moment, test_id],
        )

    ctx.storage.write(update)
