"""An mbox file, each message exactly once: what was begun is in a journal beside it, and each message carries its id.

Under the locks that mail readers and Dovecot respect (fcntl, and a `.lock` file where one can be made), a batch goes
through four steps: the journal is synced, the messages are appended and synced, the ledger is committed, and the
journal is emptied. The delivery id stands in the `From ` line, so that a restart finds what arrived, also after a
reader has moved it within the file; half a message at the end is cut off.

The file is of the kind that mboxrd names: lines end in LF, and a `From ` at the beginning of a line gets one `>`.
"""

import json
import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import asctime

from ...context import Context
from ...errors import Temporary
from ...testing.failpoints import failpoint
from ..lease import LeaseLost
from .destination import Failure, Hold, Parcel
from .mbox_lock import MboxBusy, locked
from .names import Names

_FROM = re.compile(rb"^(>*From )", re.MULTILINE)
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class _Entry:
    """One message in the journal: its id, where it begins, and how many bytes it has."""

    id: str
    start: int
    length: int


class Mbox:
    """The file at `path`."""

    def __init__(self, ctx: Context, path: Path) -> None:
        self.path = path
        self._ctx = ctx

    def prepare(self) -> None:
        """Make the file where it is missing, readable by its owner alone."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            _sync_directory(self.path.parent)
        except OSError as problem:
            raise self.unusable(problem) from None

    def deliver(self, parcels: Sequence[Parcel], hold: Hold) -> Mapping[str, Failure]:
        records = [self._record(parcel) for parcel in parcels]
        journal = self._journal(parcels[0].id)
        try:
            with locked(self._ctx, self.path) as file:
                hold.keep()
                size = os.fstat(file).st_size
                gap = b"" if size == 0 or os.pread(file, 1, size - 1) == b"\n" else b"\n"
                entries = _entries(parcels, records, size + len(gap))
                _write_journal(journal, entries)
                failpoint("mail.staged")
                try:
                    _append(file, size, gap + b"".join(records))
                except OSError:
                    os.ftruncate(file, size)
                    raise
                failpoint("mail.synced")
                hold.record(parcels)
        except (LeaseLost, Temporary):
            raise
        except MboxBusy as problem:
            return _all_blocked(parcels, str(problem))
        except OSError as problem:
            return _all_blocked(parcels, f"the mbox did not take it ({problem.strerror})")
        _write_journal(journal, [])
        return {}

    def recover(self, names: Names, wanted: Callable[[str], bool]) -> Collection[str]:
        """Those that were appended before a kill, of those the ledger has not; half a message is cut off."""
        journal = self._journal(names.name("0"))
        entries = [entry for entry in _read_journal(journal) if names.current(entry.id) and wanted(entry.id)]
        if not entries:
            return ()
        try:
            with locked(self._ctx, self.path) as file:
                return {entry.id for entry in entries if _arrived(file, entry)}
        except MboxBusy as problem:
            raise Temporary(f"{problem}.", code="destination_failed", action="Fetch again later.") from None
        except OSError as problem:
            raise self.unusable(problem) from None

    def forget(self, ids: Collection[str]) -> None:
        """The ledger knows them, so the journal has done its work."""
        for journal in {self._journal(one) for one in ids}:
            _write_journal(journal, [])

    def close(self) -> None:
        """Nothing is kept open."""

    def _record(self, parcel: Parcel) -> bytes:
        moment = asctime(self._ctx.clock.now().timetuple())
        body = _FROM.sub(rb">\1", parcel.body.replace(b"\r\n", b"\n"))
        end = b"\n" if body.endswith(b"\n") else b"\n\n"
        return f"From {parcel.id} {moment}\n".encode() + body + end

    def _journal(self, delivery_id: str) -> Path:
        """One for each account and folder: two that deliver to one file don't overwrite each other's."""
        return self.path.with_name(f".{self.path.name}.{delivery_id.partition('.')[0]}.bursar")

    def unusable(self, problem: OSError) -> Temporary:
        """What it means that the file system refuses."""
        return Temporary(
            f"The mbox {self.path} can't be used ({problem.strerror}).",
            code="destination_failed",
            action="Look at the path, the free space and the rights there; undelivered messages stay on the server.",
        )


def _all_blocked(parcels: Sequence[Parcel], reason: str) -> dict[str, Failure]:
    return {parcel.id: Failure(reason, blocked=True) for parcel in parcels}


def _entries(parcels: Sequence[Parcel], records: Sequence[bytes], start: int) -> list[_Entry]:
    entries = []
    for parcel, record in zip(parcels, records, strict=True):
        entries.append(_Entry(parcel.id, start, len(record)))
        start += len(record)
    return entries


def _append(file: int, size: int, data: bytes) -> None:
    view, at = memoryview(data), size
    while view:
        written = os.pwrite(file, view, at)
        at += written
        view = view[written:]
        failpoint("mail.placed")
    os.fsync(file)


def _arrived(file: int, entry: _Entry) -> bool:
    """Whether the message is in the file, whole. What is only begun, and stands at the end, is cut off."""
    line = f"From {entry.id} ".encode()
    size = os.fstat(file).st_size
    there = os.pread(file, len(line), entry.start)
    if there == line and size >= entry.start + entry.length:
        return True
    if there and line.startswith(there) and size < entry.start + entry.length:
        os.ftruncate(file, entry.start)
        os.fsync(file)
        return False
    return _holds(file, b"\n" + line) or os.pread(file, len(line), 0) == line


def _holds(file: int, wanted: bytes) -> bool:
    at, carried = 0, b""
    while chunk := os.pread(file, _CHUNK, at):
        if wanted in carried + chunk:
            return True
        carried = chunk[-len(wanted) :]
        at += len(chunk)
    return False


def _write_journal(journal: Path, entries: Sequence[_Entry]) -> None:
    """Synced where it has entries. An emptied one need not be: what it would still say, the ledger says too."""
    new = not journal.exists()
    if new and not entries:
        return
    descriptor = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        text = json.dumps([[entry.id, entry.start, entry.length] for entry in entries]).encode()
        os.write(descriptor, text if entries else b"")
        if entries:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if new:
        _sync_directory(journal.parent)


def _read_journal(journal: Path) -> list[_Entry]:
    """Empty for a torn one: it is synced before anything is appended, so nothing was."""
    try:
        return [_Entry(str(key), int(start), int(length)) for key, start, length in json.loads(journal.read_bytes())]
    except (OSError, ValueError, TypeError):
        return []


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
