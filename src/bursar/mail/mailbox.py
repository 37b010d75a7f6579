"""The selected folder: which messages are there, how large, and their bytes, in bounded batches."""

import re
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from ..outbound import OutboundFailed
from .connect import COMMAND_SECONDS
from .dialogue import CommandRefused, ConnectionLost
from .folder_names import decode, quoted
from .imap import Imap, Pending
from .sasl import printable

WINDOW = 5_000  # messages whose UIDs are asked for at once
MOST_WINDOWS = 400  # a longer command than that asks for might be too long for a server
_NUMBER = re.compile(rb"(?<!\S)\d{1,10}(?!\S)")
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_QUOTED_BODY = re.compile(rb'BODY\[\] "((?:[^"\\]|\\.)*)"', re.DOTALL)
_BODY_LITERAL = re.compile(rb"BODY\[\] ~?\{\d+\}$")
_LISTED = re.compile(rb'\(.*?\) (?:"(?:[^"\\]|\\.)*"|NIL) (.*)$')


@dataclass(frozen=True, slots=True)
class Selected:
    """What SELECT told: the validity of the UIDs (RFC 3501 §2.3.1.1), the count, whether it may be written."""

    uidvalidity: int
    exists: int
    writable: bool
    uidnext: int | None = None  # what the next message's UID will be at least, where the server says it


class Mailbox:
    """Commands in one folder. Each raises CommandRefused on NO or BAD, ConnectionLost where the connection ended."""

    def __init__(self, imap: Imap) -> None:
        self.imap = imap
        self._flying: dict[tuple[int, ...], tuple[Pending, int]] = {}
        self._bodies: dict[int, bytes] = {}
        self._sizes: dict[int, int] = {}
        self._edges: list[int] | None = None  # UIDs that were asked for by position

    def select(self, folder: str, *, read_only: bool = False) -> Selected:
        """SELECT, or EXAMINE where nothing is to be changed."""
        self.imap.untagged_responses = {}
        self.imap.is_readonly = True  # whether it may be written is read below, not raised
        self._ask("EXAMINE" if read_only else "SELECT", quoted(folder))
        self.imap.state = "SELECTED"
        found = self.imap.untagged_responses
        try:
            validity, exists = (int(_text(found[name][-1])) for name in ("UIDVALIDITY", "EXISTS"))
        except (KeyError, ValueError):
            raise ConnectionLost("the server gave no UIDVALIDITY, without which messages can't be told apart") from None
        following = _text(found["UIDNEXT"][-1]) if found.get("UIDNEXT") else b""
        uidnext = int(following) if following.isdigit() else None
        return Selected(validity, exists, not read_only and "READ-ONLY" not in found, uidnext)

    def folders(self, limit: int = 200) -> list[str]:
        """The names of the folders, sorted, as a person reads them."""
        self._ask("LIST", '""', '"*"')
        names = []
        for entry in self.imap.untagged_responses.pop("LIST", []):
            name = entry[1] if isinstance(entry, tuple) else None
            if name is None and isinstance(entry, bytes) and (listed := _LISTED.match(entry)):
                name = re.sub(rb"\\(.)", rb"\1", listed[1].strip(b'"'))
            if name:
                names.append(printable(decode(name.decode(errors="replace"))))
        return sorted(names)[:limit]

    def uids(self, criterion: str = "ALL") -> Sequence[int]:
        """The UIDs of the folder, ascending, in eight bytes each."""
        self.imap.untagged_responses.pop("SEARCH", None)
        self._ask("UID", "SEARCH", criterion)
        lines = self.imap.untagged_responses.pop("SEARCH", [])
        found = array("Q")
        for line in lines:
            found.extend(int(word[0]) for word in _NUMBER.finditer(_text(line)))
        if any(later <= uid for uid, later in zip(found, islice(found, 1, None), strict=False)):
            found = array("Q", sorted(set(found)))
        return found

    def windows(self, exists: int) -> Iterator[Sequence[int]]:
        """All UIDs of a folder of so many messages, ascending, in parts that memory doesn't notice.

        The parts are ranges of UIDs without gaps between, so that none is missed whatever is removed meanwhile.
        """
        edges = self._edges_of(exists)
        for low, high in zip([1, *(edge + 1 for edge in edges)], [*edges, None], strict=True):
            found = self.uids("ALL" if not edges else f"UID {low}:{high or '*'}")
            # `n:*` names the last message even where its UID is below n (RFC 9051 §6.4.8).
            within = found if not edges else array("Q", (u for u in found if low <= u and (high is None or u <= high)))
            if within:
                yield within

    def _edges_of(self, exists: int) -> list[int]:
        """The UIDs of every so many-th message; none of a small folder, or where the server doesn't say."""
        step = max(WINDOW, exists // MOST_WINDOWS)
        if exists <= step:
            return []
        self._edges = []
        try:
            self._ask("FETCH", ",".join(str(place) for place in range(step, exists, step)), "(UID)")
        except CommandRefused:  # somebody removed messages just now
            return []
        finally:
            edges, self._edges = self._edges, None
        return sorted(set(edges))

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """UID to size in bytes; what is gone meanwhile is missing."""
        self._ask("UID", "FETCH", sequence_set(uids), "(UID RFC822.SIZE)")
        return {uid: self._sizes.pop(uid) for uid in uids if uid in self._sizes}

    def ahead(self, uids: Sequence[int], size: int) -> None:
        """Ask for these bodies now; `bodies` of just these takes them later. Other commands may come between."""
        key = tuple(uids)
        if key not in self._flying:
            pending = self.imap.start("UID", "FETCH", sequence_set(uids), "(UID BODY.PEEK[])")
            self._flying[key] = (pending, size)

    def bodies(self, uids: Sequence[int], size: int) -> tuple[dict[int, bytes], Exception | None]:
        """The messages byte for byte, and what interrupted: what came whole before counts all the same.

        BODY.PEEK leaves \\Seen alone. `size` is what is expected in all, for the deadline.
        """
        problem: Exception | None = None
        self._allow(size)
        try:
            self.ahead(uids, size)
            pending, _ = self._flying[tuple(uids)]
            self.imap.complete(pending)
        except (CommandRefused, ConnectionLost, OutboundFailed) as interruption:
            problem = interruption
        self._flying.pop(tuple(uids), None)
        self._sort()
        return {uid: self._bodies.pop(uid) for uid in uids if uid in self._bodies}, problem

    def flag(self, uids: Sequence[int], flag: str) -> None:
        """Set `\\Seen` or `\\Deleted`."""
        self._ask("UID", "STORE", sequence_set(uids), "+FLAGS.SILENT", f"({flag})")

    def delete(self, uids: Sequence[int], ours: Callable[[Collection[int]], bool]) -> None:
        """Flag and expunge, in one round trip where the server knows UIDPLUS."""
        if "UIDPLUS" not in self.imap.capabilities:
            self.flag(uids, r"\Deleted")
            self.expunge(uids, ours)
            return
        self._allow(0)
        some = sequence_set(uids)
        flagging = self.imap.start("UID", "STORE", some, "+FLAGS.SILENT", r"(\Deleted)")
        expunging = self.imap.start("UID", "EXPUNGE", some)
        try:
            self.imap.complete(flagging)
        finally:
            # Where flagging was refused there is nothing flagged of ours, and this does nothing.
            self.imap.complete(expunging)
            self._sort()
            self.imap.untagged_responses.pop("EXPUNGE", None)

    def expunge(self, uids: Sequence[int], ours: Callable[[Collection[int]], bool]) -> None:
        """Remove these messages, which are flagged \\Deleted (RFC 4315 §2.1), and none but `ours`.

        Without UIDPLUS a plain EXPUNGE would also remove what somebody else has flagged; while there is such a
        message ours stay flagged, and go with the next EXPUNGE, whoever asks for it.
        """
        if "UIDPLUS" in self.imap.capabilities:
            self._ask("UID", "EXPUNGE", sequence_set(uids))
        elif ours(self.uids("DELETED")):
            self._ask("EXPUNGE")
        self.imap.untagged_responses.pop("EXPUNGE", None)

    def move(self, uids: Sequence[int], folder: str, ours: Callable[[Collection[int]], bool]) -> None:
        """MOVE (RFC 6851), or COPY and delete; the folder is made where the server says it is missing."""
        command = "MOVE" if "MOVE" in self.imap.capabilities else "COPY"
        try:
            self._ask("UID", command, sequence_set(uids), quoted(folder))
        except CommandRefused as refusal:
            if "TRYCREATE" not in refusal.answer.upper():
                raise
            self._ask("CREATE", quoted(folder))
            self._ask("UID", command, sequence_set(uids), quoted(folder))
        if command == "COPY":
            self.flag(uids, r"\Deleted")
            self.expunge(uids, ours)
        self.imap.untagged_responses.pop("EXPUNGE", None)

    def _ask(self, name: str, *arguments: str) -> None:
        self._allow(0)
        try:
            self.imap.run(name, *arguments)
        finally:
            self._sort()

    def _allow(self, size: int) -> None:
        """Time and room for what is asked now, and for what is on its way before it."""
        self.imap.allow(COMMAND_SECONDS, size + sum(size for _, size in self._flying.values()))

    def _sort(self) -> None:
        """Put FETCH responses where they belong: answers to commands that fly at once come mixed."""
        for head, body in self._fetched():
            uid, size = _UID.search(head), _SIZE.search(head)
            if uid and body is not None:
                self._bodies[int(uid[1])] = body
            elif uid and size:
                self._sizes[int(uid[1])] = int(size[1])
            elif uid and self._edges is not None:
                self._edges.append(int(uid[1]))

    def _fetched(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Each FETCH response that came whole: its text without the literals, and the body in it."""
        text: list[bytes] = []
        body: bytes | None = None
        for part in self.imap.untagged_responses.pop("FETCH", []):
            if isinstance(part, tuple):
                text.append(part[0])
                if _BODY_LITERAL.search(part[0]):
                    body = part[1]
                continue
            text.append(part)
            whole = b" ".join(text)
            if body is None and (quoted_body := _QUOTED_BODY.search(whole)):
                body = re.sub(rb"\\(.)", rb"\1", quoted_body[1])
            yield whole, body
            text, body = [], None


def _text(part: bytes | tuple[bytes, ...]) -> bytes:
    """The part's own text, without a literal."""
    return part if isinstance(part, bytes) else part[0]


def sequence_set(uids: Iterable[int]) -> str:
    """`1:3,7` for 1, 2, 3, 7: ranges keep a command short. The UIDs come ascending."""
    ranges: list[list[int]] = []
    for uid in uids:
        if ranges and uid == ranges[-1][1] + 1:
            ranges[-1][1] = uid
        else:
            ranges.append([uid, uid])
    return ",".join(str(a) if a == b else f"{a}:{b}" for a, b in ranges)
