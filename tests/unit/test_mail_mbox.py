"""The mbox: what a restart finds after a kill, and how it behaves beside other programs and on a full disk."""

import errno
import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bursar.context import Context
from bursar.mail.delivery import mbox as module
from bursar.mail.delivery import mbox_lock
from bursar.mail.delivery.destination import Parcel
from bursar.mail.delivery.mbox import Mbox
from bursar.mail.delivery.names import Names

NAMES = Names("account", "INBOX", "7")
pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """Stands for the end of the process."""


class Held:
    """A lease that is never lost, and a ledger."""

    def __init__(self) -> None:
        self.recorded: list[str] = []

    def keep(self) -> None: ...

    def begin(self, parcels: Sequence[Parcel]) -> None: ...

    def withdraw(self, parcels: Sequence[Parcel]) -> None: ...

    def record(self, parcels: Sequence[Parcel]) -> None:
        self.recorded += [parcel.id for parcel in parcels]


def parcel(number: int, body: bytes = b"") -> Parcel:
    return Parcel(NAMES.name(str(number)), str(number), body or f"Subject: {number}\n\nbody\n".encode(), "a@b.test")


@pytest.fixture
def mbox(ctx: Context, tmp_path: Path) -> Mbox:
    made = Mbox(ctx, tmp_path / "mbox")
    made.prepare()
    return made


@pytest.fixture
def kill_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def arm(name: str) -> None:
        def failpoint(reached: str) -> None:
            if reached == name:
                raise Killed

        monkeypatch.setattr(module, "failpoint", failpoint)

    return arm


def wanted(mbox: Mbox) -> set[str]:
    return set(mbox.recover(NAMES, lambda name: True))


def test_a_kill_after_the_journal_leaves_nothing(mbox: Mbox, kill_at: Callable[[str], None]) -> None:
    kill_at("mail.staged")
    with pytest.raises(Killed):
        mbox.deliver([parcel(1)], Held())
    assert wanted(mbox) == set()
    assert mbox.path.read_bytes() == b""


def test_a_kill_before_the_ledger_is_made_good(mbox: Mbox, kill_at: Callable[[str], None]) -> None:
    kill_at("mail.synced")
    with pytest.raises(Killed):
        mbox.deliver([parcel(1), parcel(2)], Held())
    assert wanted(mbox) == {parcel(1).id, parcel(2).id}
    mbox.forget([parcel(1).id])
    assert wanted(mbox) == set()


@pytest.mark.parametrize("kept", [1, 20, 70, 100])
def test_half_a_message_at_the_end_is_cut_off_and_the_whole_ones_count(
    mbox: Mbox, kill_at: Callable[[str], None], kept: int
) -> None:
    kill_at("mail.synced")
    with pytest.raises(Killed):
        mbox.deliver([parcel(1), parcel(2)], Held())
    whole = mbox.path.read_bytes()
    second = whole.index(b"From ", 1)
    mbox.path.write_bytes(whole[: second + min(kept, len(whole) - second - 1)])
    assert wanted(mbox) == {parcel(1).id}
    assert mbox.path.read_bytes() == whole[:second]


def test_what_a_reader_has_moved_within_the_file_counts_still(mbox: Mbox, kill_at: Callable[[str], None]) -> None:
    mbox.deliver([parcel(1), parcel(2)], Held())
    kill_at("mail.synced")
    with pytest.raises(Killed):
        mbox.deliver([parcel(3), parcel(4)], Held())
    text = mbox.path.read_bytes()
    third = text.index(f"From {parcel(3).id}".encode())
    mbox.path.write_bytes(text[third:])  # 1 and 2 were deleted by their reader
    assert wanted(mbox) == {parcel(3).id, parcel(4).id}


def test_a_full_disk_leaves_the_file_as_it_was(mbox: Mbox, monkeypatch: pytest.MonkeyPatch) -> None:
    mbox.deliver([parcel(1)], Held())
    before = mbox.path.read_bytes()
    write = os.pwrite

    def full(descriptor: int, data: bytes, at: int) -> int:
        if at > len(before):
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data[:10], at)

    monkeypatch.setattr(os, "pwrite", full)
    held = Held()
    failures = mbox.deliver([parcel(2), parcel(3)], held)
    assert {failure.reason for failure in failures.values()} == {"the mbox did not take it (No space left on device)"}
    assert all(failure.blocked for failure in failures.values())
    assert (mbox.path.read_bytes(), held.recorded) == (before, [])


def test_another_programs_locks_are_waited_for(mbox: Mbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mbox_lock, "WAIT_SECONDS", 0.2)
    lock = mbox.path.with_name("mbox.lock")
    lock.write_text("1\n")
    failures = mbox.deliver([parcel(1)], Held())
    assert "locked" in failures[parcel(1).id].reason
    lock.unlink()
    holder = (
        "import fcntl, sys; f = open(sys.argv[1], 'r+'); fcntl.lockf(f, fcntl.LOCK_EX); print('held', flush=True);"
        " sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(mbox.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert mbox.deliver([parcel(1)], Held())
    assert mbox.deliver([parcel(1)], Held()) == {}


def test_a_lock_file_that_was_left_behind_is_taken_away(mbox: Mbox) -> None:
    lock = mbox.path.with_name("mbox.lock")
    lock.write_text("1\n")
    os.utime(lock, (0, 0))
    assert mbox.deliver([parcel(1)], Held()) == {}
    assert not lock.exists()


def test_threads_append_one_after_the_other(ctx: Context, mbox: Mbox) -> None:
    def deliver(thread: int) -> None:
        own = Mbox(ctx, mbox.path)
        for number in range(5):
            assert own.deliver([parcel(thread * 10 + number, b"x\n" * 4000)], Held()) == {}

    threads = [threading.Thread(target=deliver, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert mbox.path.read_bytes().count(b"From ") == 20
    for part in mbox.path.read_bytes().split(b"From ")[1:]:
        assert part.partition(b"\n")[2] == b"x\n" * 4000 + b"\n"


def test_the_posix_lock_is_really_there_while_messages_are_appended(ctx: Context, mbox: Mbox) -> None:
    with mbox_lock.locked(ctx, mbox.path):
        code = "import fcntl, sys; fcntl.lockf(open(sys.argv[1], 'r+'), fcntl.LOCK_EX | fcntl.LOCK_NB)"
        tried = subprocess.run([sys.executable, "-c", code, str(mbox.path)], capture_output=True, check=False)
    assert tried.returncode != 0
    with mbox.path.open("r+") as file:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
