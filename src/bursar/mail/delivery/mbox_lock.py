"""The locks on an mbox file: between threads, by a `.lock` file as mail readers make it, and by fcntl."""

import contextlib
import errno
import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from ...clock import to_micros
from ...context import Context
from ...worker_name import is_gone, worker_name

WAIT_SECONDS = 20.0
POLL_SECONDS = 0.1
STALE_SECONDS = 600.0

_threads: dict[Path, threading.Lock] = {}
_table = threading.Lock()


class MboxBusy(Exception):
    """Another program has the file locked."""


@contextlib.contextmanager
def locked(ctx: Context, path: Path) -> Iterator[int]:
    """The file's descriptor, open for reading and writing, while nobody else works on it.

    Raises MboxBusy after twenty seconds, or when the process is to stop; OSError as the file system does.
    """
    ends = ctx.clock.monotonic() + WAIT_SECONDS

    def wait() -> None:
        if ctx.clock.monotonic() > ends or ctx.stop.wait(POLL_SECONDS):
            raise MboxBusy(f"another program has {path} locked")

    # POSIX locks are the process's: they keep no thread of ours out, and go when any descriptor is closed.
    with _table:
        between_threads = _threads.setdefault(path, threading.Lock())
    while not between_threads.acquire(blocking=False):
        wait()
    try:
        with _lock_file(ctx, path.with_name(path.name + ".lock"), wait):
            descriptor = os.open(path, os.O_RDWR)
            try:
                while not _posix_locked(descriptor):
                    wait()
                yield descriptor
            finally:
                os.close(descriptor)
    finally:
        between_threads.release()


def _posix_locked(descriptor: int) -> bool:
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        if problem.errno in (errno.EACCES, errno.EAGAIN):
            return False
        raise
    return True


@contextlib.contextmanager
def _lock_file(ctx: Context, lock: Path, wait: Callable[[], None]) -> Iterator[None]:
    made = False
    while not made:
        try:
            descriptor = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            if _is_stale(ctx, lock):
                lock.unlink(missing_ok=True)
            else:
                wait()
            continue
        except OSError as problem:
            if problem.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
                raise
            break  # as in /var/mail for whoever is not in its group: fcntl alone has to do
        made = True
        # The process id first, where other programs look for it.
        os.write(descriptor, f"{os.getpid()}\n{worker_name()}\n".encode())
        os.close(descriptor)
    try:
        yield
    finally:
        if made:
            lock.unlink(missing_ok=True)


def _is_stale(ctx: Context, lock: Path) -> bool:
    """Left behind: by a Bursar that is gone, or older than ten minutes, as other programs judge it."""
    try:
        owner = lock.read_text(errors="replace").partition("\n")[2].strip()
        age = to_micros(ctx.clock.now()) / 1e6 - lock.stat().st_mtime
    except OSError:
        return False
    return is_gone(owner) or age > STALE_SECONDS
