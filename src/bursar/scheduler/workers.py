"""All workers of a process: one thread keeps tokens alive, others collect mail and call web services."""

import threading
from collections.abc import Callable

from ..context import Context
from .mail import MailWorker
from .webservices import WebServiceWorker
from .worker import Worker


def run(ctx: Context) -> None:
    """Work until the context's stop event is set. Raises what ended one of them; then the others end too."""
    failures: list[Exception] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as problem:  # noqa: BLE001 - raised again below, in the thread that is waited for
            failures.append(problem)
        ctx.stop.set()

    others = {"bursar-mail-worker": MailWorker(ctx).run, "bursar-webservice-worker": WebServiceWorker(ctx).run}
    threads = [threading.Thread(target=guarded, args=(work,), name=name, daemon=True) for name, work in others.items()]
    for thread in threads:
        thread.start()
    try:
        Worker(ctx).run()
    finally:
        ctx.stop.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]
