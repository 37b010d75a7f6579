"""Both workers of a process: tokens are kept alive in one thread, mail is collected in another."""

import threading

from ..context import Context
from .mail import MailWorker
from .worker import Worker


def run(ctx: Context) -> None:
    """Work until the context's stop event is set. Raises what ended one of them; then the other one ends too."""
    failures: list[Exception] = []

    def collect() -> None:
        try:
            MailWorker(ctx).run()
        except Exception as problem:  # noqa: BLE001 - raised again below, in the thread that is waited for
            failures.append(problem)
        ctx.stop.set()

    thread = threading.Thread(target=collect, name="bursar-mail-worker", daemon=True)
    thread.start()
    try:
        Worker(ctx).run()
    finally:
        ctx.stop.set()
        thread.join()
    if failures:
        raise failures[0]
