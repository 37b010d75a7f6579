"""The messages of one connection, in batches: fetched, staged, placed, recorded, settled, in that order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ..context import Context
from ..errors import BursarError, PersonMustAct, Temporary
from ..outbound import Deadline, OutboundFailed, OutboundTimeout
from ..testing.failpoints import failpoint
from . import explain
from .account import After, Afterwards
from .delivery.maildir import Maildir
from .delivery.names import Names
from .imap import CommandRefused
from .lease import Lease
from .ledger import Ledger
from .mailbox import Mailbox
from .result import Result
from .settle import settle
from .wire import ConnectionLost

MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one run. A batch is what is in memory at once and what is synced, recorded and settled together."""

    messages: int = 50
    octets: int = 8 * MEGABYTE
    largest: int = 64 * MEGABYTE
    sizes_at_once: int = 500
    seconds: float = 3600.0


class LeaseLost(Exception):
    """Another run has taken the account over; this one delivers nothing more."""


@dataclass(slots=True)
class Run:
    """One run's state, which outlives its connections."""

    ctx: Context
    account_id: str
    folder: str
    after: After
    maildir: Maildir
    lease: Lease
    result: Result
    limits: Limits
    ends: Deadline
    one_by_one: bool = False  # the last connection ended without progress: find the message that does it
    ours: set[int] = field(default_factory=set)  # UIDs that are delivered, whether settled or not
    left: set[int] = field(default_factory=set)  # UIDs skipped in this run
    at: int | None = None  # the UID asked for alone, when the connection ended
    progress: int = 0
    settle_problem: BursarError | None = None

    @property
    def is_over(self) -> bool:
        """The process is to stop, or the run has taken as long as it may."""
        try:
            return self.ctx.stop.is_set() or self.ends.remaining() <= 0
        except OutboundTimeout:
            return True

    def drain(self, mailbox: Mailbox) -> None:
        """Deliver and settle what is in the folder. Raises ConnectionLost, CommandRefused, LeaseLost, BursarError."""
        selected = mailbox.select(self.folder, read_only=self.after.what is Afterwards.LEAVE)
        if not selected.writable and self.after.what is not Afterwards.LEAVE:
            raise PersonMustAct(
                f'The folder "{self.folder}" may only be read, so messages can\'t be settled there after delivery.',
                code="folder_read_only",
                action="Give the login the right to change it, or use --after leave.",
            )
        names = Names(self.account_id, self.folder, selected.uidvalidity)
        ledger = Ledger(self.ctx, self.account_id, self.folder, selected.uidvalidity)
        known = ledger.read()
        there = mailbox.uids() if selected.exists else []
        present = set(there)
        ledger.prune(known.keys() - present)
        fresh = [uid for uid in there if uid not in known]
        self._recover(names, ledger, known, present)
        self.ours = set(known)
        pending = [uid for uid in there if known.get(uid) is False]
        for start in range(0, len(pending), self.limits.sizes_at_once):
            self._settle(mailbox, ledger, pending[start : start + self.limits.sizes_at_once])
        for batch, size in self._batches(mailbox, [uid for uid in fresh if uid not in known]):
            if self.is_over:
                self.result.note("the run's time is over; the next one goes on here")
                return
            self._collect(mailbox, ledger, names, batch, size)

    def _recover(self, names: Names, ledger: Ledger, known: dict[int, bool], present: set[int]) -> None:
        """Adopt what a run that was killed had placed but not recorded."""
        placed = self.maildir.recover(names, lambda uid: uid in present and uid not in known)
        ledger.record(placed.items())
        self.maildir.clear(placed.values())
        known.update(dict.fromkeys(placed, False))
        self.result.delivered += len(placed)
        self.progress += len(placed)

    def _batches(self, mailbox: Mailbox, fresh: Sequence[int]) -> Iterator[tuple[list[int], int]]:
        """UIDs and their size together, at most so many and so large; the sizes are asked for in larger windows."""
        for start in range(0, len(fresh), self.limits.sizes_at_once):
            window = [uid for uid in fresh[start : start + self.limits.sizes_at_once] if uid not in self.left]
            sizes = mailbox.sizes(window) if window else {}
            batch: list[int] = []
            total = 0
            for uid in window:
                size = sizes.get(uid)
                if size is None:
                    continue  # gone since the search
                if size > self.limits.largest:
                    self._leave(uid, f"{size} bytes are more than the {self.limits.largest} that are taken")
                    continue
                if batch and (self._is_full(batch) or total + size > self.limits.octets):
                    yield batch, total
                    batch, total = [], 0
                batch.append(uid)
                total += size
            if batch:
                yield batch, total

    def _is_full(self, batch: list[int]) -> bool:
        return self.one_by_one or len(batch) == self.limits.messages

    def _collect(self, mailbox: Mailbox, ledger: Ledger, names: Names, batch: list[int], size: int) -> None:
        self.at = batch[0] if len(batch) == 1 else None
        bodies, problem = mailbox.bodies(batch, size)
        self.at = None if bodies else self.at
        self.result.fetched += len(bodies)
        self._deliver(
            mailbox, ledger, names, bodies, settle_too=not isinstance(problem, ConnectionLost | OutboundFailed)
        )
        if isinstance(problem, ConnectionLost | OutboundFailed):
            raise problem
        missing = [uid for uid in batch if uid not in bodies]
        if missing:
            self._one_at_a_time(mailbox, ledger, names, missing, problem)

    def _one_at_a_time(
        self, mailbox: Mailbox, ledger: Ledger, names: Names, uids: list[int], problem: Exception | None
    ) -> None:
        """The server didn't give these; each is asked for alone, and the one it can't give is named and left."""
        if isinstance(problem, CommandRefused) and explain.token_ended(problem.answer):
            raise ConnectionLost(problem.answer)
        for uid, size in mailbox.sizes(uids).items():
            bodies, problem = mailbox.bodies([uid], size)
            if isinstance(problem, ConnectionLost | OutboundFailed):
                raise problem
            self.result.fetched += len(bodies)
            self._deliver(mailbox, ledger, names, bodies, settle_too=True)
            if not bodies:
                answer = problem.answer if isinstance(problem, CommandRefused) else "it has no content"
                self._leave(uid, f"the server doesn't give it ({answer})")

    def _deliver(
        self, mailbox: Mailbox, ledger: Ledger, names: Names, bodies: dict[int, bytes], *, settle_too: bool
    ) -> None:
        staged: dict[int, str] = {}
        trouble: OSError | None = None
        for uid in sorted(bodies):
            try:
                self.maildir.stage(names.name(uid), bodies[uid])
                staged[uid] = names.name(uid)
            except FileExistsError:
                raise LeaseLost from None
            except OSError as problem:
                trouble = problem
                self._leave(uid, f"the maildir did not take it ({problem.strerror})")
        if not self.lease.keep():
            self.maildir.clear(staged.values())
            raise LeaseLost
        if staged:
            self.maildir.place(staged.values())
            ledger.record(staged.items())
            failpoint("mail.recorded")
            self.maildir.clear(staged.values())
            self.ours |= staged.keys()
            self.result.delivered += len(staged)
            self.progress += len(staged)
            self.one_by_one = False
            if settle_too:
                self._settle(mailbox, ledger, sorted(staged))
        elif trouble is not None:
            raise Temporary(
                f"The maildir {self.maildir.path} takes no messages ({trouble.strerror}).",
                code="destination_failed",
                action="Look at the free space and the rights there; the messages stay on the server.",
            )

    def _settle(self, mailbox: Mailbox, ledger: Ledger, uids: list[int]) -> None:
        if self.settle_problem is not None:
            return
        try:
            settle(mailbox, self.after, uids, self.ours)
        except CommandRefused as refusal:
            if explain.token_ended(refusal.answer):
                raise ConnectionLost(refusal.answer) from None
            self.settle_problem = explain.settle_refused(str(self.after.what), refusal.answer)
            return
        ledger.settle(uids)
        self.progress += len(uids)

    def _leave(self, uid: int, reason: str) -> None:
        self.left.add(uid)
        self.result.skip(uid, reason)
