"""A process that works ahead of time gives way to one that somebody waits for (nice(1), sched(7))."""

import contextlib
import os


def step_back(steps: int) -> None:
    """Lower the priority of this process by `steps`, and let it interrupt nobody; 0 changes nothing.

    It still gets its share of a busy machine: at 5 steps about a quarter of what another gets, which is many times
    what the worker needs. Call it before threads are started, which inherit it. What the system refuses is left.
    """
    if steps == 0:
        return
    with contextlib.suppress(OSError):
        os.nice(steps)
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
