"""The worker steps back for programs that wait for an answer."""

import os
import subprocess
import sys

import pytest

TELL = """
import os, sys
from bursar.background_priority import step_back
before = os.nice(0)
step_back(int(sys.argv[1]))
print(os.nice(0) - before, os.sched_getscheduler(0))
"""


@pytest.mark.parametrize(("steps", "policy"), [(3, os.SCHED_BATCH), (0, os.SCHED_OTHER)])
def test_it_steps_back_as_far_as_it_is_told(steps: int, policy: int) -> None:
    told = subprocess.run([sys.executable, "-c", TELL, str(steps)], capture_output=True, text=True, check=True)
    assert told.stdout.split() == [str(steps), str(policy)]
