"""What exists nowhere else is committed as long as there is any hope."""

import pytest
from django.db.backends.utils import CursorWrapper

from bursar.context import Context
from bursar.errors import Temporary
from bursar.tokens import commit


@pytest.mark.django_db
def test_a_process_that_is_to_end_still_waits_for_the_database(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """SEC-25: SIGTERM and a short trouble of the database at the same moment lose no rotated refresh token."""
    waited: list[float] = []
    tries = 0

    class Clockwork:
        def wait(self, seconds: float) -> None:
            waited.append(seconds)

    def write(job: object) -> str:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise Temporary("The database can't be used just now.")
        return "committed"

    def job(cursor: CursorWrapper) -> str:
        return "never called here"

    monkeypatch.setattr(ctx.storage, "write", write)
    monkeypatch.setattr(commit.threading, "Event", Clockwork)
    ctx.stop.set()
    assert commit.commit_surely(ctx, job) == "committed"
    assert waited == [0.1, 0.5, 1.0]
