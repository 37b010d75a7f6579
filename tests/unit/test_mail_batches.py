"""One run over one folder: when it ends."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from bursar.context import Context
from bursar.mail.account import After
from bursar.mail.batches import UNKNOWN_A_BATCH, Drain, Limits, Plan, Run
from bursar.mail.delivery.maildir import Maildir
from bursar.mail.lease import Lease
from bursar.mail.result import Result
from bursar.mail.source import Opened, Source
from bursar.outbound import Deadline


class Endless:
    """A server whose listing has no end; at its third page the process is to stop."""

    shifts = idles = False
    highest = 0

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx

    def open(self, folder: str, *, read_only: bool) -> Opened:
        return Opened("", 3, True)

    def listing(self) -> Iterator[list[str]]:
        for page in range(50):
            if page == 2:
                self.ctx.stop.set()
            yield [f"{page}"]
        pytest.fail("the listing is read on, though the process is to stop")

    def sizes(self, messages: Any) -> dict[str, int]:
        return dict.fromkeys(messages, 1)

    def finish(self) -> tuple[()]:
        return ()


class Silent(Endless):
    """A server that doesn't say how large its messages are."""

    def sizes(self, messages: Any) -> Any:
        return dict.fromkeys(messages, None)


def run_of(ctx: Context, place: Maildir, result: Result) -> Run:
    plan = Plan("a" * 32, "INBOX", "l", After.parse("delete"))
    return Run(ctx, plan, place, Lease(ctx, plan.account_id), result, Limits(), Deadline.after(ctx.clock, 3600))


def test_few_messages_of_unknown_size_are_in_memory_at_once(ctx: Context, tmp_path: Path) -> None:
    """SEC-52."""
    drain = Drain(run_of(ctx, Maildir(tmp_path), Result("Support")), cast(Source, Silent(ctx)), "")
    assert {len(batch) for batch, _ in drain._batches([str(number) for number in range(100)])} == {UNKNOWN_A_BATCH, 4}


@pytest.mark.django_db(transaction=True)
def test_a_listing_without_end_ends_with_the_process(ctx: Context, tmp_path: Path) -> None:
    place = Maildir(tmp_path / "maildir")
    place.prepare()
    result = Result("Support")
    run_of(ctx, place, result).drain(cast(Source, Endless(ctx)))
    assert result.notes == ["the run's time is over; the next one goes on here"]
