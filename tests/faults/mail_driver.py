"""Runs `mail fetch` again and again in forked processes of one prepared parent, and lets each die when it is told to.

A line on standard input is a JSON object: {"step": N} kills at the Nth failpoint, {"seconds": S} at that moment from
outside, {} not at all. The answer is a line: `killed`, or the exit code. {"count": true} answers with how many messages
the logs of all runs say were handed over again.
"""

import json
import os
import select
import signal
import sys
from typing import NoReturn

from bursar import app

app.boot()

from bursar.mail import batches, imap_source  # noqa: E402 - models need Django set up
from bursar.mail.batches import Limits  # noqa: E402
from bursar.mail.delivery import maildir, mbox, one_by_one  # noqa: E402
from bursar.mail.fetch import fetch  # noqa: E402
from bursar.mail.models import MailRun  # noqa: E402
from bursar.mail.result import exit_code  # noqa: E402


def collect(step: int | None) -> NoReturn:
    left = step

    def count(name: str) -> None:
        nonlocal left
        if left is not None:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    for module in (maildir, mbox, one_by_one, batches, imap_source):
        module.failpoint = count  # type: ignore[attr-defined]
    results = list(fetch(app.context(), (), Limits(messages=5)))
    for result in results:
        if result.error is not None:
            print(result.error, file=sys.stderr, flush=True)
    os._exit(exit_code(results))


def main() -> None:
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            try:
                if "count" in order:
                    print(sum(run.repeated for run in MailRun.objects.all()), flush=True)
                    os._exit(0)
                collect(order.get("step"))
            finally:
                os._exit(99)
        if "seconds" in order:
            process = os.pidfd_open(pid)
            select.select([process], [], [], order["seconds"])
            signal.pidfd_send_signal(process, signal.SIGKILL)
            os.close(process)
        status = os.waitpid(pid, 0)[1]
        if "count" in order:
            continue
        print("killed" if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
