"""A maildir, each message exactly once, whatever moment the process is killed at.

A batch goes through four steps: `stage` writes and syncs the files in tmp/; `place` links them into new/ and syncs
the directory; then the caller commits the ledger; `clear` removes the names in tmp/. A name in tmp/ therefore means
that the ledger may not know of the message yet, and `recover` finds out from the file whether it was placed.
"""

import contextlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from ...testing.failpoints import failpoint
from .names import Names


class Maildir:
    """`path` with new/, cur/ and tmp/. Methods raise OSError as the file system does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._new, self._cur, self._tmp = (path / name for name in ("new", "cur", "tmp"))

    def prepare(self) -> None:
        """Make what is missing, readable by its owner alone, and sync the directories that hold it."""
        missing = [place for place in (*reversed(self.path.parents), self.path) if not place.exists()]
        for directory in (*missing, self._new, self._cur, self._tmp):
            if not directory.is_dir():
                directory.mkdir(mode=0o700)
                _sync(directory.parent)

    def stage(self, name: str, message: bytes) -> None:
        """Write the message to tmp/ and sync it. Raises FileExistsError where another run is staging it just now."""
        descriptor = os.open(self._tmp / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            try:
                view = memoryview(message)
                while view:
                    view = view[os.write(descriptor, view) :]
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError:
            (self._tmp / name).unlink(missing_ok=True)
            raise
        failpoint("mail.staged")

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

    def recover(self, names: Names, wanted: Callable[[int], bool]) -> dict[int, str]:
        """After a run that was cut short: the messages that were placed, of those the ledger has not (`wanted`).

        They are looked for in new/ and cur/ by name, whatever flags a mail reader has added. A staged file that was
        linked is looked for by its inode too, in sub-folders as well: a reader may have moved it on already. Names in
        tmp/ that were never placed are cleaned up here, the others by `clear` when the ledger has been told.
        """
        placed: dict[int, str] = {}
        for entry in (entry for directory in (self._new, self._cur) for entry in os.scandir(directory)):
            uid = names.uid(entry.name.partition(":")[0])
            if uid is not None and wanted(uid):
                placed[uid] = names.name(uid)
        staged = {entry.name: entry.stat() for entry in os.scandir(self._tmp) if names.own(entry.name)}
        linked = {stat.st_ino: name for name, stat in staged.items() if stat.st_nlink > 1}
        for inode in self._inodes() if linked else ():
            uid = names.uid(linked.get(inode, ""))
            if uid is not None and wanted(uid):
                placed[uid] = names.name(uid)
        self.clear(name for name in staged if name not in placed.values())
        if placed:
            _sync(self._new)
            _sync(self._cur)
        return placed

    def _inodes(self) -> Iterable[int]:
        folders = [self.path, *(Path(entry) for entry in os.scandir(self.path) if entry.name.startswith("."))]
        for directory in (folder / name for folder in folders for name in ("new", "cur")):
            if directory.is_dir():
                yield from (entry.inode() for entry in os.scandir(directory))


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
