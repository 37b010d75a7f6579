"""The fake clock and dice, and the failpoints."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest

from bursar.testing import FakeClock, FakeRandomness, failpoint

DYING = "from bursar.testing import failpoint; failpoint('one'); failpoint('two'); print('alive')"


def test_time_passes_only_when_it_is_told_to() -> None:
    clock = FakeClock()
    before, counted = clock.now(), clock.monotonic()
    assert clock.now() == before
    clock.advance(90)
    assert clock.now() - before == timedelta(seconds=90)
    assert clock.monotonic() - counted == 90


def test_a_clock_that_was_set_back_does_not_move_the_monotonic_count() -> None:
    clock = FakeClock()
    before, counted = clock.now(), clock.monotonic()
    clock.jump(-3600)
    assert before - clock.now() == timedelta(hours=1)
    assert clock.monotonic() == counted
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(-1)


def test_the_same_seed_falls_the_same_way_and_another_differently() -> None:
    same, again, other = FakeRandomness(1), FakeRandomness(1), FakeRandomness(2)
    assert same.token(32) == again.token(32) != other.token(32)
    assert len(same.token(32)) == 43
    assert 1 <= same.uniform(1, 2) <= 2


def test_a_failpoint_does_nothing_unless_it_is_named_and_then_it_kills() -> None:
    failpoint("anything")
    environ = {name: value for name, value in os.environ.items() if name != "BURSAR_FAILPOINT"}
    environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    outcomes = [
        subprocess.run([sys.executable, "-c", DYING], env=environ | named, capture_output=True, text=True, check=False)
        for named in ({}, {"BURSAR_FAILPOINT": "two"})
    ]
    assert (outcomes[0].returncode, outcomes[0].stdout) == (0, "alive\n")
    assert (outcomes[1].returncode, outcomes[1].stdout) == (-signal.SIGKILL, "")
