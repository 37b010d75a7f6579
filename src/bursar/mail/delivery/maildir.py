"""A maildir, each message exactly once, whatever moment the process is killed at.

A batch goes through four steps: `stage` writes and syncs the files in tmp/; `place` links them into new/ and syncs
the directory; then the caller commits the ledger; `clear` removes the names in tmp/. A name in tmp/ therefore means
that the ledger may not know of the message yet, and `recover` finds out from the file whether it was placed.
"""

import contextlib
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ...errors import Temporary
from ...testing.failpoints import failpoint
from ..lease import LeaseLost
from .destination import Failure, Hold, Parcel
from .names import Names

SYNCS_AT_ONCE = 8


class Maildir:
    """`path` with new/, cur/ and tmp/. Methods raise OSError as the file system does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._new, self._cur, self._tmp = (path / name for name in ("new", "cur", "tmp"))

    def prepare(self) -> None:
        """Make what is missing, readable by its owner alone, and sync the directories that hold it."""
        try:
            missing = [place for place in (*reversed(self.path.parents), self.path) if not place.exists()]
            for directory in (*missing, self._new, self._cur, self._tmp):
                if not directory.is_dir():
                    directory.mkdir(mode=0o700)
                    _sync(directory.parent)
        except OSError as problem:
            raise self.unusable(problem) from None

    def deliver(self, parcels: Sequence[Parcel], hold: Hold) -> Mapping[str, Failure]:
        staged: list[Parcel] = []
        failures: dict[str, Failure] = {}
        written: list[tuple[Parcel, int]] = []
        try:
            for parcel in parcels:
                try:
                    written.append((parcel, self._write(parcel.id, parcel.body)))
                except FileExistsError:
                    raise LeaseLost from None
                except OSError as problem:
                    failures[parcel.id] = _refused(problem)
        finally:
            synced = _sync_all([descriptor for _, descriptor in written])
        for (parcel, _), trouble in zip(written, synced, strict=True):
            if trouble is None:
                staged.append(parcel)
                failpoint("mail.staged")
            else:
                (self._tmp / parcel.id).unlink(missing_ok=True)
                failures[parcel.id] = _refused(trouble)
        ids = [parcel.id for parcel in staged]
        try:
            hold.keep()
        except LeaseLost:
            self.clear(ids)
            raise
        try:
            if staged:
                self.place(ids)
                hold.record(staged)
                self.clear(ids)
        except OSError as problem:
            raise self.unusable(problem) from None
        return failures

    def forget(self, ids: Collection[str]) -> None:
        self.clear(ids)

    def close(self) -> None:
        """Nothing is kept open."""

    def unusable(self, problem: OSError) -> Temporary:
        """What it means that the file system refuses."""
        return Temporary(
            f"The maildir {self.path} can't be used ({problem.strerror}).",
            code="destination_failed",
            action="Look at the path, the free space and the rights there; undelivered messages stay on the server.",
        )

    def stage(self, name: str, message: bytes) -> None:
        """Write the message to tmp/ and sync it. Raises FileExistsError where another run is staging it just now."""
        (trouble,) = _sync_all([self._write(name, message)])
        if trouble is not None:
            (self._tmp / name).unlink(missing_ok=True)
            raise trouble
        failpoint("mail.staged")

    def _write(self, name: str, message: bytes) -> int:
        """The descriptor of the new file in tmp/, written and not yet synced."""
        descriptor = os.open(self._tmp / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            view = memoryview(message)
            while view:
                view = view[os.write(descriptor, view) :]
        except OSError:
            os.close(descriptor)
            (self._tmp / name).unlink(missing_ok=True)
            raise
        return descriptor

    def place(self, names: Iterable[str]) -> None:
        """Make staged messages appear in new/, never over a file that is there, and sync the directory."""
        for name in names:
            with contextlib.suppress(FileExistsError):  # a run that was thought dead was faster; its file stays
                os.link(self._tmp / name, self._new / name)
            failpoint("mail.placed")
        _sync(self._new)
        failpoint("mail.synced")

    def clear(self, names: Iterable[str]) -> None:
        """Remove the names in tmp/: the ledger knows the messages, or they are given up."""
        for name in names:
            (self._tmp / name).unlink(missing_ok=True)
        failpoint("mail.cleared")

    def recover(self, names: Names, wanted: Callable[[str], bool]) -> Collection[str]:
        """After a run that was cut short: the messages that were placed, of those the ledger has not (`wanted`).

        They are looked for in new/ and cur/ by name, whatever flags a mail reader has added. A staged file that was
        linked is looked for by its inode too, in sub-folders as well: a reader may have moved it on already. Names in
        tmp/ that were never placed are cleaned up here, the others by `clear` when the ledger has been told.
        """
        try:
            return self._recover(names, wanted)
        except OSError as problem:
            raise self.unusable(problem) from None

    def _recover(self, names: Names, wanted: Callable[[str], bool]) -> set[str]:
        placed: set[str] = set()
        for entry in (entry for directory in (self._new, self._cur) for entry in os.scandir(directory)):
            name = entry.name.partition(":")[0]
            if names.current(name) and wanted(name):
                placed.add(name)
        staged = {entry.name: entry.stat() for entry in os.scandir(self._tmp) if names.own(entry.name)}
        linked = {stat.st_ino: name for name, stat in staged.items() if stat.st_nlink > 1}
        for inode in self._inodes() if linked else ():
            name = linked.get(inode, "")
            if names.current(name) and wanted(name):
                placed.add(name)
        self.clear(name for name in staged if name not in placed)
        if placed:
            _sync(self._new)
            _sync(self._cur)
        return placed

    def _inodes(self) -> Iterable[int]:
        folders = [self.path, *(Path(entry) for entry in os.scandir(self.path) if entry.name.startswith("."))]
        for directory in (folder / name for folder in folders for name in ("new", "cur")):
            if directory.is_dir():
                yield from (entry.inode() for entry in os.scandir(directory))


def _refused(problem: OSError) -> Failure:
    return Failure(f"the maildir did not take it ({problem.strerror})", blocked=True)


def _sync_all(descriptors: Sequence[int]) -> list[OSError | None]:
    """Sync and close files, several at once: the file system then commits its journal once for many of them."""
    if len(descriptors) < 2:
        return [_sync_file(descriptor) for descriptor in descriptors]
    with ThreadPoolExecutor(min(SYNCS_AT_ONCE, len(descriptors)), thread_name_prefix="bursar-sync") as pool:
        return list(pool.map(_sync_file, descriptors))


def _sync_file(descriptor: int) -> OSError | None:
    try:
        os.fsync(descriptor)
    except OSError as problem:
        return problem
    finally:
        os.close(descriptor)
    return None


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
